/** Means of amounts that have no upper end, such as dollars. */
import { estimateFromSums } from './clusters.ts'
import { requireLevel } from './level.ts'
import { recallTQuantile } from './student-t.ts'

export interface AmountMean {
  estimate: number
  /** Both null with a single cluster, which says nothing about the spread. */
  low: number | null
  high: number | null
  clusters: number
}

/**
 * The mean of amounts that are not negative, with its cluster-robust interval: mean ± t(1 − α/2; degrees of freedom) ·
 * standard error as in `estimateFromClusters`, cut at 0. Weights (all positive) and sums of the clusters stand at the same
 * places. Where all clusters have the same mean the interval has no width: an amount has no upper end that an unseen
 * cluster could reach. Amounts are skewed; with few clusters the real coverage is below the level.
 *
 * Null without a cluster.
 */
export function estimateAmountMean(weights: Float64Array, sums: Float64Array, level = 0.95): AmountMean | null {
  requireLevel(level)
  // In units of the largest mean, so that the rounding that an error of 0 is known by is relative.
  const unit = weights.reduce((most, weight, place) => Math.max(most, (sums[place] ?? 0) / weight), 0)
  if (unit === 0) {
    const end = weights.length < 2 ? null : 0
    return weights.length === 0 ? null : { estimate: 0, low: end, high: end, clusters: weights.length }
  }
  const mean = estimateFromSums(
    weights,
    sums.map(sum => sum / unit),
  )
  if (mean === null) return null
  const { clusters } = mean
  const estimate = mean.estimate * unit
  if (clusters < 2) return { estimate, low: null, high: null, clusters }
  const error = mean.standard_error * unit
  const reach = error === 0 ? 0 : recallTQuantile((1 + level) / 2, mean.degrees_of_freedom) * error
  return { estimate, low: Math.max(0, estimate - reach), high: estimate + reach, clusters }
}
