import { readDay } from '../ui/days.ts'

/** What the address says of the pages of corrections; defaults are left out of it. */
export interface CorrectionsSearch extends QueueFilter, DecisionsSearch {
  /** The queue without one. */
  tab?: Exclude<Tab, 'queue'>
  /** Words that a line of the list shows. */
  search?: string
  /** The candidate in the panel beside the list. */
  peek?: string
  /** The candidates that are selected in the queue; see `ui/selection.ts`. */
  selected?: string
  /** Of the decided, those that came to this. */
  status?: 'approved' | 'discarded' | 'model_rejected'
  /** Of the decided, those up to this day. */
  at?: string
  /** Of the decided, only what an export would take. */
  ready?: '1'
  /** Where two reviewers disagree, or every single decision, instead of what is decided. */
  view?: 'disputes' | 'decisions'
  /** The import whose malformed lines are shown. */
  import?: string
  /** The rule that is being made or changed; `new` is none yet. */
  rule?: string
  format?: 'sft_tools' | 'dpo' | 'kto'
  from?: string
  to?: string
  profile?: string
  split?: 'train' | 'test'
  test_share?: string
}

/** What the queue, and with it the review, is narrowed by. A name of `(none)` is a missing one. */
export interface QueueFilter {
  source?: string
  model_name?: string
  task_type?: string
  failure_category?: Category
  min_quality?: string
  max_quality?: string
  /** Came so many of UTC's days ago, or earlier. */
  min_age_days?: string
}

/** What the list of single decisions is narrowed by, beside the category. Days are UTC's. */
export interface DecisionsSearch {
  reviewer?: string
  action?: (typeof DECISION_ACTIONS)[number]
  since?: string
  until?: string
  timed?: '1'
}

/** `submitted` is any of the first three. */
export const DECISION_ACTIONS = ['correct', 'discard', 'flag', 'edit', 'adjudicate', 'submitted'] as const

export const TABS = ['queue', 'done', 'imports', 'rules', 'exports', 'stats'] as const
export type Tab = (typeof TABS)[number]

export const CATEGORIES = [
  'scoring_artifact',
  'style_violation',
  'partial_answer',
  'wrong_answer',
  'format_error',
  'hallucination',
] as const
export type Category = (typeof CATEGORIES)[number]

/** What a person changes; undefined takes it out of the address. */
export type CorrectionsChange = { [Name in keyof CorrectionsSearch]?: CorrectionsSearch[Name] | undefined }

/** How a missing name is written in the address, where nothing at all means any name. */
export const MISSING = '(none)'

const QUEUE_FILTERS = [
  ...(['source', 'model_name', 'task_type', 'failure_category', 'min_quality', 'max_quality', 'min_age_days'] as const),
]
const DECISION_FILTERS = ['reviewer', 'action', 'failure_category', 'since', 'until', 'timed'] as const

/** Reads the address; what it cannot mean is left out. */
export function readCorrectionsSearch(given: { [name: string]: unknown }): CorrectionsSearch {
  return dropMissing({
    tab: choose(['done', 'imports', 'rules', 'exports', 'stats'] as const, given.tab),
    source: readText(given.source),
    model_name: readText(given.model_name),
    task_type: readText(given.task_type),
    failure_category: choose(CATEGORIES, given.failure_category),
    min_quality: readShare(given.min_quality),
    max_quality: readShare(given.max_quality),
    search: readText(given.search)?.slice(0, 200),
    peek: readText(given.peek),
    selected: readText(given.selected),
    status: choose(['approved', 'discarded', 'model_rejected'] as const, given.status),
    at: readDay(given.at),
    ready: choose(['1'] as const, String(given.ready)),
    view: choose(['disputes', 'decisions'] as const, given.view),
    min_age_days: readAge(given.min_age_days),
    reviewer: readText(given.reviewer),
    action: choose(DECISION_ACTIONS, given.action),
    since: readDay(given.since),
    until: readDay(given.until),
    timed: choose(['1'] as const, String(given.timed)),
    import: readText(given.import),
    rule: readText(given.rule),
    format: choose(['sft_tools', 'dpo', 'kto'] as const, given.format),
    from: readDay(given.from),
    to: readDay(given.to),
    profile: readText(given.profile),
    split: choose(['train', 'test'] as const, given.split),
    test_share: readShare(given.test_share),
  })
}

/** The filters as the API takes them in an address. */
export function toQueueQuery(search: QueueFilter): { [name: string]: string } {
  const pairs = QUEUE_FILTERS.flatMap(name => {
    const value = search[name]
    return value === undefined ? [] : [[name, value === MISSING ? '' : value]]
  })
  return Object.fromEntries(pairs)
}

/** The filters as the API takes them in a body. */
export function toNarrowing(search: QueueFilter) {
  const { failure_category, min_quality, max_quality, min_age_days } = search
  return {
    ...readNames(search),
    ...(min_age_days === undefined ? {} : { min_age_days: Number(min_age_days) }),
    ...(failure_category === undefined ? {} : { failure_category }),
    ...(min_quality === undefined ? {} : { min_quality: Number(min_quality) }),
    ...(max_quality === undefined ? {} : { max_quality: Number(max_quality) }),
  }
}

/** The queue's filters alone, as the address has them. */
export function pickQueueFilter(search: CorrectionsSearch): QueueFilter {
  const { source, model_name, task_type, failure_category, min_quality, max_quality, min_age_days } = search
  return dropMissing({ source, model_name, task_type, failure_category, min_quality, max_quality, min_age_days })
}

/** How many of the filters of a list are set. */
export function countQueueFilters(search: CorrectionsSearch): number {
  return [...QUEUE_FILTERS, 'status' as const, 'ready' as const, 'search' as const].filter(
    name => search[name] !== undefined,
  ).length
}

/** Takes every filter of a list out of the address. */
export const NO_FILTERS: CorrectionsChange = {
  source: undefined,
  model_name: undefined,
  task_type: undefined,
  failure_category: undefined,
  min_quality: undefined,
  max_quality: undefined,
  min_age_days: undefined,
  search: undefined,
  status: undefined,
  ready: undefined,
  at: undefined,
}

/** The filters of the list of single decisions as the API takes them. */
export function toDecisionQuery(search: CorrectionsSearch): { [name: string]: string } {
  const pairs = DECISION_FILTERS.flatMap(name => (search[name] === undefined ? [] : [[name, search[name]]]))
  return Object.fromEntries(pairs)
}

/** Takes every filter of the list of single decisions out of the address. */
export const NO_DECISION_FILTERS: CorrectionsChange = {
  reviewer: undefined,
  action: undefined,
  failure_category: undefined,
  since: undefined,
  until: undefined,
  timed: undefined,
}

function readNames(search: QueueFilter): { source?: string; model_name?: string; task_type?: string } {
  const names = (['source', 'model_name', 'task_type'] as const).flatMap(name => {
    const value = search[name]
    return value === undefined ? [] : [[name, value === MISSING ? '' : value]]
  })
  return Object.fromEntries(names)
}

function choose<const Choice extends string>(choices: readonly Choice[], given: unknown): Choice | undefined {
  return choices.find(choice => choice === given)
}

function readText(given: unknown): string | undefined {
  return typeof given === 'string' && given !== '' ? given : undefined
}

function readAge(given: unknown): string | undefined {
  const text = String(given)
  return /^[1-9]\d{0,3}$/.test(text) ? text : undefined
}

function readShare(given: unknown): string | undefined {
  const text = String(given)
  return /^(0|1|0?\.\d{1,6}|1\.0*)$/.test(text) ? text : undefined
}

type WithoutMissing<Given> = { [Name in keyof Given]?: Exclude<Given[Name], undefined> }

function dropMissing<Given extends object>(given: Given): WithoutMissing<Given> {
  const kept: WithoutMissing<Given> = { ...given }
  for (const name in given) if (given[name] === undefined) delete kept[name]
  return kept
}
