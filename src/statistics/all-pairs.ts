/**
 * All pairs of many variants as one family: which of them is significantly better. Made for a thousand variants, whose half
 * a million pairs are decided again whenever some scores have changed.
 */
import { type ClusterEstimate, countDegrees, ROUNDING } from './clusters.ts'
import { requireLevel } from './level.ts'
import { findDifferencePValue } from './paired-difference.ts'
import { recallTQuantile } from './student-t.ts'

/** Clusters that several variants share, since they were run on the same cases. */
export interface ClusterFrame {
  /** Positive, as many as there are clusters. */
  weights: Float64Array
  weight: number
  /** Of every difference within the frame; 0 with a single cluster. */
  degrees_of_freedom: number
}

/** A difference of two variants that do not share a frame. */
export type PairEstimator = (one: number, other: number) => ClusterEstimate | null

/** What is kept of each pair: the size of its t in the frame of both, or, as a number below 0, its p-value. */
export interface PairTable {
  size: number
  /** The frame of each variant, by number. */
  frames: Int32Array
  degrees: number[]
  /** Pairs (one, other) with one < other, see `placePair`. */
  strengths: Float64Array
  /** Whether the first of a pair has the higher mean on what they share: 1, −1 or 0. */
  signs: Int8Array
}

/** The frame of clusters with these weights. */
export function frameClusters(weights: Float64Array): ClusterFrame {
  const weight = weights.reduce((sum, own) => sum + own, 0)
  return { weights, weight, degrees_of_freedom: weights.length < 2 ? 0 : countDegrees(weights, weight) }
}

/**
 * What a variant deviates from its mean by, cluster by cluster, scaled so that the squared distance of two variants is the
 * CR2 variance of their difference: rⱼ / (√(1 − hⱼ) · W), see `estimateFromClusters`. `into` takes it and is returned.
 */
export function scaleResiduals(frame: ClusterFrame, sums: Float64Array, into: Float64Array): Float64Array {
  const { weights, weight } = frame
  let total = 0
  for (const sum of sums) total += sum
  const mean = total / weight
  for (let place = 0; place < sums.length; place++) {
    const own = weights[place] ?? 0
    into[place] = weights.length < 2 ? 0 : ((sums[place] ?? 0) - own * mean) / (Math.sqrt(1 - own / weight) * weight)
  }
  return into
}

/** A table of `frames.length` variants in which nothing is decided yet. */
export function createPairTable(frames: Int32Array, degrees: number[]): PairTable {
  const size = frames.length
  const pairs = (size * (size - 1)) / 2
  return { size, frames, degrees, strengths: new Float64Array(pairs), signs: new Int8Array(pairs) }
}

/** Where the pair of variants one < other stands. */
export function placePair(size: number, one: number, other: number): number {
  return one * size - (one * (one + 1)) / 2 + other - one - 1
}

/** A variant's mean within its frame, and its scaled residuals. */
export interface FramedVariant {
  mean: number
  residuals: Float64Array
}

/**
 * Compares a variant with the others, or with those after it alone. Within a frame a pair takes one pass over the clusters;
 * others are asked of `estimate`, and have the p-value 1 where it gives none.
 */
export function comparePairs(
  table: PairTable,
  variants: readonly FramedVariant[],
  one: number,
  estimate: PairEstimator,
  from = 0,
): void {
  const own = variants[one]
  if (own === undefined) throw new RangeError(`there is no variant ${one}`)
  for (let other = from; other < table.size; other++) {
    if (other === one) continue
    const [low, high] = one < other ? [one, other] : [other, one]
    const place = placePair(table.size, low, high)
    const partner = variants[other]
    const frame = table.frames[one] ?? -1
    if (partner !== undefined && frame === table.frames[other] && frame >= 0) {
      const difference = (own.mean - partner.mean) * (one < other ? 1 : -1)
      const error = measureDistance(own.residuals, partner.residuals)
      if (error >= ROUNDING) {
        table.strengths[place] = Math.abs(difference) / error
        table.signs[place] = Math.sign(difference)
        continue
      }
    }
    const found = estimate(low, high)
    table.strengths[place] = -(found === null ? 1 : findDifferencePValue(found))
    table.signs[place] = found === null ? 0 : Math.sign(found.estimate)
  }
}

/**
 * Which pairs Holm's procedure decides at family level `level`: the p-value up to which differences count as significant.
 * A pair is decided exactly when `isPairDecided` says so with it; null where none is.
 *
 * Instead of sorting all p-values it climbs: with R pairs decided, all pairs with p ≤ α / (m − R) are; when that adds none,
 * the next smallest p-value stops the procedure. This is Holm's set (see `adjustHolm`), and within a frame needs no
 * p-value at all, only the critical t of each step.
 */
export function findHolmBound(table: PairTable, level = 0.95): number | null {
  requireLevel(level)
  const pairs = table.strengths.length
  let decided = 0
  for (;;) {
    if (decided === pairs) return pairs === 0 ? null : 1 - level
    const bound = (1 - level) / (pairs - decided)
    const now = countDecided(table, bound)
    if (now === decided) return decided === 0 ? null : bound
    decided = now
  }
}

/** How many variants are significantly better than each one, and how many significantly worse. */
export function countBetters(table: PairTable, bound: number | null): { better: Int32Array; worse: Int32Array } {
  const better = new Int32Array(table.size)
  const worse = new Int32Array(table.size)
  if (bound === null) return { better, worse }
  visitDecided(table, bound, (one, other, sign) => {
    const [above, below] = sign > 0 ? [one, other] : [other, one]
    better[below] = (better[below] ?? 0) + 1
    worse[above] = (worse[above] ?? 0) + 1
  })
  return { better, worse }
}

/** Whether a pair is decided under a bound of `findHolmBound`: 1 when `one` is better, −1 when `other` is, else 0. */
export function isPairDecided(table: PairTable, bound: number | null, one: number, other: number): -1 | 0 | 1 {
  if (bound === null || one === other) return 0
  const [low, high] = one < other ? [one, other] : [other, one]
  const place = placePair(table.size, low, high)
  const strength = table.strengths[place] ?? -1
  const sign = (table.signs[place] ?? 0) * (one < other ? 1 : -1)
  const critical = findCritical(table, bound)[table.frames[low] ?? -1] ?? Number.POSITIVE_INFINITY
  const decided = strength < 0 ? -strength <= bound : strength >= critical
  return decided && sign !== 0 ? (sign > 0 ? 1 : -1) : 0
}

function countDecided(table: PairTable, bound: number): number {
  let count = 0
  visitDecided(table, bound, () => count++)
  return count
}

function visitDecided(
  table: PairTable,
  bound: number,
  visit: (one: number, other: number, sign: number) => void,
): void {
  const critical = findCritical(table, bound)
  let place = 0
  for (let one = 0; one < table.size; one++) {
    const least = critical[table.frames[one] ?? -1] ?? Number.POSITIVE_INFINITY
    for (let other = one + 1; other < table.size; other++, place++) {
      const strength = table.strengths[place] ?? -1
      // Without a sign there is no difference, whose p-value is 1.
      if (strength < 0 ? -strength <= bound : strength >= least) visit(one, other, table.signs[place] ?? 0)
    }
  }
}

function findCritical(table: PairTable, bound: number): number[] {
  return table.degrees.map(degrees => (degrees === 0 ? Number.POSITIVE_INFINITY : -recallTQuantile(bound / 2, degrees)))
}

/** Four sums at a time, which keeps the processor's units busy. */
function measureDistance(one: Float64Array, other: Float64Array): number {
  let [a, b, c, d] = [0, 0, 0, 0]
  const count = one.length
  let place = 0
  for (; place + 3 < count; place += 4) {
    const p = (one[place] ?? 0) - (other[place] ?? 0)
    const q = (one[place + 1] ?? 0) - (other[place + 1] ?? 0)
    const r = (one[place + 2] ?? 0) - (other[place + 2] ?? 0)
    const s = (one[place + 3] ?? 0) - (other[place + 3] ?? 0)
    a += p * p
    b += q * q
    c += r * r
    d += s * s
  }
  for (; place < count; place++) a += ((one[place] ?? 0) - (other[place] ?? 0)) ** 2
  return Math.sqrt(a + b + c + d)
}
