/** What the address says of a version: with which other one it is compared. */
export interface CompareSearch {
  from?: string
}

/** Reads the address; what it cannot mean is left out. */
export function readCompareSearch(given: { [name: string]: unknown }): CompareSearch {
  return typeof given.from === 'string' && given.from !== '' ? { from: given.from } : {}
}
