import { clusteredMeanInterval, estimateClusteredMean } from './clustered-mean.ts'

/** A value and the cluster that it belongs to; clusters are numbered from 0. */
export interface ClusteredMedian {
  estimate: number
  low: number
  high: number
  clusters: number
}

/**
 * The median of values of any size with Woodruff's interval (Woodruff, "Confidence intervals for medians and other
 * position measures", Journal of the American Statistical Association 47, 1952): the interval of the share of values at or
 * below the median, by `clusteredMeanInterval`, read off the ordered values. It needs no assumption about their
 * distribution and does not leave their range.
 *
 * Of an even number of values the median is the mean of the middle two. `clusters` names each value's cluster. Null without
 * a value. With one cluster the interval is the whole range.
 */
export function estimateClusteredMedian(
  values: Float64Array,
  clusters: Int32Array,
  level = 0.95,
): ClusteredMedian | null {
  const count = values.length
  if (count === 0) return null
  const sorted = values.toSorted()
  const at = (place: number) => sorted[Math.min(count - 1, Math.max(0, place))] ?? 0
  const estimate = (at(Math.floor((count - 1) / 2)) + at(Math.floor(count / 2))) / 2
  const shares = new Map<number, { weight: number; sum: number }>()
  for (let place = 0; place < count; place++) {
    const cluster = clusters[place] ?? 0
    const share = shares.get(cluster) ?? { weight: 0, sum: 0 }
    share.weight++
    if ((values[place] ?? 0) <= estimate) share.sum++
    shares.set(cluster, share)
  }
  const share = estimateClusteredMean(shares.values())
  if (share === null) return null
  const { low, high } = clusteredMeanInterval(share, level)
  // The share at the median is 1/2 or, with ties, above; its interval is moved down by that excess.
  const excess = share.estimate - 0.5
  return {
    estimate,
    low: Math.min(estimate, at(Math.ceil((low - excess) * count) - 1)),
    high: Math.max(estimate, at(Math.ceil((high - excess) * count) - 1)),
    clusters: shares.size,
  }
}
