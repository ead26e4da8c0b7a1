/** What a leaderboard says of one variant: means with intervals over its cases. Pure. */
import { estimateAmountMean } from '#statistics/amount-mean.ts'
import { clusteredMeanInterval } from '#statistics/clustered-mean.ts'
import { estimateClusteredMedian } from '#statistics/clustered-median.ts'
import { estimateFromSums } from '#statistics/clusters.ts'
import { estimateConsistency, estimatePassAtK } from '#statistics/pass-at-k.ts'
import { gatherByCluster } from './case-frames.ts'
import { CELL, GRADE_UNIT } from './case-sums.ts'
import type { VariantStanding } from './standings.ts'

/** A number with its interval, and what it is made of. */
export interface Estimate {
  estimate: number
  /** Null where nothing is known of the spread. */
  low: number | null
  high: number | null
  cases: number
  clusters: number
  runs: number
}

export interface VariantStatistics {
  weighted: Estimate | null
  /** By place in `grades`. */
  scorers: (Estimate | null)[]
  pass_at_k: Estimate | null
  consistency: Estimate | null
  cost_usd: Estimate | null
  latency_p50_ms: Estimate | null
}

export interface StatisticsOptions {
  level: number
  /** Of pass@k; cases with fewer runs are left out of it. */
  k: number
  /** How many scorers there are, and how many numbers a cell takes; see `Picture`. */
  scorers: number
  width: number
}

/**
 * All statistics of one variant. Every case weighs the same; its value is the mean over its runs. Intervals are
 * clustered by the cases' source. Cases without a value (no grade of a scorer, fewer runs than k, no known price) are left
 * out, as `cases` tells; null where none is left.
 */
export function describeVariant(standing: VariantStanding, options: StatisticsOptions): VariantStatistics {
  const { level, k, scorers, width } = options
  const { cells } = standing.sums
  const share = (read: CellReader, runsAt: number) => {
    const values = mapCells(standing, width, read)
    return estimateShare(standing, values, sumCells(standing, values, width, runsAt), level)
  }
  const repeats = (cell: number) => ({
    repeats: cells[cell + CELL.runs] ?? 0,
    passes: cells[cell + CELL.passes] ?? 0,
  })
  const ratio = (above: number, below: number) => (cell: number) => {
    const n = cells[cell + below] ?? 0
    return n > 0 ? (cells[cell + above] ?? 0) / n : Number.NaN
  }
  return {
    weighted: standing.mean === null ? null : estimateShare(standing, standing.scores, standing.runs, level),
    scorers: Array.from({ length: scorers }, (_, scorer) => {
      const n = CELL.grades + scorer
      const grade = ratio(n + scorers, n)
      return share(cell => Math.min(1, grade(cell) * GRADE_UNIT), n)
    }),
    pass_at_k:
      standing.mean === null
        ? null
        : share(cell => (repeats(cell).repeats < k ? Number.NaN : estimatePassAtK(repeats(cell), k)), CELL.runs),
    consistency:
      standing.mean === null ? null : share(cell => estimateConsistency(repeats(cell)) ?? Number.NaN, CELL.runs),
    cost_usd: estimateCost(standing, mapCells(standing, width, ratio(CELL.cost, CELL.cost_n)), options),
    latency_p50_ms: estimateLatency(
      standing,
      mapCells(standing, width, ratio(CELL.duration, CELL.duration_n)),
      options,
    ),
  }
}

/** A case's value by where its cell begins; NaN if it has none. */
type CellReader = (cell: number) => number

function mapCells({ places }: VariantStanding, width: number, read: CellReader): Float64Array {
  const values = new Float64Array(places.length)
  for (let number = 0; number < places.length; number++) values[number] = read((places[number] ?? 0) * width)
  return values
}

/** Over the cases that have a value. */
function sumCells({ places, sums }: VariantStanding, values: Float64Array, width: number, at: number): number {
  let total = 0
  for (let number = 0; number < places.length; number++) {
    if (!Number.isNaN(values[number] ?? Number.NaN)) total += sums.cells[(places[number] ?? 0) * width + at] ?? 0
  }
  return total
}

function estimateShare(standing: VariantStanding, values: Float64Array, runs: number, level: number): Estimate | null {
  const { weights, sums, cases } = gatherByCluster(standing.frame, values)
  const mean = estimateFromSums(weights, sums)
  if (mean === null) return null
  const within = { ...mean, estimate: Math.min(1, Math.max(0, mean.estimate)) }
  return { estimate: within.estimate, ...clusteredMeanInterval(within, level), cases, clusters: mean.clusters, runs }
}

function estimateCost(standing: VariantStanding, values: Float64Array, options: StatisticsOptions): Estimate | null {
  const { weights, sums, cases } = gatherByCluster(standing.frame, values)
  const mean = estimateAmountMean(weights, sums, options.level)
  return mean === null ? null : { ...mean, cases, runs: sumCells(standing, values, options.width, CELL.cost_n) }
}

function estimateLatency(standing: VariantStanding, values: Float64Array, options: StatisticsOptions): Estimate | null {
  const clusters = standing.frame.local.filter((_, place) => !Number.isNaN(values[place] ?? Number.NaN))
  const known = values.filter(value => !Number.isNaN(value))
  const median = estimateClusteredMedian(known, clusters, options.level)
  if (median === null) return null
  return { ...median, cases: known.length, runs: sumCells(standing, values, options.width, CELL.duration_n) }
}
