/** Why an answer failed, by the digit that names it. */
export const CATEGORIES = [
  { category: 'scoring_artifact', word: 'artifact' },
  { category: 'style_violation', word: 'style' },
  { category: 'partial_answer', word: 'partial' },
  { category: 'wrong_answer', word: 'wrong' },
  { category: 'format_error', word: 'format' },
  { category: 'hallucination', word: 'hallucination' },
] as const

export type FailureCategory = (typeof CATEGORIES)[number]['category']

/** The category that a value names; null for none. */
export function readCategory(given: unknown): FailureCategory | null {
  return CATEGORIES.find(({ category }) => category === given)?.category ?? null
}

/** A category in words. */
export function nameCategory(category: string): string {
  return category.replace('_', ' ')
}
