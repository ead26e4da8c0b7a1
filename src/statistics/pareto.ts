/** What a variant is judged by; more quality is better, less of the others. */
export interface Tradeoff {
  quality: number
  /** Null where it is not known, say without a price. */
  cost: number | null
  latency: number | null
}

/**
 * Which of the variants are on the Pareto front: no other one is at least as good in everything and better in something
 * (Pareto dominance; Ehrgott, "Multicriteria Optimization", 2005, definition 2.1). Equal ones are on it together.
 *
 * A dimension that is null for any of them is left out for all, since an unknown cost can neither win nor lose; the answer
 * names the dimensions that counted. NaN is refused with a `RangeError`.
 */
export function findParetoFront(variants: readonly Tradeoff[]): { on_front: boolean[]; counted: (keyof Tradeoff)[] } {
  const counted = DIMENSIONS.filter(dimension => variants.every(variant => variant[dimension] !== null))
  const points = variants.map(variant =>
    counted.map(dimension => {
      const value = variant[dimension] ?? 0
      if (Number.isNaN(value)) throw new RangeError(`${dimension} must be a number`)
      return dimension === 'quality' ? value : -value
    }),
  )
  // By quality first: what is dominated is so by one of the front before it, since dominance is transitive.
  const order = points.map((_, index) => index).sort((one, other) => compareQuality(points[one], points[other]))
  const front: number[] = []
  for (const index of order) {
    const point = points[index] ?? []
    if (!front.some(other => dominates(points[other] ?? [], point))) front.push(index)
  }
  const onFront = new Set(front)
  return { on_front: points.map((_, index) => onFront.has(index)), counted }
}

/** The better one first, dimension by dimension: one that dominates another stands before it. */
function compareQuality(one: readonly number[] = [], other: readonly number[] = []): number {
  for (const [index, value] of one.entries()) if (value !== other[index]) return (other[index] ?? 0) - value
  return 0
}

const DIMENSIONS = ['quality', 'cost', 'latency'] as const

function dominates(one: readonly number[], other: readonly number[]): boolean {
  const nowhereWorse = one.every((value, index) => value >= (other[index] ?? 0))
  return nowhereWorse && one.some((value, index) => value > (other[index] ?? 0))
}
