import { recallTQuantile } from './student-t.ts'

export interface MeanInterval {
  n: number
  mean: number
  /** Both null for n = 1: one value says nothing about the spread. */
  low: number | null
  high: number | null
}

export interface MeanIntervalOptions {
  /** What the whole numbers in the sums are multiples of: values are kᵢ / scale. Default 1. */
  scale?: number | bigint
  /** The coverage of the interval, between 0 and 1. Default 0.95. */
  level?: number
  /** The range in which every value lies by its definition, as 0–100 for scores. */
  bounds?: { low: number; high: number }
}

/**
 * The mean of n values and its two-sided Student t interval, mean ± t(1 − α/2; n − 1) · s / √n (Student, "The probable
 * error of a mean", Biometrika 6, 1908), from sums alone: with values kᵢ / `scale`, `sum` is Σ kᵢ and `sumOfSquares` Σ kᵢ².
 *
 * The sums must be whole (bigints, or numbers within ±2^53): n Σk² − (Σk)² is then exact, where the same difference in
 * floating point loses every digit as soon as the spread is small beside the mean.
 *
 * - n = 0: null. n = 1: a mean without an interval.
 * - All values equal: the interval has no width. That is what the method says, and at a small n it says too much.
 * - `bounds`: the ends are cut there. The true mean cannot lie outside, so cutting never costs coverage; without the
 *   option nothing is cut. For values piled up at a bound the real coverage at a small n is below the level, cut or not.
 *
 * Throws a `RangeError` for sums that no n numbers can have, and for numbers that are not whole.
 */
export function meanInterval(
  n: number,
  sum: number | bigint,
  sumOfSquares: number | bigint,
  options: MeanIntervalOptions = {},
): MeanInterval | null {
  const count = requireWhole(n, 'n')
  const total = requireWhole(sum, 'sum')
  const squares = requireWhole(sumOfSquares, 'sumOfSquares')
  const scale = requireWhole(options.scale ?? 1, 'scale')
  const level = options.level ?? 0.95
  if (count < 0n || scale <= 0n) throw new RangeError('n must not be negative and scale must be positive')
  if (!(level > 0 && level < 1)) throw new RangeError(`level must lie between 0 and 1, not ${level}`)
  // (n − 1) n s², times scale²: not negative for any n real numbers (Cauchy and Schwarz).
  const spread = count * squares - total * total
  if (spread < 0n || (count === 0n && squares !== 0n)) throw new RangeError(`no ${n} numbers have these sums`)
  if (count === 0n) return null
  const mean = divide(total, count * scale)
  if (count === 1n) return { n, mean, low: null, high: null }
  const standardError = Math.sqrt(divide(spread, count * count * (count - 1n) * scale * scale))
  const reach = standardError === 0 ? 0 : recallTQuantile((1 + level) / 2, n - 1) * standardError
  const { low, high } = options.bounds ?? { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }
  return { n, mean, low: Math.max(low, mean - reach), high: Math.min(high, mean + reach) }
}

function requireWhole(value: number | bigint, name: string): bigint {
  if (typeof value === 'bigint') return value
  if (!Number.isSafeInteger(value)) throw new RangeError(`${name} must be whole and within ±2^53, not ${value}`)
  return BigInt(value)
}

/** The quotient of two whole numbers, right to two units in the last place. */
function divide(numerator: bigint, denominator: bigint): number {
  return Number(numerator / denominator) + Number(numerator % denominator) / Number(denominator)
}
