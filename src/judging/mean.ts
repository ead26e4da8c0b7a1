/**
 * Means over a pass's experts, exact: a mean of n whole numbers, 1 ≤ n ≤ 10, is a whole number of 2520ths, because 2520 is
 * the least common multiple of 1 to 10. Sums of such means add up exactly, whatever their order.
 */
import { AXES, type Scores } from './axes.ts'

/** One point of a score in scaled means. */
export const MEAN_SCALE = 2520

/** Buckets of a session's mean `task_complexity`, lowest first. */
export const COMPLEXITY_BUCKETS = ['0-25', '26-50', '51-75', '76+'] as const

/**
 * The mean over experts per axis, in `AXES` order, times 2520 and therefore whole. Nulls are left out of the mean; an axis
 * that is null for every expert (or without experts) is null. At most ten experts; scores must be whole numbers.
 */
export function scaledMeans(scoresOfExperts: Scores[]): (number | null)[] {
  return AXES.map(axis => {
    const scores = scoresOfExperts.map(scores => scores[axis]).filter(score => score !== null)
    if (scores.length === 0) return null
    if (scores.length > 10) throw new RangeError(`means are exact for at most ten experts, these are ${scores.length}`)
    const sum = scores.reduce((total, score) => total + score, 0)
    return sum * (MEAN_SCALE / scores.length)
  })
}

/** `numerator / denominator` to the nearest whole number, a tie to the even one. The denominator must be positive. */
export function roundHalfEven(numerator: bigint, denominator: bigint): number {
  if (denominator <= 0n) throw new RangeError('the denominator must be positive')
  const rest = ((numerator % denominator) + denominator) % denominator
  const floor = (numerator - rest) / denominator
  const up = 2n * rest > denominator || (2n * rest === denominator && floor % 2n !== 0n)
  return Number(up ? floor + 1n : floor)
}

/** The wire contract's average of a pass: the mean over experts per axis, rounded half to even; null where all are null. */
export function averageScores(scoresOfExperts: Scores[]): Scores {
  const [complexity, goal, tools, efficiency, communication, orchestration, extension] = scaledMeans(scoresOfExperts)
  return {
    task_complexity: roundScaled(complexity),
    goal_completion: roundScaled(goal),
    tool_usage_quality: roundScaled(tools),
    efficiency: roundScaled(efficiency),
    communication: roundScaled(communication),
    subagent_orchestration: roundScaled(orchestration),
    self_extension: roundScaled(extension),
  }
}

function roundScaled(scaledMean: number | null | undefined): number | null {
  if (scaledMean === null || scaledMean === undefined) return null
  return roundHalfEven(BigInt(scaledMean), BigInt(MEAN_SCALE))
}
