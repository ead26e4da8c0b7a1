import { requireLevel } from './level.ts'
import { type DifferenceInterval, differenceInterval, type PairedDifference } from './paired-difference.ts'

export interface Comparison extends PairedDifference {
  /** Holm's, over the whole family. */
  p_adjusted: number
  /** For this difference alone. */
  interval: DifferenceInterval
  /** For all differences of the family together. */
  simultaneous: DifferenceInterval
  /** Whether an end of `simultaneous` was moved to 0, because Holm decides what Bonferroni leaves open. */
  cut_at_zero: boolean
  /** `better` or `worse` when `p_adjusted` is at most 1 − level; by the sign of the estimate. */
  verdict: 'better' | 'worse' | 'undecided'
}

/** That one variant is significantly better than another. */
export interface PairDecision {
  better: string
  worse: string
}

export interface RankRange {
  variant: string
  /** 1 is the first place. */
  best: number
  worst: number
}

/**
 * Holm's step-down adjustment: the i-th smallest of m p-values becomes the largest (m − j + 1) · p₍ⱼ₎ for j ≤ i, at most 1.
 * Deciding by "adjusted ≤ α" keeps the probability of any wrong rejection at α or below, however the tests depend on each
 * other (Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979; the
 * same as `p.adjust(method = "holm")` in R). The order of the p-values is kept.
 */
export function adjustHolm(pValues: readonly number[]): number[] {
  const adjusted: number[] = new Array(pValues.length).fill(1)
  let highest = 0
  const order = pValues.map((p, index) => ({ p, index })).sort((one, other) => one.p - other.p)
  for (const [rank, { p, index }] of order.entries()) {
    if (!(p >= 0 && p <= 1)) throw new RangeError(`a p-value must lie between 0 and 1, not ${p}`)
    highest = Math.max(highest, Math.min(1, (pValues.length - rank) * p))
    adjusted[index] = highest
  }
  return adjusted
}

/**
 * The comparisons of one family, say all variants with one baseline: p-values by Holm, and intervals for all together
 * that say the same: an interval leaves out 0 exactly when the adjusted p-value is at most 1 − `level`.
 *
 * The intervals are Bonferroni's, each at 1 − (1 − level) / m, so that all m hold together with `level`. Holm decides
 * more than they do; then the end that reached over 0 is moved to 0, which counts as left out (`cut_at_zero`). Intervals
 * that belong to Holm's method in the strict sense exist, but they say nothing of a difference that was decided beyond
 * its sign (Strassburger & Bretz, Statistics in Medicine 27, 2008; Guilbaud, Biometrical Journal 50, 2008). The price of
 * saying more: decisions hold together with `level`, uncut intervals hold together with `level`, and both at once with
 * 1 − (1 − level)(2 − 1/m) at the worst (a single true zero among large differences).
 */
export function compareFamily(differences: readonly PairedDifference[], level = 0.95): Comparison[] {
  requireLevel(level)
  const adjusted = adjustHolm(differences.map(difference => difference.p_value))
  const familyLevel = 1 - (1 - level) / Math.max(1, differences.length)
  return differences.map((difference, index) => {
    const p_adjusted = adjusted[index] ?? 1
    const verdict = p_adjusted > 1 - level ? 'undecided' : difference.estimate > 0 ? 'better' : 'worse'
    const raw = differenceInterval(difference, familyLevel)
    const simultaneous = agreeWithVerdict(raw, verdict)
    const cut_at_zero = simultaneous.low !== raw.low || simultaneous.high !== raw.high
    const interval = differenceInterval(difference, level)
    return { ...difference, p_adjusted, interval, simultaneous, cut_at_zero, verdict }
  })
}

/**
 * The ranks that a variant may have, from 1 + (how many are significantly better) to k − (how many are significantly
 * worse). With decisions of one family over all pairs, all ranges hold together at the family's level (compare
 * Mogstad, Romano, Shaikh & Wilhelm, "Inference for ranks", Review of Economic Studies 91, 2024). A pair counts once.
 *
 * Throws a `RangeError` for a decision about a variant that is not in the list, or against itself.
 */
export function findRankRanges(variants: readonly string[], decisions: Iterable<PairDecision>): RankRange[] {
  const betters = new Map(variants.map(variant => [variant, new Set<string>()]))
  const worses = new Map(variants.map(variant => [variant, new Set<string>()]))
  for (const { better, worse } of decisions) {
    const [above, below] = [betters.get(worse), worses.get(better)]
    if (above === undefined || below === undefined || better === worse) {
      throw new RangeError(`"${better}" over "${worse}" is no decision between two of these variants`)
    }
    above.add(better)
    below.add(worse)
  }
  return variants.map(variant => ({
    variant,
    best: 1 + (betters.get(variant)?.size ?? 0),
    worst: variants.length - (worses.get(variant)?.size ?? 0),
  }))
}

/**
 * The interval with the end that contradicts the verdict moved to 0, see `compareFamily`. This also undoes what rounding may
 * do to an interval that ends very near 0.
 */
export function agreeWithVerdict(
  { low, high }: DifferenceInterval,
  verdict: Comparison['verdict'],
): DifferenceInterval {
  if (verdict === 'better') return { low: Math.max(0, low), high }
  if (verdict === 'worse') return { low, high: Math.min(0, high) }
  return { low: Math.min(0, low), high: Math.max(0, high) }
}
