import { nameCategory } from './categories.ts'

const DONE: { [action: string]: string } = {
  correct: 'corrected',
  discard: 'discarded',
  flag: 'flagged',
  edit: 'corrected',
  undo: 'taken back',
  refresh: 'renewed from its session',
  adjudicate: 'settled',
  ingest: 'sent in as approved',
  import: 'imported as decided',
}

/** What became of a candidate, as `discarded · partial answer`. */
export function describeDecision(action: string, category: string | null): string {
  return `${DONE[action] ?? action}${category === null ? '' : ` · ${nameCategory(category)}`}`
}

/** The same at the beginning of a sentence. */
export function startSentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}
