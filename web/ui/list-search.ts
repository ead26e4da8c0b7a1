import { readDay } from './days.ts'

/** What the address says of a list, newest first; defaults are left out of it. */
export interface ListSearch<State extends string = string> {
  state?: State
  search?: string
  /** Begins at this date. */
  at?: string
  /** The row in the panel beside the list. */
  peek?: string
  /** The rows that are selected; see `selection.ts`. */
  selected?: string
}

/** What the address says of a list that comes as a whole. */
export type WholeListSearch = Pick<ListSearch, 'search' | 'peek' | 'selected'>

/** What a person changes; undefined takes it out of the address. */
export type ListChange = { [Name in keyof ListSearch]?: string | undefined }

/** What `Clear` takes out of the address. */
export const NO_FILTER: ListChange = { state: undefined, search: undefined, at: undefined }

/** Reads the address of a list; what it cannot mean is left out. */
export function readListSearch<State extends string>(
  given: { [name: string]: unknown },
  states: readonly State[],
): ListSearch<State> {
  const state = states.find(one => one === given.state)
  const at = readDay(given.at)
  return {
    ...(state === undefined ? {} : { state }),
    ...(typeof given.search === 'string' && given.search !== '' ? { search: given.search } : {}),
    ...(at === undefined ? {} : { at }),
    ...(typeof given.peek === 'string' && given.peek !== '' ? { peek: given.peek } : {}),
    ...(typeof given.selected === 'string' && given.selected !== '' ? { selected: given.selected } : {}),
  }
}

/** Reads the address of a list that comes as a whole. */
export function readWholeListSearch(given: { [name: string]: unknown }): WholeListSearch {
  const { state: _, at: __, ...search } = readListSearch(given, [])
  return search
}
