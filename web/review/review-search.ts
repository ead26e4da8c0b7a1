import { pickQueueFilter, type QueueFilter, readCorrectionsSearch } from '../corrections/corrections-search.ts'
import { nameCategory } from './categories.ts'

/** What the address says of the review: what the queue is narrowed by, as on its own page, and more. */
export interface ReviewSearch extends QueueFilter {
  /** The candidate on the screen; the next ones come after it. */
  id?: string
  /** Second opinions instead of the queue. */
  second?: '1'
}

/** Reads the address; what it cannot mean is left out. */
export function readReviewSearch(given: { [name: string]: unknown }): ReviewSearch {
  return {
    ...pickQueueFilter(readCorrectionsSearch(given)),
    ...(typeof given.id === 'string' && given.id !== '' ? { id: given.id } : {}),
    ...(given.second === '1' ? { second: '1' as const } : {}),
  }
}

/** What it is narrowed by, in words, as `model gemma4:31b`. */
export function describeFilter(filter: QueueFilter): string[] {
  const { source, model_name, task_type, failure_category, min_quality, max_quality, min_age_days } = filter
  return [
    ...(source === undefined ? [] : [`source ${source}`]),
    ...(model_name === undefined ? [] : [`model ${model_name}`]),
    ...(task_type === undefined ? [] : [`task ${task_type}`]),
    ...(failure_category === undefined ? [] : [nameCategory(failure_category)]),
    ...(min_quality === undefined ? [] : [`quality from ${min_quality}`]),
    ...(max_quality === undefined ? [] : [`quality to ${max_quality}`]),
    ...(min_age_days === undefined
      ? []
      : [`here for ${min_age_days === '1' ? 'a day' : `${min_age_days} days`} or longer`]),
  ]
}
