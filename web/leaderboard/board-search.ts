/** What the address says of a leaderboard: what is compared with what, what is open and picked. */
export interface BoardSearch {
  /** The number of the variant that the others are compared with; the experiment's own where it is left out. */
  baseline?: number
  split?: 'all' | 'train' | 'test'
  /** Of pass@k. */
  k?: number
  /** How many variants are listed. */
  shown?: number
  /** The variant that is open beside the table. */
  peek?: number
  /** Variants that are picked, as `1,3`. */
  pick?: string
}

export interface MatrixSearch {
  /** The variants that are shown, as `1,3`; the best where it is left out. */
  v?: string
  split?: 'train' | 'test'
  show?: 'failed' | 'differ'
}

export interface CompareSearch {
  a?: number
  b?: number
  show?: 'regressed' | 'improved' | 'same'
  split?: 'train' | 'test'
}

type Given = { [name: string]: unknown }

export const FIRST_SHOWN = 100
export const MOST_SHOWN = 1_000
const MOST_PICKED = 4

/** Reads the address of a leaderboard; what it cannot mean is left out. */
export function readBoardSearch(given: Given): BoardSearch {
  const split = (['all', 'train', 'test'] as const).find(one => one === given.split)
  const [baseline, k, shown, peek] = [given.baseline, given.k, given.shown, given.peek].map(readWhole)
  const pick = listVariants(given.pick)
  return {
    ...(baseline ? { baseline } : {}),
    ...(split ? { split } : {}),
    ...(k && k > 1 && k <= 1_000 ? { k } : {}),
    ...(shown && shown > FIRST_SHOWN && shown <= MOST_SHOWN ? { shown } : {}),
    ...(peek ? { peek } : {}),
    ...(pick.length > 0 ? { pick: pick.join() } : {}),
  }
}

/** Reads the address of a matrix. */
export function readMatrixSearch(given: Given): MatrixSearch {
  const v = listVariants(given.v)
  const split = (['train', 'test'] as const).find(one => one === given.split)
  const show = (['failed', 'differ'] as const).find(one => one === given.show)
  return { ...(v.length > 0 ? { v: v.join() } : {}), ...(split ? { split } : {}), ...(show ? { show } : {}) }
}

/** Reads the address of a comparison. */
export function readCompareSearch(given: Given): CompareSearch {
  const [a, b] = [given.a, given.b].map(readWhole)
  const split = (['train', 'test'] as const).find(one => one === given.split)
  const show = (['regressed', 'improved', 'same'] as const).find(one => one === given.show)
  return { ...(a ? { a } : {}), ...(b ? { b } : {}), ...(show ? { show } : {}), ...(split ? { split } : {}) }
}

/** The numbers of variants in a parameter such as `1,3`, each once, four at most. */
export function listVariants(given: unknown): number[] {
  const numbers = String(given ?? '')
    .split(',')
    .flatMap(part => readWhole(part) ?? [])
  return [...new Set(numbers)].slice(0, MOST_PICKED)
}

function readWhole(given: unknown): number | undefined {
  return /^[1-9]\d{0,8}$/.test(String(given ?? '')) ? Number(given) : undefined
}
