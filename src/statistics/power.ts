import type { ClusterEstimate } from './clusters.ts'
import { requireLevel } from './level.ts'
import { recallTQuantile } from './student-t.ts'

export interface PowerOptions {
  /** How many comparisons are corrected for. Default 1. */
  comparisons?: number
  /** Of the two-sided test. Default 0.95. */
  level?: number
  /** How probable it shall be that the difference is found. Default 0.8. */
  power?: number
}

/**
 * The smallest true difference, as a positive number, that this experiment would have found with probability `power`:
 * (t(1 − α / 2m) + t(power)) · standard error, t with the degrees of freedom of the standard error (Bloom, "Minimum
 * detectable effects", Evaluation Review 19, 1995). α / m is the level of Holm's first step, so a family in which
 * other differences are decided finds somewhat smaller ones. Against the noncentral t distribution, which is exact, it is
 * right to 0.1 % from 10 degrees of freedom on for one comparison; for ten it is too small by 2 % at 10 degrees of
 * freedom and by 1 % at 19. At 3 it is too small by 2 % and 10 %.
 *
 * Null where no statement is possible: a single cluster, no spread between clusters, or a result above 1, which is more
 * than scores between 0 and 1 can differ.
 */
export function findDetectableDifference(difference: ClusterEstimate, options: PowerOptions = {}): number | null {
  const { comparisons = 1, level = 0.95, power = 0.8 } = options
  requireLevel(level)
  requireLevel(power, 'power')
  if (!Number.isInteger(comparisons) || comparisons < 1) {
    throw new RangeError(`comparisons must be whole and at least 1, not ${comparisons}`)
  }
  const { standard_error: error, degrees_of_freedom: degrees } = difference
  if (degrees === 0 || error === 0) return null
  const tail = (1 - level) / (2 * comparisons)
  const smallest = (recallTQuantile(power, degrees) - recallTQuantile(tail, degrees)) * error
  return smallest > 1 ? null : smallest
}
