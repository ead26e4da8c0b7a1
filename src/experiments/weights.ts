/** From a run's grades to its one score. Whatever here changes must change `weigh_grades` of the database as well. */

/** A scorer of an experiment, as `experiment_scorers` has it. */
export interface ExperimentScorer {
  /** From 1; its grade is at position `scorer_no - 1` of a run's `grades`. */
  scorer_no: number
  name: string
  /** By content; null where a person scores. */
  version: string | null
  /** `{kind, …}` with all settings; null where a person scores. */
  config: unknown
  /** How much it counts; null: the experiment gives it no weight. */
  weight: number | null
  /** Whether every run gets its score by itself. */
  declared: boolean
}

export interface WeighedGrades {
  /** The mean over all grades that are there; null without any. */
  score_mean: number | null
  /** The mean of those that count, each by its weight; null without any grade. */
  weighted: number | null
}

/**
 * What a run's grades (at `scorer_no - 1`; null where it has none) come to. `weighted` is over its scorers that have a
 * weight. All of its scorers weigh the same where none of them has one, or where the weights of those that have one are
 * all 0: then nothing says which of them counts.
 *
 * Exact: grades and weights are taken as the decimals that they are written as, and the quotient is rounded once to the
 * nearest double. So 0.1 and 0.2 come to 0.15, and runs that score the same are tied.
 */
export function weighGrades(
  grades: readonly (number | null)[],
  scorers: readonly Pick<ExperimentScorer, 'scorer_no' | 'weight'>[],
): WeighedGrades {
  const weights = new Map(scorers.map(({ scorer_no, weight }) => [scorer_no - 1, weight]))
  const all: Part[] = []
  const counting: Part[] = []
  for (const [place, grade] of grades.entries()) {
    if (grade === null) continue
    const weight = weights.get(place) ?? 0
    all.push({ grade, weight: 1 })
    if (weight > 0) counting.push({ grade, weight })
  }
  const score_mean = computeExactMean(all)
  return { score_mean, weighted: counting.length === 0 ? score_mean : computeExactMean(counting) }
}

/** The grades of a cell that failed, which counts 0: zeros for scorers that are declared or have a weight. */
export function failGrades(
  scorers: readonly Pick<ExperimentScorer, 'scorer_no' | 'weight' | 'declared'>[],
): (number | null)[] {
  const counting = scorers.filter(({ weight, declared }) => declared || weight !== null)
  const grades: (number | null)[] = new Array(Math.max(0, ...counting.map(one => one.scorer_no))).fill(null)
  for (const { scorer_no } of counting) grades[scorer_no - 1] = 0
  return grades
}

interface Part {
  grade: number
  weight: number
}

function computeExactMean(parts: readonly Part[]): number | null {
  const [first] = parts
  if (first === undefined) return null
  if (parts.every(({ grade }) => grade === first.grade)) return first.grade
  let sum: Decimal = { digits: 0n, scale: 0 }
  let total: Decimal = { digits: 0n, scale: 0 }
  for (const { grade, weight } of parts) {
    const share = readDecimal(weight)
    const value = readDecimal(grade)
    total = add(total, share)
    sum = add(sum, { digits: value.digits * share.digits, scale: value.scale + share.scale })
  }
  return divide(sum, total)
}

/** `digits / 10 ** scale`. */
interface Decimal {
  digits: bigint
  scale: number
}

/** The number as JavaScript writes it, which is the shortest decimal that is read as the same double. */
function readDecimal(value: number): Decimal {
  const [mantissa = '0', exponent = '0'] = String(value).split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  const scale = fraction.length - Number(exponent)
  const digits = BigInt(whole + fraction)
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 }
}

function add(one: Decimal, other: Decimal): Decimal {
  const scale = Math.max(one.scale, other.scale)
  return { digits: rescale(one, scale) + rescale(other, scale), scale }
}

function rescale({ digits, scale }: Decimal, wanted: number): bigint {
  return wanted === scale ? digits : digits * 10n ** BigInt(wanted - scale)
}

/** More than enough that only the step to a double rounds. */
const QUOTIENT_DIGITS = 40

function divide(one: Decimal, other: Decimal): number {
  const scale = Math.max(one.scale, other.scale)
  const quotient = (rescale(one, scale) * 10n ** BigInt(QUOTIENT_DIGITS)) / rescale(other, scale)
  return Number(`${quotient}e-${QUOTIENT_DIGITS}`)
}
