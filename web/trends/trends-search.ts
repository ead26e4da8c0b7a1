/** What the address says of the trends; defaults are left out of it. */
export interface TrendsSearch {
  by?: 'profile' | 'model' | 'complexity'
  weeks?: 8 | 26 | 52
  time?: 'judged'
  /** The figures as tables. */
  as?: 'table'
  /** The scale follows the values instead of 0 to 100. */
  zoom?: '1'
}

/** What a person changes; undefined takes it out of the address. */
export type TrendsChange = { [Name in keyof TrendsSearch]?: TrendsSearch[Name] | undefined }

export const DEFAULT_WEEKS = 12

/** Reads the address; what it cannot mean is left out. */
export function readTrendsSearch(given: { [name: string]: unknown }): TrendsSearch {
  const by = (['profile', 'model', 'complexity'] as const).find(one => one === given.by)
  const weeks = ([8, 26, 52] as const).find(one => one === Number(given.weeks))
  return {
    ...(by === undefined ? {} : { by }),
    ...(weeks === undefined ? {} : { weeks }),
    ...(given.time === 'judged' ? { time: 'judged' } : {}),
    ...(given.as === 'table' ? { as: 'table' } : {}),
    ...(given.zoom === '1' ? { zoom: '1' } : {}),
  }
}
