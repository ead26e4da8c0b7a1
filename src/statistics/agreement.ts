/** The values that raters gave to one unit; a rater who gave none is left out. */
export type RatedUnit = readonly string[]

/**
 * Of all pairs of values that different raters gave to the same unit, how many are equal, in percent; with two raters the
 * share of units on which they agree. Null when no unit has two values.
 *
 * @param times how often each unit occurs; by default once.
 */
export function computePercentAgreement(units: readonly RatedUnit[], times?: readonly number[]): number | null {
  let pairs = 0
  let equal = 0
  for (const [index, unit] of units.entries()) {
    const weight = times?.[index] ?? 1
    pairs += (weight * unit.length * (unit.length - 1)) / 2
    for (const n of countValues(unit).values()) equal += (weight * n * (n - 1)) / 2
  }
  return pairs === 0 ? null : (100 * equal) / pairs
}

/**
 * Krippendorff's α for nominal data (Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011, section C):
 * 1 − Dₒ / Dₑ, from the coincidences of values within units. Any number of raters; units with a single value drop out.
 *
 * Null where it is not defined: nothing is paired, or every paired value is the same, so that no disagreement could have
 * been expected.
 *
 * @param times how often each unit occurs; by default once.
 */
export function computeAlpha(units: readonly RatedUnit[], times?: readonly number[]): number | null {
  const totals = new Map<string, number>()
  let n = 0
  let observed = 0
  for (const [index, unit] of units.entries()) {
    if (unit.length < 2) continue
    const weight = times?.[index] ?? 1
    n += weight * unit.length
    let equal = 0
    for (const [value, count] of countValues(unit)) {
      totals.set(value, (totals.get(value) ?? 0) + weight * count)
      equal += count * (count - 1)
    }
    observed += (weight * (unit.length * (unit.length - 1) - equal)) / (unit.length - 1)
  }
  let expected = n * (n - 1)
  for (const total of totals.values()) expected -= total * (total - 1)
  return expected === 0 ? null : 1 - ((n - 1) * observed) / expected
}

/**
 * Cohen's κ of two raters (Cohen, "A coefficient of agreement for nominal scales", 1960): (pₒ − pₑ) / (1 − pₑ), with each
 * rater's own frequencies in pₑ. A pair is the values of rater one and rater two on one unit.
 *
 * Null where it is not defined: no pairs, or both gave one and the same value throughout.
 */
export function computeKappa(pairs: readonly (readonly [string, string])[]): number | null {
  const n = pairs.length
  const [first, second] = [countValues(pairs.map(pair => pair[0])), countValues(pairs.map(pair => pair[1]))]
  let chance = 0
  for (const [value, count] of first) chance += count * (second.get(value) ?? 0)
  const equal = pairs.filter(pair => pair[0] === pair[1]).length
  // In whole numbers until the last step, so that a κ of 0 or 1 is exactly that.
  return chance === n * n ? null : (n * equal - chance) / (n * n - chance)
}

function countValues(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}
