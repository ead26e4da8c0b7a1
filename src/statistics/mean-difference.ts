import { requireLevel } from './level.ts'
import { studentTQuantile } from './student-t.ts'

/** Whole sums over the values of a sample; the values are kᵢ / scale. */
export interface SampleSums {
  n: number
  /** Σ kᵢ */
  sum: bigint
  /** Σ kᵢ² */
  squares: bigint
}

export interface MeanDifference {
  /** The mean of the first sample minus that of the second. */
  estimate: number
  low: number
  high: number
}

/**
 * The difference of the means of two independent samples with its two-sided interval by Welch's method (B. L. Welch, "The
 * generalization of Student's problem when several different population variances are involved", Biometrika 34, 1947),
 * with Satterthwaite's degrees of freedom. Spreads come from exact whole sums.
 *
 * Null when a sample has fewer than two values, which say nothing about its spread. Two samples without any spread give an
 * interval without width; at a small n it says too much.
 */
export function meanDifference(
  one: SampleSums,
  other: SampleSums,
  options: { scale?: number; level?: number } = {},
): MeanDifference | null {
  const { scale = 1, level = 0.95 } = options
  requireLevel(level)
  if (one.n < 2 || other.n < 2) return null
  const estimate = meanOf(one, scale) - meanOf(other, scale)
  const [a, b] = [squaredError(one, scale), squaredError(other, scale)]
  if (a + b === 0) return { estimate, low: estimate, high: estimate }
  const df = (a + b) ** 2 / (a ** 2 / (one.n - 1) + b ** 2 / (other.n - 1))
  const reach = studentTQuantile((1 + level) / 2, df) * Math.sqrt(a + b)
  return { estimate, low: estimate - reach, high: estimate + reach }
}

function meanOf({ n, sum }: SampleSums, scale: number): number {
  return Number(sum) / (n * scale)
}

/** s² / n. Throws a `RangeError` for sums that no n numbers can have. */
function squaredError({ n, sum, squares }: SampleSums, scale: number): number {
  const spread = BigInt(n) * squares - sum * sum
  if (spread < 0n) throw new RangeError(`no ${n} numbers have these sums`)
  return Number(spread) / (n * n * (n - 1) * scale * scale)
}
