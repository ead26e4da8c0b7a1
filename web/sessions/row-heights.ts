/** The heights of many rows, with their sums in logarithmic time (a Fenwick tree). Pixels. */
export interface RowHeights {
  count: number
  total: () => number
  get: (row: number) => number
  /** @returns by how much the row grew. */
  set: (row: number, height: number) => number
  /** Where a row begins; of the row after the last, the total. */
  offsetOf: (row: number) => number
  /** The row at a place; the last one for a place behind all. */
  rowAt: (offset: number) => number
}

/** @param estimates one for each row; they hold until a row is measured. */
export function createHeights(estimates: ArrayLike<number>): RowHeights {
  const count = estimates.length
  const heights = Float64Array.from(estimates)
  const tree = new Float64Array(count + 1)
  for (let at = 1; at <= count; at++) {
    tree[at] = (tree[at] ?? 0) + (heights[at - 1] ?? 0)
    const parent = at + (at & -at)
    if (parent <= count) tree[parent] = (tree[parent] ?? 0) + (tree[at] ?? 0)
  }
  let top = 1
  while (top * 2 <= count) top *= 2
  const offsetOf = (row: number) => {
    let sum = 0
    for (let at = Math.min(row, count); at > 0; at -= at & -at) sum += tree[at] ?? 0
    return sum
  }
  return {
    count,
    total: () => offsetOf(count),
    get: row => heights[row] ?? 0,
    set: (row, height) => {
      const growth = height - (heights[row] ?? 0)
      if (growth === 0 || row >= count) return 0
      heights[row] = height
      for (let at = row + 1; at <= count; at += at & -at) tree[at] = (tree[at] ?? 0) + growth
      return growth
    },
    offsetOf,
    rowAt: offset => {
      let at = 0
      let left = offset
      for (let step = top; step > 0; step >>= 1) {
        const sum = tree[at + step]
        if (at + step <= count && sum !== undefined && sum <= left) {
          at += step
          left -= sum
        }
      }
      return Math.max(0, Math.min(at, count - 1))
    },
  }
}
