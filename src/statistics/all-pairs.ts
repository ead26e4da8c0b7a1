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
  /** What the squared residual of each cluster is multiplied by in CR2: 1 / ((1 − hⱼ) W²). */
  shares: Float64Array
  /** Σ shareⱼ wⱼ². */
  spread: number
}

/** A variant's sums over the clusters of its frame, and what every pair needs of them. */
export interface FramedVariant {
  frame: ClusterFrame
  sums: Float64Array
  total: number
  /** Σ shareⱼ wⱼ sumⱼ. */
  cross: number
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
  /** Within a frame Σ shareⱼ (difference of sumsⱼ)², from which the variance follows once the means are known. */
  squares: Float64Array
}

/** The frame of clusters with these weights. */
export function frameClusters(weights: Float64Array): ClusterFrame {
  const weight = weights.reduce((sum, own) => sum + own, 0)
  const shares = weights.map(own => (weights.length < 2 ? 0 : 1 / ((1 - own / weight) * weight ** 2)))
  return {
    weights,
    weight,
    degrees_of_freedom: weights.length < 2 ? 0 : countDegrees(weights, weight),
    shares,
    spread: shares.reduce((sum, share, place) => sum + share * (weights[place] ?? 0) ** 2, 0),
  }
}

/** A variant with these sums over the frame's clusters. */
export function frameVariant(frame: ClusterFrame, sums: Float64Array): FramedVariant {
  let [total, cross] = [0, 0]
  for (let place = 0; place < sums.length; place++) {
    total += sums[place] ?? 0
    cross += (frame.shares[place] ?? 0) * (frame.weights[place] ?? 0) * (sums[place] ?? 0)
  }
  return { frame, sums, total, cross }
}

/** A table of `frames.length` variants in which nothing is decided yet. */
export function createPairTable(frames: Int32Array, degrees: number[]): PairTable {
  const size = frames.length
  const pairs = (size * (size - 1)) / 2
  return {
    ...{ size, frames, degrees },
    strengths: new Float64Array(pairs),
    signs: new Int8Array(pairs),
    squares: new Float64Array(pairs),
  }
}

/** Where the pair of variants one < other stands. */
export function placePair(size: number, one: number, other: number): number {
  return one * size - (one * (one + 1)) / 2 + other - one - 1
}

/**
 * Compares a variant with the others, or with those from `from` on alone. Pairs that do not share a frame are asked of
 * `estimate`, and have the p-value 1 where it gives none.
 *
 * Within a frame, with x the difference of two variants' sums and m that of their means, the CR2 variance Σ share (x − w m)² is
 * Σ share x² − 2m Σ share w x + m² Σ share w². The first sum is kept for each pair; when a variant changes in a few
 * clusters, `before` (what it was when the table last saw it) says in which, and a pair takes as many steps as these. Where
 * little is left of the three terms, and rounding with it, the pair is asked of `estimate` too.
 */
export function comparePairs(
  table: PairTable,
  variants: readonly FramedVariant[],
  one: number,
  estimate: PairEstimator,
  { from = 0, before = null }: { from?: number; before?: FramedVariant | null } = {},
): void {
  const own = variants[one]
  if (own === undefined) throw new RangeError(`there is no variant ${one}`)
  const changes = before === null || before.frame !== own.frame ? null : listChanges(before, own)
  const few = changes !== null && changes.length * 3 < own.sums.length ? changes : null
  for (let other = from; other < table.size; other++) {
    if (other === one) continue
    const partner = variants[other]
    const place = one < other ? placePair(table.size, one, other) : placePair(table.size, other, one)
    if (partner !== undefined && partner.frame === own.frame) {
      const squares =
        few === null ? sumSquares(own, partner) : (table.squares[place] ?? 0) + moveSquares(few, own, partner)
      table.squares[place] = squares
      const mean = (own.total - partner.total) / own.frame.weight
      const tail = own.frame.spread * mean * mean
      const variance = squares - 2 * mean * (own.cross - partner.cross) + tail
      if (variance > LEFT * (squares + tail) && variance >= ROUNDING ** 2) {
        table.strengths[place] = Math.abs(mean) / Math.sqrt(variance)
        table.signs[place] = Math.sign(mean) * (one < other ? 1 : -1)
        continue
      }
    }
    const [low, high] = one < other ? [one, other] : [other, one]
    const found = estimate(low, high)
    // A p-value too small for a double is 0, which has no side of 0 to tell it from a t.
    table.strengths[place] = -Math.max(Number.MIN_VALUE, found === null ? 1 : findDifferencePValue(found))
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
  const critical = findCritical(table.degrees, bound)[table.frames[low] ?? -1] ?? Number.POSITIVE_INFINITY
  const decided = strength < 0 ? -strength <= bound : strength >= critical
  return decided && sign !== 0 ? (sign > 0 ? 1 : -1) : 0
}

/** Goes over all pairs for each step of Holm's procedure, hence without a call for each. */
function countDecided({ size, frames, strengths, degrees }: PairTable, bound: number): number {
  const critical = findCritical(degrees, bound)
  let count = 0
  let place = 0
  for (let one = 0; one < size; one++) {
    const least = critical[frames[one] ?? -1] ?? Number.POSITIVE_INFINITY
    for (const end = place + size - one - 1; place < end; place++) {
      const strength = strengths[place] ?? -1
      if (strength < 0 ? -strength <= bound : strength >= least) count++
    }
  }
  return count
}

function visitDecided(
  table: PairTable,
  bound: number,
  visit: (one: number, other: number, sign: number) => void,
): void {
  const critical = findCritical(table.degrees, bound)
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

function findCritical(degreesOfFrames: readonly number[], bound: number): number[] {
  return degreesOfFrames.map(degrees =>
    degrees === 0 ? Number.POSITIVE_INFINITY : -recallTQuantile(bound / 2, degrees),
  )
}

/** The share that must be left of sums that cancel: then six digits of the variance are right. */
const LEFT = 1e-9

/** The clusters in which a variant changed, each with how much: place, change, place, change, … */
function listChanges(before: FramedVariant, now: FramedVariant): number[] {
  const changes: number[] = []
  for (let place = 0; place < now.sums.length; place++) {
    const change = (now.sums[place] ?? 0) - (before.sums[place] ?? 0)
    if (change !== 0) changes.push(place, change)
  }
  return changes
}

/** By how much Σ share x² grows: (x + c)² − x² = c (2x + c), and x + c is the difference now. */
function moveSquares(changes: readonly number[], own: FramedVariant, partner: FramedVariant): number {
  let sum = 0
  for (let at = 0; at < changes.length; at += 2) {
    const place = changes[at] ?? 0
    const change = changes[at + 1] ?? 0
    const difference = (own.sums[place] ?? 0) - (partner.sums[place] ?? 0)
    sum += (own.frame.shares[place] ?? 0) * change * (2 * difference - change)
  }
  return sum
}

function sumSquares(own: FramedVariant, partner: FramedVariant): number {
  const { shares } = own.frame
  let sum = 0
  for (let place = 0; place < shares.length; place++) {
    const difference = (own.sums[place] ?? 0) - (partner.sums[place] ?? 0)
    sum += (shares[place] ?? 0) * difference * difference
  }
  return sum
}
