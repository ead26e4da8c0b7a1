/** What a leaderboard says of one variant: means with intervals over its cases. Pure. */
import { estimateAmountMean } from '#statistics/amount-mean.ts'
import { clusteredMeanInterval } from '#statistics/clustered-mean.ts'
import { estimateClusteredMedian } from '#statistics/clustered-median.ts'
import { estimateFromSums } from '#statistics/clusters.ts'
import { type CasePasses, estimateConsistency, estimatePassAtK } from '#statistics/pass-at-k.ts'
import { gatherByCluster } from './case-frames.ts'
import { CELL, GRADE_UNIT } from './case-sums.ts'
import type { VariantStanding } from './standings.ts'

/** A number with its interval, and what it is made of. */
export interface MeanEstimate {
  estimate: number
  /** Null where nothing is known of the spread. */
  low: number | null
  high: number | null
  cases: number
  clusters: number
  runs: number
}

export interface VariantStatistics {
  weighted: MeanEstimate | null
  /** By place in `grades`. */
  scorers: (MeanEstimate | null)[]
  pass_at_k: MeanEstimate | null
  consistency: MeanEstimate | null
  cost_usd: MeanEstimate | null
  latency_p50_ms: MeanEstimate | null
}

export interface StatisticsOptions {
  level: number
  /** Of pass@k; cases with fewer runs are left out of it. */
  k: number
  /** How many scorers there are, and how many numbers a cell takes; see `Picture`. */
  scorers: number
  width: number
}

/** What was said of a variant before, of which all stays that what has changed since does not touch. */
export interface KnownStatistics {
  revision: number
  value: VariantStatistics
}

/**
 * All statistics of one variant. Every case weighs the same; its value is the mean over its runs. Intervals are
 * clustered by the cases' source. Cases without a value (no grade of a scorer, fewer runs than k, no known price) are left
 * out, as `cases` tells; null where none is left.
 *
 * @param known of the same variant, slice and options.
 */
export function describeVariant(
  standing: VariantStanding,
  options: StatisticsOptions,
  known: KnownStatistics | null = null,
): VariantStatistics {
  const { level, k, scorers, width } = options
  const isSame = (...fields: number[]) =>
    known !== null && [CELL.runs, ...fields].every(field => (standing.sums.changed[field] ?? 0) <= known.revision)
  const share = (values: Float64Array, runsAt: number) =>
    estimateShare(standing, values, sumCells(standing, values, width, runsAt), level)
  const describeScorer = (scorer: number) => {
    const n = CELL.grades + scorer
    if (isSame(n, n + scorers)) return known?.value.scorers[scorer] ?? null
    return share(divideCells(standing, options, n + scorers, n, GRADE_UNIT), n)
  }
  const describePasses = (before: MeanEstimate | null | undefined, read: (passes: CasePasses) => number) => {
    if (standing.mean === null) return null
    // While grades were missing nothing was said of them.
    if (isSame(CELL.passes) && known?.value.weighted !== null) return before ?? null
    return share(mapPasses(standing, options, read), CELL.runs)
  }
  return {
    weighted: standing.mean === null ? null : estimateShare(standing, standing.scores, standing.runs, level),
    scorers: Array.from({ length: scorers }, (_, scorer) => describeScorer(scorer)),
    pass_at_k: describePasses(known?.value.pass_at_k, passes => passAtK(passes, k)),
    consistency: describePasses(known?.value.consistency, agreeInPasses),
    cost_usd: isSame(CELL.cost_n, CELL.cost) ? (known?.value.cost_usd ?? null) : describeCost(standing, options),
    latency_p50_ms: isSame(CELL.duration_n, CELL.duration)
      ? (known?.value.latency_p50_ms ?? null)
      : describeLatency(standing, options),
  }
}

/** Of each case a total by its number, times `unit`; NaN where the number is 0. */
function divideCells(
  { places, sums }: VariantStanding,
  { width }: StatisticsOptions,
  totalAt: number,
  numberAt: number,
  unit: number,
): Float64Array {
  const { cells } = sums
  const values = new Float64Array(places.length)
  for (let number = 0; number < places.length; number++) {
    const cell = (places[number] ?? 0) * width
    const n = cells[cell + numberAt] ?? 0
    const value = ((cells[cell + totalAt] ?? 0) * unit) / n
    values[number] = n > 0 ? value : Number.NaN
  }
  return values
}

const MOST_REPEATS = 1001

/** A value of each case by its passes and repeats, worked out once for each pair of these. */
function mapPasses(
  { places, sums }: VariantStanding,
  { width }: StatisticsOptions,
  read: (passes: CasePasses) => number,
): Float64Array {
  const { cells } = sums
  const known = new Map<number, number>()
  const values = new Float64Array(places.length)
  for (let number = 0; number < places.length; number++) {
    const cell = (places[number] ?? 0) * width
    const repeats = cells[cell + CELL.runs] ?? 0
    const passes = cells[cell + CELL.passes] ?? 0
    const key = repeats * MOST_REPEATS + passes
    let value = known.get(key)
    if (value === undefined) {
      value = read({ repeats, passes })
      known.set(key, value)
    }
    values[number] = value
  }
  return values
}

function passAtK(passes: CasePasses, k: number): number {
  return passes.repeats < k ? Number.NaN : estimatePassAtK(passes, k)
}

function agreeInPasses(passes: CasePasses): number {
  return estimateConsistency(passes) ?? Number.NaN
}

/** Over the cases that have a value. */
function sumCells({ places, sums }: VariantStanding, values: Float64Array, width: number, at: number): number {
  let total = 0
  for (let number = 0; number < places.length; number++) {
    if (!Number.isNaN(values[number] ?? Number.NaN)) total += sums.cells[(places[number] ?? 0) * width + at] ?? 0
  }
  return total
}

function estimateShare(
  standing: VariantStanding,
  values: Float64Array,
  runs: number,
  level: number,
): MeanEstimate | null {
  const { clusters } = standing.frame
  const { weights, sums, cases } = gatherByCluster(standing.frame, values)
  const mean = estimateFromSums(weights, sums, weights === clusters.weights ? clusters.degrees_of_freedom : undefined)
  if (mean === null) return null
  // Rounding must not lead out of 0 to 1.
  const within = { ...mean, estimate: Math.min(1, Math.max(0, mean.estimate)) }
  return { estimate: within.estimate, ...clusteredMeanInterval(within, level), cases, clusters: mean.clusters, runs }
}

function describeCost(standing: VariantStanding, options: StatisticsOptions): MeanEstimate | null {
  const values = divideCells(standing, options, CELL.cost, CELL.cost_n, 1)
  const { weights, sums, cases } = gatherByCluster(standing.frame, values)
  const mean = estimateAmountMean(weights, sums, options.level)
  return mean === null ? null : { ...mean, cases, runs: sumCells(standing, values, options.width, CELL.cost_n) }
}

function describeLatency(standing: VariantStanding, options: StatisticsOptions): MeanEstimate | null {
  const values = divideCells(standing, options, CELL.duration, CELL.duration_n, 1)
  const clusters = standing.frame.local.filter((_, place) => !Number.isNaN(values[place] ?? Number.NaN))
  const known = values.filter(value => !Number.isNaN(value))
  const median = estimateClusteredMedian(known, clusters, options.level)
  if (median === null) return null
  return { ...median, cases: known.length, runs: sumCells(standing, values, options.width, CELL.duration_n) }
}
