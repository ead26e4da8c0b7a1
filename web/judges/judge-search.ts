/** What the address says of a version: with which other one it is compared. */
export interface JudgeSearch {
  from?: string
}

/** Reads the address; what it cannot mean is left out. */
export function readJudgeSearch(given: { [name: string]: unknown }): JudgeSearch {
  return typeof given.from === 'string' && given.from !== '' ? { from: given.from } : {}
}
