/** The repeats of one case: how many there were, and how many of them passed. */
export interface CasePasses {
  repeats: number
  passes: number
}

/**
 * The probability that at least one of `k` repeats of a case passes, from n repeats of which c passed, without bias:
 * 1 − C(n − c, k) / C(n, k) (Chen et al., "Evaluating large language models trained on code", arXiv 2107.03374, 2021,
 * equation 1). 1 − (1 − c/n)^k would be too low.
 *
 * Throws a `RangeError` unless 1 ≤ k ≤ n and 0 ≤ c ≤ n, all whole.
 */
export function estimatePassAtK(passes: CasePasses, k: number): number {
  requirePasses(passes)
  requireDraws(k, passes.repeats)
  return 1 - chooseRatio(passes.repeats - passes.passes, passes.repeats, k)
}

/**
 * The probability that all of `k` repeats of a case pass, "pass^k", without bias: C(c, k) / C(n, k) (Yao, Shinn, Razavi &
 * Narasimhan, "τ-bench", arXiv 2406.12045, 2024, section 4). For k = 1 it is the share of passes.
 *
 * Throws a `RangeError` unless 1 ≤ k ≤ n and 0 ≤ c ≤ n, all whole.
 */
export function estimatePassAllK(passes: CasePasses, k: number): number {
  requirePasses(passes)
  requireDraws(k, passes.repeats)
  return chooseRatio(passes.passes, passes.repeats, k)
}

/**
 * How consistent the repeats of a case are: the probability that two different repeats agree, both pass or both fail,
 * (c(c − 1) + (n − c)(n − c − 1)) / (n(n − 1)), without bias (the agreement within one item of Fleiss, "Measuring nominal
 * scale agreement among many raters", Psychological Bulletin 76, 1971). Null for fewer than two repeats.
 */
export function estimateConsistency(passes: CasePasses): number | null {
  requirePasses(passes)
  const { repeats: n, passes: c } = passes
  return n < 2 ? null : (c * (c - 1) + (n - c) * (n - c - 1)) / (n * (n - 1))
}

/** C(from, k) / C(all, k) as a product of k ratios of at most 1, which neither overflows nor loses digits. */
function chooseRatio(from: number, all: number, k: number): number {
  let ratio = 1
  for (let taken = 0; taken < k && ratio > 0; taken++) ratio *= Math.max(0, from - taken) / (all - taken)
  return ratio
}

function requirePasses({ repeats, passes }: CasePasses): void {
  const whole = Number.isSafeInteger(repeats) && Number.isSafeInteger(passes)
  if (!whole || passes < 0 || passes > repeats)
    throw new RangeError(`there are no ${passes} passes in ${repeats} repeats`)
}

function requireDraws(k: number, repeats: number): void {
  if (!Number.isInteger(k) || k < 1 || k > repeats) {
    throw new RangeError(`k must be whole and from 1 to the number of repeats, ${repeats}, not ${k}`)
  }
}
