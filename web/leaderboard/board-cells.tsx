import { Link } from '@tanstack/react-router'
import type { ShownLeaderboard } from '#client.ts'
import type { BoardEntry } from './board-query.ts'
import { formatRank } from './score-numbers.ts'
import { VariantName } from './variant-name.tsx'

/** What the cells of a row need to know of the table. */
export interface BoardContext {
  id: string
  project: string
  board: ShownLeaderboard
  rows: BoardEntry[]
  /** Whether a name is too long for its column, so that all stand over the numbers. */
  isLong: boolean
}

/** The range of ranks that the data leave open. */
export function RankCell({ entry, provisional }: { entry: BoardEntry; provisional: boolean }) {
  const why = provisional
    ? 'Ranks come when it has ended'
    : entry.rank === null
      ? 'Not ranked'
      : `Between rank ${entry.rank.best} and ${entry.rank.worst}, by all pairs`
  return (
    <span className="board-rank" title={why}>
      {formatRank(entry.rank)}
    </span>
  )
}

/** A row leads to its comparison with the baseline; the baseline's own to its cases. */
export function RowLink({ entry, context: { id, project, board } }: { entry: BoardEntry; context: BoardContext }) {
  const { baseline } = board
  const name = (
    <span className="board-name" title={entry.label}>
      <VariantName variant={entry} />
    </span>
  )
  if (baseline === null || baseline.variant_no === entry.variant_no)
    return (
      <Link
        to="/p/$project/experiments/$id/matrix"
        params={{ project, id }}
        search={{ v: String(entry.variant_no) }}
        data-row
      >
        {name}
      </Link>
    )
  return (
    <Link
      to="/p/$project/experiments/$id/compare"
      params={{ project, id }}
      search={{ a: baseline.variant_no, b: entry.variant_no }}
      data-row
    >
      {name}
    </Link>
  )
}

/** How many cases, and how many runs failed, which leads to them. */
export function CountCell({ entry, context: { id, project } }: { entry: BoardEntry; context: BoardContext }) {
  return (
    <span className="mean-text">
      {entry.cases.toLocaleString('en-US')}
      {entry.failed > 0 && (
        <small>
          <Link
            className="above board-failed"
            to="/p/$project/experiments/$id/matrix"
            params={{ project, id }}
            search={{ v: String(entry.variant_no), show: 'failed' }}
          >
            {describeFailed(entry.failed)}
          </Link>
        </small>
      )}
    </span>
  )
}

/** `✗ 12 failed` */
export function describeFailed(n: number): string {
  return `✗ ${n.toLocaleString('en-US')} failed`
}

/** Why a variant is not ranked. */
export function Missing({ entry: { missing } }: { entry: BoardEntry }) {
  const [first] = missing
  if (first === undefined) return <span className="quiet">no score yet</span>
  const words = missing.map(({ scorer, runs }) => `${scorer} lacks ${runs.toLocaleString('en-US')}`).join(', ')
  return (
    <span className="quiet board-missing" title={words}>
      not ranked: {words}
    </span>
  )
}

/** The sign of the Pareto front. */
export function Front() {
  return (
    <span
      role="img"
      aria-label="on the Pareto front"
      title="Nothing else beats it in everything"
      className="board-front"
    >
      ◆
    </span>
  )
}
