/** Paired differences as answers show them. Pure. */
import { isPairDecided } from '#statistics/all-pairs.ts'
import { agreeWithVerdict, type Comparison, compareFamily } from '#statistics/multiple-comparisons.ts'
import { differenceInterval } from '#statistics/paired-difference.ts'
import { findDetectableDifference } from '#statistics/power.ts'
import type { ContestVariant } from './contest.ts'
import type { ShownDifference } from './leaderboard-schemas.ts'
import { pairStandings, type Ranks, type StandingDifference, type VariantStanding } from './standings.ts'

/** The differences of many variants to one, corrected for together. */
export interface ComparisonFamily {
  /** How many comparisons there are. */
  size: number
  /** By number of the variant. */
  differences: Map<number, ShownDifference>
}

export interface FamilyOptions {
  level: number
  /** Without p-values, verdicts and simultaneous intervals, which hold for one look at the end. */
  provisional: boolean
}

/** Compares variants with a baseline. There is none with itself, nor with one that is not ranked. */
export function compareWith(
  order: readonly { variant: ContestVariant; standing: VariantStanding }[],
  baseline: ContestVariant | null,
  options: FamilyOptions,
): ComparisonFamily {
  const base = order.find(({ variant }) => variant.variant_no === baseline?.variant_no)?.standing
  const paired = order.flatMap(({ variant, standing }) => {
    const difference = base === undefined || standing === base ? null : pairStandings(standing, base)
    return difference === null ? [] : [{ variant_no: variant.variant_no, difference }]
  })
  const shown = showFamily(
    paired.map(({ difference }) => difference),
    options,
  )
  const differences = new Map<number, ShownDifference>()
  for (const [index, { variant_no }] of paired.entries()) {
    const one = shown[index]
    if (one !== undefined) differences.set(variant_no, one)
  }
  return { size: paired.length, differences }
}

/** A family of differences, corrected for together, in their order. */
export function showFamily(differences: readonly StandingDifference[], options: FamilyOptions): ShownDifference[] {
  const { level, provisional } = options
  return compareFamily(differences, level).map((comparison, index) => {
    const { simultaneous, p_adjusted, verdict, cut_at_zero, estimate, interval, clusters } = comparison
    return {
      estimate,
      ...interval,
      simultaneous_low: provisional ? null : simultaneous.low,
      simultaneous_high: provisional ? null : simultaneous.high,
      cut_at_zero: !provisional && cut_at_zero,
      p_value: provisional ? null : p_adjusted,
      verdict: provisional ? null : verdict,
      detectable: provisional ? null : findDetectableDifference(comparison, { comparisons: differences.length, level }),
      family: differences.length,
      cases: differences[index]?.cases ?? 0,
      clusters,
    }
  })
}

/**
 * The difference of two ranked variants within the family of all pairs: its simultaneous interval and its verdict say
 * what the ranks say. It has no p-value: which pairs Holm's procedure decides is found without putting all in order. Null
 * where they share no case.
 */
export function showDifference(
  one: VariantStanding,
  other: VariantStanding,
  { ranks, level }: { ranks: Ranks | null; level: number },
): ShownDifference | null {
  const difference = pairStandings(one, other)
  if (difference === null) return null
  const family = Math.max(1, ranks?.table.strengths.length ?? 1)
  const places = [one, other].map(standing => ranks?.ranked.indexOf(standing) ?? -1)
  const [left = -1, right = -1] = places
  const sign = ranks === null || left < 0 || right < 0 ? 0 : isPairDecided(ranks.table, ranks.bound, left, right)
  const verdict: Comparison['verdict'] = sign > 0 ? 'better' : sign < 0 ? 'worse' : 'undecided'
  const raw = differenceInterval(difference, 1 - (1 - level) / family)
  const simultaneous = agreeWithVerdict(raw, verdict)
  return {
    estimate: difference.estimate,
    ...differenceInterval(difference, level),
    simultaneous_low: simultaneous.low,
    simultaneous_high: simultaneous.high,
    cut_at_zero: simultaneous.low !== raw.low || simultaneous.high !== raw.high,
    p_value: null,
    verdict,
    detectable: findDetectableDifference(difference, { comparisons: family, level }),
    family,
    cases: difference.cases,
    clusters: difference.clusters,
  }
}
