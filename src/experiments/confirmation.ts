/** Whether a winner that was selected on one part of the cases holds on the part that was held back. Pure. */
import { showFamily } from './comparisons.ts'
import type { ContestVariant } from './contest.ts'
import type { Field } from './field.ts'
import type { VariantLeaderboard } from './leaderboard-schemas.ts'
import { pairStandings, type StandingDifference, type VariantStanding } from './standings.ts'

export interface ConfirmedWinner {
  winner: { standing: VariantStanding }
  runnerUp: { standing: VariantStanding } | undefined
  baseline: ContestVariant | null
  options: { level: number; k: number }
}

/**
 * The winner's mean on the test split, and its differences there to the baseline and to the variant that came second, as a
 * family of two, or of one where those are the same. Null where the test split has no score of it.
 */
export function confirmWinner(
  field: Field,
  { winner, runnerUp, baseline, options }: ConfirmedWinner,
): VariantLeaderboard['confirmation'] {
  const side = field.standOn('test')
  const find = (number: number | undefined) => side.list.find(({ variant_no }) => variant_no === number)
  const own = find(winner.standing.variant_no)
  if (own === undefined || own.mean === null) return null
  const mean = side.describe(own, options.level, options.k).weighted
  if (mean === null) return null
  const rivals = [find(baseline?.variant_no), find(runnerUp?.standing.variant_no)].map(rival =>
    rival === undefined || rival === own ? null : rival,
  )
  const family = [...new Set(rivals)].flatMap(rival => {
    const difference: StandingDifference | null = rival === null ? null : pairStandings(own, rival)
    return difference === null ? [] : [{ rival, difference }]
  })
  const shown = showFamily(
    family.map(({ difference }) => difference),
    { level: options.level, provisional: false },
  )
  const [againstBaseline, againstRunnerUp] = rivals.map(rival => {
    const at = rival === null ? -1 : family.findIndex(one => one.rival === rival)
    return shown[at] ?? null
  })
  return {
    mean,
    failed: own.failed,
    against_baseline: againstBaseline ?? null,
    against_runner_up: againstRunnerUp ?? null,
  }
}
