import { type FailureCategory, nameCategory, readCategory } from './categories.ts'

/** What the queue is narrowed by, under the names that the queue's own page uses. A name of `(none)` is a missing one. */
export interface ReviewFilter {
  source?: string
  model_name?: string
  task_type?: string
  failure_category?: FailureCategory
  /** 0 to 1. */
  min_quality?: string
  max_quality?: string
}

/** What the address says of the review. */
export interface ReviewSearch extends ReviewFilter {
  /** The candidate on the screen; the next ones come after it. */
  id?: string
  /** Second opinions instead of the queue. */
  second?: '1'
}

const MISSING = '(none)'

/** Reads the address; what it cannot mean is left out. */
export function readReviewSearch(given: { [name: string]: unknown }): ReviewSearch {
  const category = readCategory(given.failure_category)
  return {
    ...readText('source', given.source),
    ...readText('model_name', given.model_name),
    ...readText('task_type', given.task_type),
    ...(category === null ? {} : { failure_category: category }),
    ...readShare('min_quality', given.min_quality),
    ...readShare('max_quality', given.max_quality),
    ...readText('id', given.id),
    ...(given.second === '1' ? { second: '1' as const } : {}),
  }
}

/** The part that narrows the queue, as the address has it. */
export function pickReviewFilter({ id: _, second: __, ...filter }: ReviewSearch): ReviewFilter {
  return filter
}

/** The filter as the API takes it in the body of a claim. */
export function toClaimFilter({ min_quality, max_quality, failure_category, ...names }: ReviewFilter) {
  return {
    ...toNames(names),
    ...(failure_category === undefined ? {} : { failure_category }),
    ...(min_quality === undefined ? {} : { min_quality: Number(min_quality) }),
    ...(max_quality === undefined ? {} : { max_quality: Number(max_quality) }),
  }
}

/** The filter as the API takes it in an address. */
export function toWaitingQuery({ min_quality, max_quality, failure_category, ...names }: ReviewFilter) {
  return {
    ...toNames(names),
    ...(failure_category === undefined ? {} : { failure_category }),
    ...(min_quality === undefined ? {} : { min_quality }),
    ...(max_quality === undefined ? {} : { max_quality }),
  }
}

/** What it is narrowed by, in words, as `model gemma4:31b`. */
export function describeFilter(filter: ReviewFilter): string[] {
  const { source, model_name, task_type, failure_category, min_quality, max_quality } = filter
  return [
    ...(source === undefined ? [] : [`source ${source}`]),
    ...(model_name === undefined ? [] : [`model ${model_name}`]),
    ...(task_type === undefined ? [] : [`task ${task_type}`]),
    ...(failure_category === undefined ? [] : [nameCategory(failure_category)]),
    ...(min_quality === undefined ? [] : [`quality from ${min_quality}`]),
    ...(max_quality === undefined ? [] : [`quality to ${max_quality}`]),
  ]
}

type Names = Pick<ReviewFilter, 'source' | 'model_name' | 'task_type'>

function toNames(names: Names): Names {
  return Object.fromEntries(Object.entries(names).map(([name, value]) => [name, value === MISSING ? '' : value]))
}

function readText<Name extends string>(name: Name, given: unknown): { [Key in Name]?: string } {
  const found: { [Key in Name]?: string } = {}
  if (typeof given === 'string' && given !== '') found[name] = given
  return found
}

function readShare<Name extends string>(name: Name, given: unknown): { [Key in Name]?: string } {
  const found: { [Key in Name]?: string } = {}
  const text = String(given)
  if (/^(0|1|0?\.\d{1,6}|1\.0*)$/.test(text)) found[name] = text
  return found
}
