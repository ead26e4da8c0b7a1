import { CloseButton } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ShownLeaderboard } from '#client.ts'
import { letterOf } from '#experiments/variant-letter.ts'
import { useProject } from '../shell/api.ts'
import { countNoun, formatCount, formatDollars, formatDuration } from '../ui/numbers.ts'
import type { BoardEntry } from './board-query.ts'
import { describeDifference } from './difference-cell.tsx'
import { describeMean, formatDollarInterval, formatDurationInterval, formatRank } from './score-numbers.ts'
import { VariantName } from './variant-name.tsx'
import { formatWeight } from './verdict-line.tsx'

interface PeekProps {
  entry: BoardEntry
  board: ShownLeaderboard
  onBaseline: (variantNo: number) => void
  onClose: () => void
}

/** A variant beside the table: its parameters in full, and its score by each scorer. */
export function VariantPeek({ entry, board, onBaseline, onClose }: PeekProps) {
  const { project } = useProject()
  const params = { project, id: board.experiment_id }
  const isBaseline = board.baseline?.variant_no === entry.variant_no
  const { cost_usd: cost, latency_p50_ms: latency } = entry
  const facts: [string, string][] = [
    ['Rank', formatRank(entry.rank)],
    ['Score', describeMean(entry.weighted)],
    ...(entry.difference === null
      ? []
      : ([
          [
            `Δ to ${board.baseline === null ? 'baseline' : letterOf(board.baseline.variant_no)}`,
            describeDifference(entry.difference),
          ],
        ] as [string, string][])),
    [`pass@${board.k}`, describeMean(entry.pass_at_k)],
    ['Consistency', describeMean(entry.consistency)],
    ['Cost of a run', cost === null ? 'no price' : `${formatDollars(cost.estimate)} ${formatDollarInterval(cost)}`],
    ['Duration', latency === null ? '–' : `${formatDuration(latency.estimate)} ${formatDurationInterval(latency)}`],
    [
      'Runs',
      `${countNoun(entry.runs, 'run')} on ${countNoun(entry.cases, 'case')}, ${formatCount(entry.failed)} failed`,
    ],
  ]
  return (
    <aside className="board-peek" aria-label="The variant beside the table">
      <div className="board-peek-head">
        <h2>
          <VariantName variant={entry} />
        </h2>
        <CloseButton onClick={onClose} aria-label="Close the panel" />
      </div>
      <p>
        {isBaseline ? (
          <span className="quiet">The others are compared with it. </span>
        ) : (
          <>
            <button type="button" className="plain-button" onClick={() => onBaseline(entry.variant_no)}>
              Compare the others with it
            </button>
            {board.baseline && (
              <Link
                to="/p/$project/experiments/$id/compare"
                params={params}
                search={{ a: board.baseline.variant_no, b: entry.variant_no }}
              >
                Case by case
              </Link>
            )}{' '}
            ·{' '}
          </>
        )}
        <Link to="/p/$project/experiments/$id/matrix" params={params} search={{ v: String(entry.variant_no) }}>
          Its cases
        </Link>
      </p>
      <dl className="board-peek-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <table className="board-plain">
        <thead>
          <tr>
            <th scope="col">Scorer</th>
            <th scope="col">Weight</th>
            <th scope="col">Mean</th>
          </tr>
        </thead>
        <tbody>
          {entry.scorers.map(({ name, weight, value }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{weight === 0 ? <span className="quiet">does not count</span> : formatWeight(weight)}</td>
              <td>{describeMean(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3>Parameters</h3>
      <dl className="board-trial">
        {Object.entries(entry.trial).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{typeof value === 'string' ? value : JSON.stringify(value, null, 2)}</dd>
          </div>
        ))}
      </dl>
    </aside>
  )
}
