/** What the address says of the first page: the trends as a table, or the ways to bring sessions in. */
export interface HomeSearch {
  as?: 'table'
  start?: '1'
}

/** Reads the address; what it cannot mean is left out. */
export function readHomeSearch(given: { [name: string]: unknown }): HomeSearch {
  return {
    ...(given.as === 'table' ? { as: 'table' } : {}),
    ...(given.start === '1' ? { start: '1' } : {}),
  }
}
