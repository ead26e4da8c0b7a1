import { getRouteApi, Link } from '@tanstack/react-router'
import { type RefObject, useRef } from 'react'
import { useAnnouncement } from '../runs/run-query.ts'
import { LoadFailure } from '../shell/missing.tsx'
import { useRecent } from '../shell/recent.ts'
import { countNoun } from '../ui/numbers.ts'
import '../ui/plain.css'
import { Empty, Failure, Skeleton } from '../ui/states.tsx'
import { findFocusedRow, type TableControl } from '../ui/table.tsx'
import { useKeys } from '../ui/use-keys.ts'
import './board.css'
import { BoardBar } from './board-bar.tsx'
import { BoardHead } from './board-head.tsx'
import { type BoardEntry, useBoard } from './board-query.ts'
import { type BoardSearch, FIRST_SHOWN, listVariants, MOST_SHOWN, readBoardSearch } from './board-search.ts'
import { BoardTable } from './board-table.tsx'
import { CostQuality } from './cost-quality.tsx'
import { FailureList } from './failure-list.tsx'
import { useHeldOrder } from './held-order.ts'
import { describeMissing, findMissingVariants } from './missing-variant.tsx'
import { VariantPeek } from './variant-peek.tsx'
import { WeightsForm } from './weights-form.tsx'

const route = getRouteApi('/p/$project/experiments/$id')
type Change = Partial<{ [field in keyof BoardSearch]: BoardSearch[field] | undefined }>
const NONE: BoardEntry[] = []
const keyOf = (entry: BoardEntry) => String(entry.variant_no)

/** Which variant wins, and is it real? */
export function LeaderboardPage() {
  const { id, project } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { board: asked, experiment, failures } = useBoard(id, search)
  useRecent('Experiment', asked.data?.name)
  const board = asked.data
  const held = useHeldOrder(board?.entries ?? NONE, keyOf, `${id} ${board?.split}`)
  const control = useRef<TableControl>(null)
  const change = (to: Change, replace = false) =>
    void navigate({ search: former => readBoardSearch({ ...former, ...to }), replace })
  useBoardKeys(held.rows, search, control, change)
  const said = useAnnouncement(
    board?.provisional ? `${board.name}: ${board.done} of ${countNoun(board.planned, 'run')} done` : '',
  )
  const missing = findMissingVariants(asked.error, [search.baseline])
  if (missing.length > 0)
    return (
      <div className="page-body">
        <h1>{describeMissing(missing)} in this experiment</h1>
        <p>
          <Link
            to="/p/$project/experiments/$id"
            params={{ project, id }}
            search={readBoardSearch({ ...search, baseline: undefined })}
          >
            Compare with the experiment's own baseline
          </Link>
        </p>
      </div>
    )
  if (asked.isError && board === undefined)
    return (
      <LoadFailure
        what="Couldn't load the leaderboard"
        error={asked.error}
        onRetry={() => void asked.refetch()}
        missing={{ noun: 'experiment', name: id, list: { label: 'Experiments', to: '/p/$project/experiments' } }}
      />
    )
  if (board === undefined) return <Skeleton lines={10} height={28} />
  const peeked = held.rows.find(entry => entry.variant_no === search.peek)
  return (
    <div className="board-page">
      <div className="board-main">
        <p className="unseen" role="status">
          {said}
        </p>
        {asked.isError && (
          <Failure
            what="Couldn't look at the leaderboard again"
            error={asked.error}
            onRetry={() => void asked.refetch()}
            dataFrom={asked.dataUpdatedAt}
          />
        )}
        <BoardHead board={board} experiment={experiment.data} />
        {experiment.isError && (
          <Failure
            what="Couldn't load the experiment"
            error={experiment.error}
            onRetry={() => void experiment.refetch()}
          />
        )}
        {held.rows.length === 0 ? (
          <Empty>
            {board.status === 'draft'
              ? 'No runs yet: its definition says what they would take, and starts them.'
              : board.provisional
                ? 'No run has ended yet.'
                : 'No run came to an end.'}
          </Empty>
        ) : (
          <>
            <BoardBar board={board} experiment={experiment.data} rows={held.rows} search={search} onChange={change} />
            <BoardTable
              id={id}
              board={board}
              rows={held.rows}
              control={control}
              peek={search.peek}
              picked={listVariants(search.pick)}
              news={held.moved === 0 ? '' : board.provisional ? 'The order has changed' : 'The final order is another'}
              onNews={held.settle}
              foot={
                <More board={board} shown={search.shown ?? FIRST_SHOWN} onMore={shown => change({ shown }, true)} />
              }
            />
            {failures.data && <FailureList id={id} failures={failures.data} />}
            {failures.isError && (
              <Failure
                what="Couldn't load what failed"
                error={failures.error}
                onRetry={() => void failures.refetch()}
              />
            )}
            <div className="board-sections">
              <CostQuality board={board} rows={held.rows} />
              {experiment.data && <WeightsForm board={board} experiment={experiment.data} onChanged={held.settle} />}
            </div>
          </>
        )}
      </div>
      {peeked && (
        <VariantPeek
          entry={peeked}
          board={board}
          onBaseline={baseline => change({ baseline })}
          onClose={() => change({ peek: undefined }, true)}
        />
      )}
    </div>
  )
}

function More(props: { board: { variants: number }; shown: number; onMore: (shown: number) => void }) {
  const { board, shown, onMore } = props
  if (board.variants <= shown) return null
  return (
    <p className="board-foot">
      {shown} of {countNoun(board.variants, 'variant')}.{' '}
      {shown < MOST_SHOWN && (
        <button type="button" className="plain-button" onClick={() => onMore(Math.min(MOST_SHOWN, shown + 300))}>
          Show more
        </button>
      )}
    </p>
  )
}

function useBoardKeys(
  rows: BoardEntry[],
  search: BoardSearch,
  control: RefObject<TableControl | null>,
  change: (to: Change, replace?: boolean) => void,
): void {
  const place = () => {
    const focused = findFocusedRow()
    return focused >= 0 ? focused : rows.findIndex(entry => entry.variant_no === search.peek)
  }
  const move = (step: number) => {
    const from = place()
    const to = from < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, from + step))
    const entry = rows[to]
    if (entry === undefined) return
    control.current?.focusRow(to)
    if (search.peek !== undefined) change({ peek: entry.variant_no }, true)
  }
  const here = (run: (variantNo: number) => void) => () => {
    const entry = rows[place()]
    if (entry !== undefined) run(entry.variant_no)
  }
  const pick = (variantNo: number) => {
    const picked = listVariants(search.pick)
    const next = picked.includes(variantNo) ? picked.filter(one => one !== variantNo) : [...picked, variantNo].slice(-4)
    change({ pick: next.length === 0 ? undefined : next.join() }, true)
  }
  const group = 'Leaderboard'
  useKeys([
    { keys: ['j'], label: 'Next variant', group, run: () => move(1), repeats: true },
    { keys: ['k'], label: 'Previous variant', group, run: () => move(-1), repeats: true },
    { keys: ['Enter'], label: 'Compare the variant with the baseline, case by case', group, run: () => {}, told: true },
    {
      keys: [' '],
      label: 'Show the variant beside the table, or close it',
      group,
      run: here(variantNo => change({ peek: search.peek === variantNo ? undefined : variantNo }, true)),
    },
    { keys: ['b'], label: 'Compare the others with this variant', group, run: here(baseline => change({ baseline })) },
    { keys: ['x'], label: 'Pick the variant, four at most', group, run: here(pick) },
    {
      keys: ['Escape'],
      label: 'Close what is beside the table',
      group,
      run: () => search.peek !== undefined && change({ peek: undefined }, true),
    },
  ])
}
