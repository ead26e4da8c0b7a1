/** Which weight would change the winner. Pure. */

export interface WeighedVariant {
  variant_no: number
  /** The mean of each scorer that counts, over the same cases as the weighted mean. */
  means: readonly number[]
}

/** From which weight of one scorer on, the others' staying as they are, another variant has the highest mean. */
export interface WeightTurn {
  weight: number
  variant_no: number
}

export interface WeightSensitivity {
  /** Place in `weights`. */
  place: number
  weight: number
  /** The nearest weight below the present one, and above; null where none changes the winner. */
  below: WeightTurn | null
  above: WeightTurn | null
}

/**
 * For each scorer the nearest weights at which the first variant would no longer have the highest weighted mean. The
 * weighted mean is linear in the weights up to their sum, so two variants are level where Σ weight · (difference of means)
 * is 0, which for one weight alone is a single point; it is exact. Only weights that are not negative are looked at. At the
 * weight itself the two are level, beyond it the other one leads.
 *
 * `variants[0]` must have the highest weighted mean.
 */
export function findWeightTurns(variants: readonly WeighedVariant[], weights: readonly number[]): WeightSensitivity[] {
  const [winner, ...others] = variants
  return weights.map((weight, place) => {
    let below: WeightTurn | null = null
    let above: WeightTurn | null = null
    for (const { variant_no, means } of winner === undefined ? [] : others) {
      const gaps = weights.map((_, at) => (winner?.means[at] ?? 0) - (means[at] ?? 0))
      const own = gaps[place] ?? 0
      if (own === 0) continue
      const rest = gaps.reduce((sum, gap, at) => (at === place ? sum : sum + gap * (weights[at] ?? 0)), 0)
      const turn = -rest / own
      if (!(turn >= 0) || turn > MOST_WEIGHT) continue
      // Where the winner leads in this scorer, a smaller weight takes its lead; otherwise a larger one does.
      if (own > 0 && turn <= weight && turn > (below?.weight ?? -1)) below = { weight: turn, variant_no }
      if (own < 0 && turn >= weight && turn < (above?.weight ?? Number.POSITIVE_INFINITY))
        above = { weight: turn, variant_no }
    }
    // At 0 the two are only level, and less there is not.
    return { place, weight, below: below?.weight === 0 ? null : below, above }
  })
}

const MOST_WEIGHT = 1e9
