import { type ListSearch, readListSearch } from '../ui/list-search.ts'

/** `failures`: a session of it failed, whatever its own state. */
const RUN_STATES = ['running', 'done', 'failed', 'failures'] as const
const UNIT_STATES = ['pending', 'running', 'ok', 'failed'] as const

/** What the address says of the list of runs: which, and whether a new one is being put together. */
export interface RunsSearch extends ListSearch<(typeof RUN_STATES)[number]> {
  new?: '1'
}

/** What the address says of a run: which of its sessions are listed, open beside the list and selected. */
export type RunSearch = Omit<ListSearch<(typeof UNIT_STATES)[number]>, 'at'>

/** Reads the address of the list; what it cannot mean is left out. */
export function readRunsSearch(given: { [name: string]: unknown }): RunsSearch {
  return { ...readListSearch(given, RUN_STATES), ...(given.new === '1' ? { new: '1' } : {}) }
}

/** Reads the address of a run. */
export function readRunSearch(given: { [name: string]: unknown }): RunSearch {
  const { at: _, ...search } = readListSearch(given, UNIT_STATES)
  return search
}
