import { readWholeListSearch, type WholeListSearch } from '../ui/list-search.ts'

/** What the address says of the list: which prompts, and whether a new one is being written. */
export interface PromptsSearch extends WholeListSearch {
  new?: '1'
}

/** What the address says of a prompt: with which version it is compared, and what is open. */
export interface PromptSearch {
  /** The eight digits of a version. */
  from?: string
  /** A new version is being written, or the history of the labels is read. */
  open?: 'write' | 'history'
}

/** Reads the address of the list; what it cannot mean is left out. */
export function readPromptsSearch(given: { [name: string]: unknown }): PromptsSearch {
  return { ...readWholeListSearch(given), ...(given.new === '1' ? { new: '1' } : {}) }
}

/** Reads the address of a prompt. */
export function readPromptSearch(given: { [name: string]: unknown }): PromptSearch {
  const open = (['write', 'history'] as const).find(one => one === given.open)
  return {
    ...(typeof given.from === 'string' && /^[0-9a-f]{8}$/.test(given.from) ? { from: given.from } : {}),
    ...(open === undefined ? {} : { open }),
  }
}

/** The digits of `greeting@1f3a9c02`, by which an address names it. */
export function digitsOf(version: string): string {
  return version.slice(version.lastIndexOf('@') + 1)
}
