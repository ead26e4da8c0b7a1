import { boundUnseen, type ClusterEstimate, type ClusterSum, estimateFromClusters } from './clusters.ts'
import { requireLevel } from './level.ts'
import { recallTQuantile, studentTCdf } from './student-t.ts'

/** The mean score of one variant on one case, over the case's repeats. */
export interface CaseScore {
  case_id: string
  /** What the case came from; cases of one cluster may depend on each other. */
  cluster: string
  /** 0 to 1. */
  score: number
}

export interface PairedScores {
  /** Per cluster the number of pairs and the sum of their differences. */
  clusters: ClusterSum[]
  pairs: number
  /** Cases of which only one side has a score; they are left out. */
  unpaired: number
}

export interface PairedDifference extends ClusterEstimate {
  /** Mean score of the variant minus that of the baseline, −1 to 1. */
  estimate: number
  /** Two-sided, of the hypothesis that the true difference is 0. */
  p_value: number
}

export interface DifferenceInterval {
  low: number
  high: number
}

/**
 * Pairs a variant's scores with a baseline's by case, so that the difficulty of a case, which both share, does not blur
 * the difference. Every case weighs the same. The cluster is the one that the variant's side names.
 *
 * Throws a `RangeError` when a case stands twice on one side, or a score is not between 0 and 1.
 */
export function pairScores(variant: Iterable<CaseScore>, baseline: Iterable<CaseScore>): PairedScores {
  const others = indexByCase(baseline)
  const own = indexByCase(variant)
  const clusters = new Map<string, ClusterSum>()
  let pairs = 0
  for (const { case_id, cluster, score } of own.values()) {
    const other = others.get(case_id)
    if (other === undefined) continue
    const sums = clusters.get(cluster) ?? { weight: 0, sum: 0 }
    clusters.set(cluster, { weight: sums.weight + 1, sum: sums.sum + score - other.score })
    pairs++
  }
  return { clusters: [...clusters.values()], pairs, unpaired: own.size + others.size - 2 * pairs }
}

/**
 * The mean of paired differences with its cluster-robust standard error (`estimateFromClusters`) and the p-value of
 * Student's t test on it (for evaluations of models: Miller, "Adding error bars to evals", arXiv 2411.00640, 2024).
 *
 * Where every cluster has the same mean difference d there is no spread to test with. The p-value is then that at which
 * `differenceInterval` stops holding 0: 2 / (1 + |d|)^G, at most 1; so 1 when nothing differs. With one cluster it is 1.
 * Null without a pair.
 */
export function estimatePairedDifference(clusters: Iterable<ClusterSum>): PairedDifference | null {
  const estimate = estimateFromClusters(clusters)
  return estimate === null ? null : { ...estimate, p_value: findDifferencePValue(estimate) }
}

/** The two-sided p-value of a difference, see `estimatePairedDifference`. */
export function findDifferencePValue(difference: ClusterEstimate): number {
  const { estimate, standard_error: error, degrees_of_freedom: degrees, clusters } = difference
  if (clusters < 2) return 1
  if (error === 0) return Math.min(1, 2 / (1 + Math.abs(estimate)) ** clusters)
  return 2 * studentTCdf(-Math.abs(estimate) / error, degrees)
}

/**
 * The two-sided interval of a paired difference: estimate ± t(1 − α/2; degrees of freedom) · standard error, cut at −1
 * and 1. It holds 0 exactly when the p-value is above 1 − `level`.
 *
 * It is never without width. Where every cluster has the same mean difference d it goes from d − q(1 + d) to
 * d + q(1 − d), with q = `boundUnseen(G, α/2)`: as if the clusters that were not seen, as many as there may be, differed by
 * as much as is possible. With one cluster it is −1 to 1.
 */
export function differenceInterval(difference: ClusterEstimate, level = 0.95): DifferenceInterval {
  requireLevel(level)
  const { estimate: d, standard_error: error, degrees_of_freedom: degrees, clusters } = difference
  if (clusters < 2) return { low: -1, high: 1 }
  if (error === 0) {
    const unseen = boundUnseen(clusters, (1 - level) / 2)
    return { low: d - unseen * (1 + d), high: d + unseen * (1 - d) }
  }
  const reach = recallTQuantile((1 + level) / 2, degrees) * error
  return { low: Math.max(-1, d - reach), high: Math.min(1, d + reach) }
}

function indexByCase(scores: Iterable<CaseScore>): Map<string, CaseScore> {
  const byCase = new Map<string, CaseScore>()
  for (const score of scores) {
    if (!(score.score >= 0 && score.score <= 1)) {
      throw new RangeError(`the score of case ${score.case_id} must lie between 0 and 1, not ${score.score}`)
    }
    if (byCase.has(score.case_id)) throw new RangeError(`case ${score.case_id} stands twice on one side`)
    byCase.set(score.case_id, score)
  }
  return byCase
}
