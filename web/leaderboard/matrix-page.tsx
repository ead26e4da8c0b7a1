import { NativeSelect } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo, useRef } from 'react'
import type { ShownMatrix } from '#client.ts'
import { letterOf } from '#experiments/variant-letter.ts'
import { useProject } from '../shell/api.ts'
import type { Cell } from '../ui/csv.ts'
import { PagedCsv } from '../ui/csv-button.tsx'
import { countNoun, describeNoMatch } from '../ui/numbers.ts'
import '../ui/plain.css'
import { useRowKeys } from '../ui/row-keys.ts'
import { Empty, Failure, isMissing, Skeleton } from '../ui/states.tsx'
import { Table, type TableControl } from '../ui/table.tsx'
import { useNarrow } from '../ui/use-narrow.ts'
import './board.css'
import { useVariants } from './board-query.ts'
import { listVariants, type MatrixSearch, readMatrixSearch } from './board-search.ts'
import './cases.css'
import { listMatrixColumns } from './matrix-columns.tsx'
import { type MatrixRow, useMatrix } from './matrix-query.ts'
import { findMissingVariants, MissingVariants } from './missing-variant.tsx'
import { CasesHead, ExperimentFailure } from './page-head.tsx'

const route = getRouteApi('/p/$project/experiments/$id/matrix')
const MOST_VARIANTS = 4

/** Where do the variants differ? Cases down, variants across. */
export function MatrixPage() {
  const { id } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { project } = useProject()
  const narrow = useNarrow()
  const { pages, walkRows } = useMatrix(id, search)
  const all = useVariants(id)
  const control = useRef<TableControl>(null)
  const first = pages.data?.pages[0]
  const rows = useMemo(() => pages.data?.pages.flatMap(page => page.cases) ?? [], [pages.data])
  const change = (to: { [field in keyof MatrixSearch]: MatrixSearch[field] | undefined }) =>
    void navigate({ search: former => readMatrixSearch({ ...former, ...to }) })
  useRowKeys({ noun: 'case', group: 'Cases', count: rows.length, opens: 'first run of the case', control })
  if (all.isError && isMissing(all.error)) {
    return (
      <ExperimentFailure id={id} what="Couldn't load the cases" error={all.error} onRetry={() => void all.refetch()} />
    )
  }
  const variants = first?.variants ?? []
  const wished = listVariants(search.v)
  const missing = findMissingVariants(pages.error, wished, all.data?.variants)
  const remove = (variantNo: number) =>
    change({ v: variants.flatMap(one => (one.variant_no === variantNo ? [] : one.variant_no)).join() || undefined })
  const [a, b] = variants
  return (
    <div className="cases-page">
      <CasesHead id={id} title="Cases of" name={all.data?.name} provisional={all.data?.provisional ?? false}>
        <span className="cases-count" role="status">
          {first && countNoun(first.total, 'case')}
        </span>
      </CasesHead>
      <div className="board-bar">
        <NativeSelect
          size="xs"
          aria-label="Which cases"
          value={search.show ?? ''}
          onChange={event => change({ show: readMatrixSearch({ show: event.currentTarget.value }).show })}
          data={[
            { value: '', label: 'All cases' },
            { value: 'differ', label: 'Scores differ' },
            { value: 'failed', label: 'A run failed' },
          ]}
        />
        <NativeSelect
          size="xs"
          aria-label="Split"
          value={search.split ?? ''}
          onChange={event => change({ split: readMatrixSearch({ split: event.currentTarget.value }).split })}
          data={[
            { value: '', label: 'Train and test' },
            { value: 'train', label: 'Train' },
            { value: 'test', label: 'Held back' },
          ]}
        />
        <AddVariant
          shown={variants}
          all={all.data?.variants ?? []}
          onAdd={variantNo => change({ v: [...variants.map(one => one.variant_no), variantNo].join() })}
        />
        <span className="board-links">
          {a && b && (
            <Link
              to="/p/$project/experiments/$id/compare"
              params={{ project, id }}
              search={{ a: a.variant_no, b: b.variant_no }}
            >
              Compare {letterOf(a.variant_no)} and {letterOf(b.variant_no)}
            </Link>
          )}
          <PagedCsv
            key={JSON.stringify(search)}
            name={`${all.data?.name ?? 'experiment'}-cases.csv`}
            header={listMatrixHeader(variants)}
            pages={async function* (stop) {
              for await (const found of walkRows(stop)) yield listMatrixCells(found)
            }}
            total={first?.total.toLocaleString('en-US')}
            counted
            disabled={rows.length === 0}
          />
        </span>
      </div>
      {missing.length > 0 && !all.isPending && (
        <MissingVariants numbers={missing}>
          <Link
            to="/p/$project/experiments/$id/matrix"
            params={{ project, id }}
            search={readMatrixSearch({ ...search, v: wished.filter(one => !missing.includes(one)).join() })}
          >
            Show the cases without {missing.length === 1 ? 'it' : 'them'}
          </Link>
        </MissingVariants>
      )}
      {pages.isError && missing.length === 0 && (
        <Failure
          what="Couldn't load the cases"
          error={pages.error}
          onRetry={() => void pages.refetch()}
          dataFrom={rows.length > 0 ? pages.dataUpdatedAt : undefined}
        />
      )}
      {pages.isPending && <Skeleton lines={6} height={96} />}
      {pages.isSuccess && rows.length === 0 && (
        <Nothing search={search} onClear={() => change({ show: undefined, split: undefined })} />
      )}
      {rows.length > 0 && (
        <Table
          label="Cases by variants"
          columns={listMatrixColumns({ id, project, variants, narrow, onRemove: remove })}
          rows={rows}
          rowKey={row => String(row.case_no)}
          rowCount={first?.total}
          rowHeight={narrow ? 52 + 44 * variants.length : 112}
          control={control}
          onNearEnd={pages.hasNextPage && !pages.isFetching ? () => void pages.fetchNextPage() : undefined}
          onNearStart={pages.hasPreviousPage && !pages.isFetching ? () => void pages.fetchPreviousPage() : undefined}
        />
      )}
    </div>
  )
}

interface Named {
  variant_no: number
  label: string
}

function AddVariant({ shown, all, onAdd }: { shown: Named[]; all: Named[]; onAdd: (variantNo: number) => void }) {
  const others = all.filter(one => !shown.some(two => two.variant_no === one.variant_no))
  if (others.length === 0) return null
  const full = shown.length >= MOST_VARIANTS
  return (
    <NativeSelect
      size="xs"
      aria-label="Add a variant"
      title={full ? 'Four variants are shown; take one away first' : undefined}
      disabled={full}
      value=""
      onChange={event => onAdd(Number(event.currentTarget.value))}
      data={[
        { value: '', label: full ? 'Four variants are shown' : 'Add a variant …' },
        ...others.map(one => ({ value: String(one.variant_no), label: `${letterOf(one.variant_no)} ${one.label}` })),
      ]}
    />
  )
}

function Nothing({ search, onClear }: { search: MatrixSearch; onClear: () => void }) {
  const filters = [search.show, search.split].filter(one => one !== undefined).length
  if (filters === 0) return <Empty>No run has ended yet, so there are no cases to show.</Empty>
  return (
    <Empty
      action={
        <button type="button" className="plain-button" onClick={onClear}>
          Clear
        </button>
      }
    >
      {describeNoMatch(filters)}
    </Empty>
  )
}

function listMatrixHeader(variants: ShownMatrix['variants']): string[] {
  return [
    ...['case_id', 'id', 'split', 'input'],
    ...variants.flatMap(({ label }) => [`${label} score`, `${label} runs`, `${label} failed`, `${label} answer`]),
  ]
}

function listMatrixCells(rows: MatrixRow[]): Cell[][] {
  return rows.map(row => [
    ...[row.case_id, row.id, row.split, row.preview],
    ...row.cells.flatMap(cell =>
      cell === null ? [null, null, null, null] : [cell.score, cell.runs, cell.failed, cell.run?.output ?? null],
    ),
  ])
}
