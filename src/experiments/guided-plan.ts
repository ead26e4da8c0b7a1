/** How a guided sweep goes on: its rounds over the training cases, then the finalists on those that were held back. */
import { type HalvingRound, planHalving } from './halving.ts'
import { type Question, readHalving } from './question.ts'
import { shuffleBySeed } from './sweep-space.ts'

/** The best so many of the last round, and the baseline, run the cases that were held back. */
export const FINALISTS = 3

export interface GuidedPlan {
  rounds: HalvingRound[]
  /** Runs in all, repeats, the baseline and the finalists included. */
  cells: number
}

/** The plan of a guided sweep. The baseline, if there is one, takes part in every round beside the others. */
export function planGuided({ sweep, dataset, baseline }: Pick<Question, 'sweep' | 'dataset' | 'baseline'>): GuidedPlan {
  const train = (dataset?.cases ?? 0) - (dataset?.test ?? 0)
  const { rounds, cells } = planHalving({ ...readHalving(sweep), cases: Math.max(1, train) })
  const last = rounds.at(-1)
  const finalists = last === undefined ? 0 : Math.min(FINALISTS, last.carried + last.fresh)
  const always = baseline === null ? 0 : 1
  const whole = cells + always * train + (finalists + always) * (dataset?.test ?? 0)
  return { rounds, cells: whole * sweep.repeats }
}

/** The training cases in the order in which rounds take them. */
export function orderTraining(caseNos: readonly number[], seed: number): number[] {
  return shuffleBySeed(caseNos, seed)
}
