import type { ShownLeaderboard } from '#client.ts'
import { letterOf } from '#experiments/variant-letter.ts'
import { sharesRankApart } from './score-numbers.ts'

/** What it comes to, in words; while it runs only how far it is, since a look too early proves nothing. */
export function VerdictLine({ board }: { board: ShownLeaderboard }) {
  if (board.status === 'draft') return <p className="verdict">It has not been started.</p>
  if (board.provisional) {
    return (
      <p className="verdict">
        <strong>
          Provisional, {board.done.toLocaleString('en-US')} of {board.planned.toLocaleString('en-US')}.
        </strong>{' '}
        <span className="quiet">Ranks and p-values come when it has ended, so that looking early decides nothing.</span>
      </p>
    )
  }
  const turn = findNearestTurn(board)
  return (
    <p className="verdict">
      <strong>{chooseVerdict(board) ?? explainSilence(board)}</strong>
      {turn !== null && (
        <>
          {' '}
          The winner changes if <code>{turn.scorer}</code> weighs {turn.side} {formatWeight(turn.weight)}
          <span className="quiet">
            {' '}
            (it weighs {formatWeight(turn.now)}): then {letterOf(turn.variant_no)} leads.
          </span>
        </>
      )}
      {sharesRankApart(board) && (
        <span className="quiet">
          {' '}
          Ranks hold for all {board.pairs.toLocaleString('en-US')} pairs at once, Δ for{' '}
          {board.comparisons.toLocaleString('en-US')} comparisons with one variant: so Δ can tell two apart that share
          their ranks.
        </span>
      )}
    </p>
  )
}

/** Longer than this, what the variants are called hides what is said of them. */
const LONG = 260

function chooseVerdict({ verdict, verdict_in_letters }: ShownLeaderboard): string | null {
  return verdict !== null && verdict.length > LONG ? verdict_in_letters : verdict
}

/** A weight without digits that say nothing: `0.2`, `1.25`, `3`. */
export function formatWeight(weight: number): string {
  return String(Number(weight.toPrecision(2)) >= 10 ? Number(weight.toFixed(1)) : Number(weight.toPrecision(2)))
}

interface NearTurn {
  scorer: string
  side: 'under' | 'over'
  weight: number
  now: number
  variant_no: number
}

/** Of all weights that would change the winner the one that lies nearest, as a factor. */
function findNearestTurn({ sensitivity }: Pick<ShownLeaderboard, 'sensitivity'>): NearTurn | null {
  const turns = sensitivity.flatMap(({ scorer, weight: now, below, above }): NearTurn[] => [
    ...(below === null ? [] : [{ scorer, side: 'under' as const, now, ...below }]),
    ...(above === null ? [] : [{ scorer, side: 'over' as const, now, ...above }]),
  ])
  const distance = ({ weight, now }: NearTurn) => Math.abs(Math.log(weight / now))
  return turns.sort((one, other) => distance(one) - distance(other))[0] ?? null
}

function explainSilence({ ranked, variants, entries }: ShownLeaderboard): string {
  if (variants === 0) return 'No run came to an end, so there is nothing to compare.'
  if (ranked > 1) return 'There are more variants than can all be compared with one another, so there are no ranks.'
  const missing = [...new Set(entries.flatMap(entry => entry.missing.map(({ scorer }) => scorer)))]
  return missing.length === 0
    ? 'Nothing is scored, so nothing is ranked.'
    : `Nothing is ranked yet: ${missing.join(', ')} ${missing.length === 1 ? 'has' : 'have'} not scored every run.`
}
