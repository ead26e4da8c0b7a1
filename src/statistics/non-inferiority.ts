import { requireLevel } from './level.ts'
import { differenceInterval, type PairedDifference } from './paired-difference.ts'

export interface NonInferiority {
  /** `pass`: not worse by the margin or more; `fail`: worse by more than the margin; `open`: the data can't say. */
  outcome: 'pass' | 'fail' | 'open'
  /** What a command that asks this ends with; 3 and more are left to what goes wrong before there is an answer. */
  exit_code: 0 | 1 | 2
  /** The one-sided bounds of variant minus baseline, each at the level. */
  lower_bound: number
  upper_bound: number
  margin: number
}

/**
 * Whether a variant may replace a baseline: the test of non-inferiority of their paired difference (variant − baseline)
 * with a margin, by one-sided bounds (confidence limits as in Schuirmann, Journal of Pharmacokinetics and
 * Biopharmaceutics 15, 1987; Wellek, "Testing Statistical Hypotheses of Equivalence and Noninferiority", 2010):
 * - `pass`, exit code 0: the lower bound lies above −margin;
 * - `fail`, exit code 1: the upper bound lies below −margin;
 * - `open`, exit code 2: −margin lies between them, bounds included, so more cases are needed.
 *
 * The bounds are the ends of the two-sided interval at 2 · level − 1, so 90 % for the usual 95 %: a variant that is worse
 * by the margin passes with a probability of 5 % at most, and one that is, fails with 5 % at most. With one cluster every
 * margin below 1 is `open`.
 *
 * Throws a `RangeError` unless 0 ≤ margin ≤ 1 and ½ < level < 1.
 */
export function judgeNonInferiority(difference: PairedDifference, margin: number, level = 0.95): NonInferiority {
  requireLevel(level)
  if (level <= 0.5) throw new RangeError(`level must lie above a half, not ${level}`)
  if (!(margin >= 0 && margin <= 1)) throw new RangeError(`margin must lie between 0 and 1, not ${margin}`)
  const { low, high } = differenceInterval(difference, 2 * level - 1)
  const answer = low > -margin ? PASS : high < -margin ? FAIL : OPEN
  return { ...answer, lower_bound: low, upper_bound: high, margin }
}

const PASS = { outcome: 'pass', exit_code: 0 } as const
const FAIL = { outcome: 'fail', exit_code: 1 } as const
const OPEN = { outcome: 'open', exit_code: 2 } as const
