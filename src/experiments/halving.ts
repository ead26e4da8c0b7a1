/** The plan of a guided sweep: successive halving over cases, with a share of the budget for variants not seen yet. */
import { Invalid } from '#errors.ts'

export interface HalvingOptions {
  /** How many variants may be tried in all. */
  trials: number
  /** How many cases there are. */
  cases: number
  /** On how many cases a variant is compared first. Default: a sixteenth of them, but 8 at least. */
  first_cases?: number
  /** One of so many variants goes on to the next round, which has so many times the cases. Default 2. */
  keep_one_of?: number
  /** The share of each later round's runs that goes to variants not seen before, 0 to below 1. Default 0.2. */
  exploration?: number
}

export interface HalvingRound {
  /** Each variant of the round is compared on the first so many cases, those of earlier rounds included. */
  cases: number
  /** The best so many of the round before go on; they run the cases that are new to them. */
  carried: number
  /** Variants not seen before; they run all of the round's cases. */
  fresh: number
  /** How many (variant, case) pairs are run in this round, without repeats. */
  cells: number
}

export interface HalvingPlan {
  rounds: HalvingRound[]
  /** Variants in all rounds, at most `trials`. */
  variants: number
  cells: number
  /** What running these variants on all cases would take. */
  cells_in_full: number
}

/** A variant of a round with its mean score over the round's cases. */
export interface RoundScore {
  variant: string
  score: number
}

/**
 * Plans the rounds of a guided sweep by successive halving (Karnin, Koren & Somekh, "Almost optimal exploration in
 * multi-armed bandits", ICML 2013; Jamieson & Talwalkar, "Non-stochastic best arm identification and hyperparameter
 * optimization", AISTATS 2016): many variants on few cases, then the better part of them on more, until the last round has
 * all cases. In every later round the share `exploration` of its runs goes to variants that were not seen before, since the
 * first draw may have missed the good ones and the first cases may mislead; they run the whole subset, so that all
 * variants of a round are compared on the same cases.
 *
 * There are as many rounds as the cases (from `first_cases`, times `keep_one_of` each) and the variants allow; with
 * few variants or cases there is one, which has everything. Rounding down, the share of the unseen may be less.
 *
 * @throws Invalid for numbers outside their range.
 */
export function planHalving(options: HalvingOptions): HalvingPlan {
  const { trials, cases, keep_one_of: factor = 2, exploration = 0.2 } = options
  const first = options.first_cases ?? Math.max(8, Math.ceil(cases / 16))
  for (const [name, value] of Object.entries({ trials, cases, first_cases: first })) requireWhole(name, value, 1)
  requireWhole('keep_one_of', factor, 2)
  if (!(exploration >= 0 && exploration < 1)) {
    throw new Invalid('exploration must lie from 0 to below 1.', ['body', 'exploration'])
  }
  const steps = listSteps(Math.min(first, cases), cases, factor)
  // The largest start for which starters and newcomers together are no more than the trials.
  let [low, high] = [1, trials]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (countVariants(listRounds(middle, steps, factor, exploration)) <= trials) low = middle
    else high = middle - 1
  }
  const rounds = listRounds(low, steps, factor, exploration)
  const variants = countVariants(rounds)
  const cells = rounds.reduce((sum, round) => sum + round.cells, 0)
  return { rounds, variants, cells, cells_in_full: variants * cases }
}

/**
 * The variants that go on from a round, the best first: as many as the next round carries. Equal scores keep the order
 * in which they are given, so give them in the order in which they were drawn. A score that is NaN is a `RangeError`.
 */
export function promoteVariants(scores: readonly RoundScore[], carried: number): string[] {
  if (scores.some(({ score }) => Number.isNaN(score))) throw new RangeError('a score is NaN')
  return scores
    .toSorted((one, other) => other.score - one.score)
    .slice(0, carried)
    .map(({ variant }) => variant)
}

/** The growing numbers of cases; the last is all of them. */
function listSteps(first: number, cases: number, factor: number): number[] {
  const steps: number[] = []
  for (let step = first; step < cases; step *= factor) steps.push(step)
  return [...steps, cases]
}

function listRounds(starters: number, steps: readonly number[], factor: number, exploration: number): HalvingRound[] {
  // With few variants the first rounds are left out: what is halved there would be a single one.
  const depth = Math.min(steps.length, 1 + Math.floor(Math.log(starters) / Math.log(factor) + 1e-9))
  const rounds: HalvingRound[] = []
  let before = { cases: 0, variants: 0 }
  for (const cases of steps.slice(steps.length - depth)) {
    const carried = rounds.length === 0 ? 0 : Math.max(1, Math.floor(before.variants / factor))
    const runs = carried * (cases - before.cases)
    const fresh = rounds.length === 0 ? starters : Math.floor((exploration / (1 - exploration)) * (runs / cases) + 1e-9)
    rounds.push({ cases, carried, fresh, cells: runs + fresh * cases })
    before = { cases, variants: carried + fresh }
  }
  return rounds
}

function countVariants(rounds: readonly HalvingRound[]): number {
  return rounds.reduce((sum, { fresh }) => sum + fresh, 0)
}

function requireWhole(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return
  throw new Invalid(`${name} must be whole and at least ${least}.`, ['body', name])
}
