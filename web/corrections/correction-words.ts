import type { Category } from './corrections-search.ts'

export const CATEGORY_WORDS: { [category in Category]: string } = {
  scoring_artifact: 'artifact',
  style_violation: 'style',
  partial_answer: 'partial',
  wrong_answer: 'wrong',
  format_error: 'format',
  hallucination: 'hallucination',
}

/** A category in a word; one that is not known stays as it is. */
export function nameCategory(category: string | null): string {
  const words: { [category: string]: string } = CATEGORY_WORDS
  return category === null || category === '' ? 'none' : (words[category] ?? category)
}

export const STATUS_WORDS = {
  needs_review: { sign: '○', word: 'waiting', tone: 'meta' },
  approved: { sign: '●', word: 'corrected', tone: 'ok' },
  discarded: { sign: '–', word: 'discarded', tone: 'meta' },
  model_rejected: { sign: '▲', word: 'flagged', tone: 'warn' },
} as const

const ACTION_WORDS: { [action: string]: string } = {
  correct: 'corrected',
  discard: 'discarded',
  flag: 'flagged',
  undo: 'took the decision back',
  edit: 'edited the correction',
  adjudicate: 'settled a disagreement',
  comment: 'commented',
  reassign: 'reassigned',
  refresh: 'took over what the session became',
  import: 'imported it as decided',
  ingest: 'sent it in as approved',
  submitted: 'corrected, discarded or flagged',
}

/** What somebody did, in words that go on after a name. */
export function nameAction(action: string): string {
  return ACTION_WORDS[action] ?? action
}

export const AGE_WORDS: { [days: number]: string } = {
  0: 'in all',
  1: 'a day or longer',
  7: 'a week or longer',
  30: '30 days or longer',
  90: '90 days or longer',
}

/** How long something waits, at least. */
export function nameAge(days: number): string {
  return AGE_WORDS[days] ?? `${days} days or longer`
}

/** A name that may be missing. */
export function nameOrNone(name: string): string {
  return name === '' ? 'none' : name
}

export const FORMAT_WORDS: { [format: string]: { name: string; line: string } } = {
  sft: { name: 'SFT chat', line: 'row' },
  sft_tools: { name: 'SFT chat with tools', line: 'row' },
  dpo: { name: 'DPO pairs', line: 'pair' },
  kto: { name: 'KTO, two labelled lines each', line: 'pair of labelled lines' },
}
