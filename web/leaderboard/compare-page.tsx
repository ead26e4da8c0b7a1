import { ActionIcon, NativeSelect } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { ShownComparison } from '#client.ts'
import { letterOf } from '#experiments/variant-letter.ts'
import type { Cell } from '../ui/csv.ts'
import { PagedCsv } from '../ui/csv-button.tsx'
import { nameKey } from '../ui/keys.ts'
import { countNoun } from '../ui/numbers.ts'
import '../ui/plain.css'
import { Empty, Failure, isMissing, Skeleton } from '../ui/states.tsx'
import './board.css'
import { useVariants } from './board-query.ts'
import { type CompareSearch, readCompareSearch } from './board-search.ts'
import './cases.css'
import { CompareCase } from './compare-case.tsx'
import { useCaseKeys, useWayBack } from './compare-keys.ts'
import './compare.css'
import { type ComparedCase, useComparison } from './compare-query.ts'
import { describeDifference, Outcome } from './difference-cell.tsx'
import { useHeldOrder } from './held-order.ts'
import { findMissingVariants, MissingVariants } from './missing-variant.tsx'
import { CasesHead, ExperimentFailure } from './page-head.tsx'
import { colourOf } from './variant-name.tsx'
import { fitDifferences, Whisker } from './whisker.tsx'

const route = getRouteApi('/p/$project/experiments/$id/compare')
type Change = { [field in keyof CompareSearch]?: CompareSearch[field] | undefined }
type Variants = { variant_no: number; label: string }[]

/** Where did one variant lose and win against another, and what did they answer? */
export function ComparePage() {
  const { id, project } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const all = useVariants(id)
  const variants = all.data?.variants ?? []
  const pair = choosePair(search, variants, all.data?.baseline?.variant_no)
  const { pages, walkRows } = useComparison(id, pair, search)
  const first = pages.data?.pages[0]
  const given = useMemo(() => pages.data?.pages.flatMap(page => page.cases) ?? [], [pages.data])
  const question = JSON.stringify([id, pair, search.show, search.split, pages.data?.pageParams])
  const held = useHeldOrder(given, keyOf, pages.isPlaceholderData ? 'former' : question)
  const cases = held.rows
  const change = (to: Change) => void navigate({ search: former => readCompareSearch({ ...former, ...to }) })
  const more = () => void (pages.hasNextPage && !pages.isFetching && pages.fetchNextPage())
  const back = useWayBack(pages)
  useCaseKeys(more, () => void back())
  const missing = findMissingVariants(pages.error, [search.a, search.b], variants)
  const drop = (side: 'a' | 'b') => (missing.includes(search[side] ?? 0) ? { [side]: undefined } : {})
  if (all.isError && isMissing(all.error)) {
    return (
      <ExperimentFailure
        id={id}
        what="Couldn't load the variants"
        error={all.error}
        onRetry={() => void all.refetch()}
      />
    )
  }
  return (
    <div className="compare-page">
      <CasesHead id={id} title="Case by case in" name={all.data?.name} provisional={all.data?.provisional ?? false} />
      {all.isError && (
        <Failure what="Couldn't load the variants" error={all.error} onRetry={() => void all.refetch()} />
      )}
      {pair !== null && missing.length === 0 && (
        <PairBar pair={pair} variants={variants} search={search} onChange={change} />
      )}
      {all.isSuccess && pair === null && <Empty>There are no two variants with runs to be compared yet.</Empty>}
      {first?.difference && <Overall of={first} difference={first.difference} />}
      {first && <Chips id={id} search={search} counts={first.counts} walkRows={walkRows} name={all.data?.name} />}
      {missing.length > 0 && (
        <MissingVariants numbers={missing}>
          <Link
            to="/p/$project/experiments/$id/compare"
            params={{ project, id }}
            search={readCompareSearch({ ...search, ...drop('a'), ...drop('b') })}
          >
            Compare without {missing.length === 1 ? 'it' : 'them'}
          </Link>
        </MissingVariants>
      )}
      {pages.isError && missing.length === 0 && (
        <Failure
          what="Couldn't load the comparison"
          error={pages.error}
          onRetry={() => void pages.refetch()}
          dataFrom={cases.length > 0 ? pages.dataUpdatedAt : undefined}
        />
      )}
      {(all.isPending || (pair !== null && pages.isPending)) && <Skeleton lines={4} height={140} />}
      {first && cases.length === 0 && (
        <Empty
          action={
            search.show && (
              <button type="button" className="plain-button" onClick={() => change({ show: undefined })}>
                Clear
              </button>
            )
          }
        >
          {search.show ? 'Nothing matches this filter.' : 'They share no case yet.'}
        </Empty>
      )}
      {held.moved > 0 && (
        <div className="compare-news">
          <button type="button" className="fresh" onClick={held.settle}>
            The order has changed · show
          </button>
        </div>
      )}
      {pages.hasPreviousPage && (
        <p className="compare-more">
          <button type="button" className="plain-button" disabled={pages.isFetching} onClick={() => void back()}>
            {pages.isFetchingPreviousPage ? 'Loading …' : 'Show the cases before'}
          </button>
        </p>
      )}
      {first && cases.map(one => <CompareCase key={one.case_id} id={id} of={first} one={one} />)}
      {pages.hasNextPage && (
        <p className="compare-more">
          <button type="button" className="plain-button" disabled={pages.isFetching} onClick={more}>
            {pages.isFetchingNextPage ? 'Loading …' : 'Show the next cases'}
          </button>
        </p>
      )}
    </div>
  )
}

/** The two of the address, never one against itself; what it leaves open are the baseline and the best other variant. */
function choosePair({ a, b: other }: CompareSearch, variants: Variants, baseline: number | undefined) {
  const b = other === a ? undefined : other
  const first = a ?? (baseline === b ? undefined : baseline) ?? variants.find(one => one.variant_no !== b)?.variant_no
  const second = b ?? variants.find(one => one.variant_no !== first)?.variant_no
  return first === undefined || second === undefined ? null : { a: first, b: second }
}

interface PairProps {
  pair: { a: number; b: number }
  variants: Variants
  search: CompareSearch
  onChange: (to: Change) => void
}

function PairBar({ pair, variants, search, onChange }: PairProps) {
  const choices = variants
    .map(one => ({ value: String(one.variant_no), label: `${letterOf(one.variant_no)} ${one.label}` }))
    .sort((one, other) => Number(one.value) - Number(other.value))
  const choose = (side: 'a' | 'b') => (
    <NativeSelect
      size="xs"
      aria-label={side === 'a' ? 'Before' : 'After'}
      value={String(pair[side])}
      onChange={event => {
        const chosen = Number(event.currentTarget.value)
        const other = side === 'a' ? pair.b : pair.a
        onChange(chosen === other ? { a: pair.b, b: pair.a } : { ...pair, [side]: chosen })
      }}
      data={choices}
    />
  )
  return (
    <div className="board-bar">
      {choose('b')}
      <span>against</span>
      {choose('a')}
      <ActionIcon
        variant="default"
        size="md"
        aria-label="The other way round"
        title="The other way round"
        onClick={() => onChange({ a: pair.b, b: pair.a })}
      >
        ⇄
      </ActionIcon>
      <NativeSelect
        size="xs"
        aria-label="Split"
        value={search.split ?? ''}
        onChange={event => onChange({ split: readCompareSearch({ split: event.currentTarget.value }).split })}
        data={[
          { value: '', label: 'Train and test' },
          { value: 'train', label: 'Train' },
          { value: 'test', label: 'Held back' },
        ]}
      />
      <span className="board-links quiet">
        <kbd className="key">{nameKey('n')}</kbd> next case <kbd className="key">{nameKey('p')}</kbd> previous
      </span>
    </div>
  )
}

type Gap = NonNullable<ShownComparison['difference']>

function Overall({ of, difference }: { of: ShownComparison; difference: Gap }) {
  const words = describeDifference(difference)
  return (
    <div className="compare-overall">
      <Whisker
        mean={difference}
        stretch={fitDifferences([difference.low, difference.high])}
        width={180}
        colour={colourOf(of.b.variant_no)}
        provisional={difference.verdict === null}
        zero
        words={words}
      />
      <span>
        {letterOf(of.b.variant_no)} − {letterOf(of.a.variant_no)}:{' '}
        {words.replace(/, (better|worse|no difference shown)$/, '')}
      </span>
      <Outcome difference={difference} />
    </div>
  )
}

const CHIPS = [
  { show: undefined, word: 'All', count: 'all' },
  { show: 'regressed', word: 'Regressed', count: 'regressed' },
  { show: 'improved', word: 'Improved', count: 'improved' },
  { show: 'same', word: 'Same', count: 'same' },
] as const

interface ChipsProps {
  id: string
  search: CompareSearch
  counts: ShownComparison['counts']
  walkRows: ReturnType<typeof useComparison>['walkRows']
  name: string | undefined
}

function Chips({ id, search, counts, walkRows, name }: ChipsProps) {
  const { project } = route.useParams()
  const shown = counts[search.show ?? 'all']
  const rest = [
    ...(counts.unscored > 0 ? [`${countNoun(counts.unscored, 'case')} without a score`] : []),
    ...(counts.unpaired > 0 ? [`${counts.unpaired.toLocaleString('en-US')} run by one of them alone`] : []),
  ]
  return (
    <nav className="compare-chips" aria-label="Which cases">
      {CHIPS.map(({ show, word, count }) => (
        <Link
          key={word}
          to="/p/$project/experiments/$id/compare"
          params={{ project, id }}
          search={readCompareSearch({ ...search, show })}
          aria-current={search.show === show ? 'true' : undefined}
        >
          {word} {counts[count].toLocaleString('en-US')}
        </Link>
      ))}
      <span className="quiet">{rest.join(', ')}</span>
      <PagedCsv
        key={JSON.stringify(search)}
        name={`${name ?? 'experiment'}-compare.csv`}
        header={CASE_HEADER}
        pages={async function* (stop) {
          for await (const found of walkRows(stop)) yield listCaseCells(found)
        }}
        total={shown.toLocaleString('en-US')}
        disabled={shown === 0}
      />
    </nav>
  )
}

const keyOf = (one: ComparedCase) => one.case_id ?? ''

const CASE_HEADER = ['case_id', 'id', 'winner', 'difference', 'score_a', 'score_b', 'answer_a', 'answer_b']

function listCaseCells(cases: ComparedCase[]): Cell[][] {
  return cases.map(one => [
    ...[one.case_id, one.id, one.winner, one.difference, one.a.score, one.b.score],
    ...[one.a.runs[0]?.output ?? null, one.b.runs[0]?.output ?? null],
  ])
}
