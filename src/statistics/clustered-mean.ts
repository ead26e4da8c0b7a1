import { betaQuantile } from './beta-quantile.ts'
import { boundUnseen, type ClusterEstimate, type ClusterSum, estimateFromClusters } from './clusters.ts'
import { requireLevel } from './level.ts'
import { recallTQuantile } from './student-t.ts'

export interface ClusteredMean extends ClusterEstimate {
  /** 0 to 1, as the values. */
  estimate: number
}

export interface ScoreInterval {
  low: number
  high: number
}

/** Nearer than this to 0 or 1 the mean's interval is Korn and Graubard's, elsewhere Wilson's. */
const EDGE = 0.15
/** Degrees of freedom at which Student's t is the normal distribution to seven digits. */
const MANY_DEGREES = 1e6

/**
 * The weighted mean of scores between 0 and 1 with its cluster-robust standard error, see `estimateFromClusters`. The
 * scores of a failed run are zeros in the sums, not gaps.
 *
 * Null without a score. Throws a `RangeError` for sums that no scores between 0 and 1 can have.
 */
export function estimateClusteredMean(sums: Iterable<ClusterSum>): ClusteredMean | null {
  const clusters = [...sums]
  const negative = clusters.find(({ sum }) => sum < 0)
  if (negative !== undefined) throw new RangeError(`scores lie between 0 and 1; their sum cannot be ${negative.sum}`)
  const estimate = estimateFromClusters(clusters)
  return estimate === null ? null : { ...estimate, estimate: Math.min(1, estimate.estimate) }
}

/**
 * The two-sided interval of a mean of scores between 0 and 1; never without width, never outside 0 to 1.
 *
 * The mean m and its standard error s are those of a share observed in n = m(1 − m) / s² independent draws (the effective
 * sample size); with t = t(1 − α/2; degrees of freedom):
 * - at least 0.15 away from 0 and 1: Wilson's score interval of that share with t in the place of z
 *   (Wilson, Journal of the American Statistical Association 22, 1927; on complex samples Franco, Little, Louis & Slud,
 *   Journal of Survey Statistics and Methodology 7, 2019);
 * - nearer: Clopper and Pearson's with n · (z / t)² draws (Korn & Graubard, Survey Methodology 24, 1998);
 * - every cluster has the same mean: from m(1 − q) to m + q(1 − m), where q is the share of clusters that may be unlike
 *   those seen, `boundUnseen(G, α/2)`; for m of 0 or 1 that is Clopper and Pearson's with G draws;
 * - one cluster: 0 to 1, since nothing is known.
 *
 * Coverage of the 95 % interval, simulated (`test/statistics-clustered-mean.test.ts` repeats it) for clusters of 1 to 10
 * cases with an intra-cluster correlation of 0.1: with 20 clusters and more 94 to 96 % at means from 0.5 to 0.9, for
 * graded scores and for pass or fail. At 0.95 and 20 clusters, where the few clusters with a failure decide, 93.5 to 94 %
 * for graded scores and 99 % for pass or fail; with 50 clusters 94.5 to 96.5 %. With 10 clusters 93 to 98 % at means up to
 * 0.9, at 0.95 91 % (graded) and 99 % (pass or fail). Stronger correlation costs more: at 0.2, 20 clusters and a mean
 * of 0.95 it is 90 % for graded scores.
 */
export function clusteredMeanInterval(mean: ClusteredMean, level = 0.95): ScoreInterval {
  requireLevel(level)
  const { estimate: m, standard_error: error, degrees_of_freedom: degrees, clusters } = mean
  if (clusters < 2) return { low: 0, high: 1 }
  if (error === 0 || m <= 0 || m >= 1) {
    const unseen = boundUnseen(clusters, (1 - level) / 2)
    return { low: m * (1 - unseen), high: m + unseen * (1 - m) }
  }
  const t = recallTQuantile((1 + level) / 2, degrees)
  const draws = (m * (1 - m)) / error ** 2
  if (Math.min(m, 1 - m) >= EDGE) return findWilsonInterval(m, draws, t)
  const z = recallTQuantile((1 + level) / 2, MANY_DEGREES)
  return findExactInterval(m, draws * (z / t) ** 2, (1 - level) / 2)
}

function findWilsonInterval(share: number, draws: number, t: number): ScoreInterval {
  const shrink = 1 + t ** 2 / draws
  const centre = (share + t ** 2 / (2 * draws)) / shrink
  const reach = (t / shrink) * Math.sqrt((share * (1 - share)) / draws + (t / (2 * draws)) ** 2)
  return { low: Math.max(0, centre - reach), high: Math.min(1, centre + reach) }
}

/** Clopper and Pearson's interval of a share, whose number of draws need not be whole, by quantiles of beta. */
function findExactInterval(share: number, draws: number, tail: number): ScoreInterval {
  const successes = share * draws
  const failures = draws - successes
  return {
    low: betaQuantile(tail, successes, failures + 1),
    high: betaQuantile(1 - tail, successes + 1, failures),
  }
}
