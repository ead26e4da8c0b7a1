/** What is known of one cluster, say all runs of cases that come from one session: their number and their total. */
export interface ClusterSum {
  /** How much the cluster counts: the number of its values, or the sum of their weights; not negative. */
  weight: number
  /** The sum of its values, each times its weight. */
  sum: number
}

export interface ClusterEstimate {
  estimate: number
  /** 0 when every cluster has the same mean, and with a single cluster, where nothing is known of the spread. */
  standard_error: number
  /** Of the t distribution that belongs to the standard error; 0 with a single cluster. */
  degrees_of_freedom: number
  /** Clusters whose weight is not 0. */
  clusters: number
}

/** Below this a standard error of values between −1 and 1 is what rounding leaves of equal values. */
export const ROUNDING = 1e-9

/**
 * The weighted mean Σ sums / Σ weights with its cluster-robust standard error, from one sum per cluster. Values of one
 * cluster may depend on each other in any way (repeats of a case, cases of a session); clusters must not.
 *
 * The variance is CR2 ("bias-reduced linearisation"), Σ rⱼ² / (1 − hⱼ) / W², with W = Σ wⱼ, the residual
 * rⱼ = sumⱼ − wⱼ · mean and the leverage hⱼ = wⱼ / W. The degrees of freedom are Satterthwaite's under independence:
 * W² / (Σ wⱼ² + Σ_{i≠j} aᵢaⱼ / W²) with aⱼ = wⱼ² / (1 − hⱼ). With equal weights they are G − 1, and the variance is the
 * usual G / (G − 1) · Σ rⱼ² / W² (CR1); with unequal ones they are fewer, which is what keeps the coverage.
 * Source: Bell & McCaffrey, "Bias reduction in standard errors for linear regression with multi-stage samples", Survey
 * Methodology 28, 2002; Pustejovsky & Tipton, Journal of Business & Economic Statistics 36, 2018, for a mean alone.
 *
 * Null without a cluster of positive weight. Throws a `RangeError` for weights that are negative or not finite, and for
 * sums that are not finite or larger than their weight (values lie between −1 and 1).
 */
export function estimateFromClusters(sums: Iterable<ClusterSum>): ClusterEstimate | null {
  const clusters = [...sums].filter(requireSum)
  return estimateFromSums(
    Float64Array.from(clusters, cluster => cluster.weight),
    Float64Array.from(clusters, cluster => cluster.sum),
  )
}

/**
 * `estimateFromClusters` for those who have many: weights, all positive, and sums at the same places. They are trusted, and
 * nothing is allocated.
 *
 * @param degrees of freedom, where `countDegrees` has told them already.
 */
export function estimateFromSums(weights: Float64Array, sums: Float64Array, degrees?: number): ClusterEstimate | null {
  const count = weights.length
  if (count === 0) return null
  let weight = 0
  let total = 0
  for (let place = 0; place < count; place++) {
    weight += weights[place] ?? 0
    total += sums[place] ?? 0
  }
  const estimate = total / weight
  if (count === 1) return { estimate, standard_error: 0, degrees_of_freedom: 0, clusters: 1 }
  let squares = 0
  for (let place = 0; place < count; place++) {
    const own = weights[place] ?? 0
    squares += ((sums[place] ?? 0) - own * estimate) ** 2 / (1 - own / weight)
  }
  const standardError = Math.sqrt(squares) / weight
  return {
    estimate,
    standard_error: standardError < ROUNDING ? 0 : standardError,
    degrees_of_freedom: degrees ?? countDegrees(weights, weight),
    clusters: count,
  }
}

/** Satterthwaite's degrees of freedom of a mean over at least two clusters of these weights, which add up to `weight`. */
export function countDegrees(weights: Float64Array, weight: number): number {
  let weightSquares = 0
  let leverages = 0
  let leverageSquares = 0
  for (const own of weights) {
    const leverage = own ** 2 / (1 - own / weight)
    weightSquares += own ** 2
    leverages += leverage
    leverageSquares += leverage ** 2
  }
  return weight ** 2 / (weightSquares + (leverages ** 2 - leverageSquares) / weight ** 2)
}

/**
 * How much of the population may differ from a sample of `clusters` clusters that are all alike, by an upper bound at
 * one-sided level 1 − `tail`: 1 − tail^(1/G). It is Clopper and Pearson's bound (Biometrika 26, 1934) for no success in
 * G draws; at tail 0.05 nearly 3 / G, the "rule of three".
 */
export function boundUnseen(clusters: number, tail: number): number {
  return 1 - tail ** (1 / clusters)
}

function requireSum({ weight, sum }: ClusterSum): boolean {
  if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`a weight must be finite and not negative, not ${weight}`)
  }
  if (!(Math.abs(sum) <= weight * (1 + ROUNDING))) {
    throw new RangeError(`values lie between -1 and 1: a cluster of weight ${weight} cannot have the sum ${sum}`)
  }
  return weight > 0
}
