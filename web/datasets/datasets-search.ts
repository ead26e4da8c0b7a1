import { readWholeListSearch, type WholeListSearch } from '../ui/list-search.ts'

/** What the address says of the list: which datasets, and whether a file is being uploaded, or cases are collected. */
export interface DatasetsSearch extends WholeListSearch {
  new?: '1' | 'collect'
}

/** What the address says of a dataset's version. */
export interface DatasetSearch {
  split?: 'train' | 'test'
  /** The share of test in percent; 20 when left out. */
  share?: string
  /** What the cases have somewhere. */
  search?: string
  /** The number of the version that it is compared with. */
  from?: string
  open?: 'upload' | 'collect'
  /** The case that is open beside the table. */
  case?: string
  /** The cases that are selected; see `ui/selection.ts`. */
  selected?: string
}

/** What a person changes; undefined takes it out of the address. */
export type DatasetChange = { [Name in keyof DatasetSearch]?: DatasetSearch[Name] | undefined }

/** Shares of test that can be looked at, in percent. */
export const SHARES = ['10', '20', '30', '50']
export const DEFAULT_SHARE = '20'

/** Reads the address of the list; what it cannot mean is left out. */
export function readDatasetsSearch(given: { [name: string]: unknown }): DatasetsSearch {
  const open = (['1', 'collect'] as const).find(one => one === given.new)
  return { ...readWholeListSearch(given), ...(open === undefined ? {} : { new: open }) }
}

/** Reads the address of a version. */
export function readDatasetSearch(given: { [name: string]: unknown }): DatasetSearch {
  const { split, share, from, open } = given
  const { peek: _, ...list } = readWholeListSearch(given)
  return {
    ...list,
    ...(split === 'train' || split === 'test' ? { split } : {}),
    ...(typeof share === 'string' && SHARES.includes(share) && share !== DEFAULT_SHARE ? { share } : {}),
    ...(typeof from === 'string' && /^\d{1,9}$/.test(from) ? { from } : {}),
    ...(open === 'upload' || open === 'collect' ? { open } : {}),
    ...(typeof given.case === 'string' && /^[0-9a-f-]{36}$/.test(given.case) ? { case: given.case } : {}),
  }
}
