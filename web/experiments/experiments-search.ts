import { type ListSearch, readListSearch } from '../ui/list-search.ts'

const STATES = ['draft', 'running', 'paused', 'completed', 'stopped', 'failed'] as const
const RUN_STATES = ['pending', 'running', 'completed', 'failed'] as const

/** What the address says of the list: which experiments. */
export type ExperimentsSearch = ListSearch<(typeof STATES)[number]>

/** What the address says of an experiment's runs: which of them. */
export interface ExperimentRunsSearch extends ListSearch<(typeof RUN_STATES)[number]> {
  min?: number
  max?: number
}

/** Reads the address of the list; what it cannot mean is left out. */
export function readExperimentsSearch(given: { [name: string]: unknown }): ExperimentsSearch {
  return readListSearch(given, STATES)
}

/** Reads the address of an experiment's runs. */
export function readExperimentRunsSearch(given: { [name: string]: unknown }): ExperimentRunsSearch {
  const [min, max] = [readScore(given.min), readScore(given.max)]
  return {
    ...readListSearch(given, RUN_STATES),
    ...(min === null ? {} : { min }),
    ...(max === null ? {} : { max }),
  }
}

/** A score of 0 to 1 as a person writes it; null where it is none. */
export function readScore(given: unknown): number | null {
  const text = String(given ?? '').trim()
  if (!/^(\d+\.?\d*|\.\d+)$/.test(text)) return null
  const value = Number(text)
  return value <= 1 ? value : null
}
