import { CATEGORY_WORDS } from '../corrections/correction-words.ts'
import { CATEGORIES, type Category } from '../corrections/corrections-search.ts'

/** Why an answer failed, in the order of the digits that name it. */
export const NUMBERED_CATEGORIES = CATEGORIES.map(category => ({ category, word: CATEGORY_WORDS[category] }))

export type FailureCategory = Category

/** The category that a value names; null for none. */
export function readCategory(given: unknown): FailureCategory | null {
  return CATEGORIES.find(category => category === given) ?? null
}

/** A category in words. */
export function nameCategory(category: string): string {
  return category.replace('_', ' ')
}
