import { readDay } from '../ui/days.ts'

/** What the address says of the list of sessions; defaults are left out of it. */
export interface SessionSearch {
  status?: 'evaluated' | 'stale' | 'pending'
  profile?: string
  thumbs?: 'any' | 'up' | 'down'
  /** Last active within this time. */
  since?: '1d' | '7d' | '14d' | '30d' | '56d' | '84d' | '90d' | '182d' | '364d'
  sort?: 'judged'
  search?: string
  /** Begins at this date. */
  at?: string
  /** The session in the panel beside the list. */
  peek?: string
  /** The ids that are selected; see `ui/selection.ts`. No part of what is asked for. */
  selected?: string
  /** Numbers instead of bars. */
  display?: 'numbers'
}

/** What a person changes; undefined takes it out of the address. */
export type SearchChange = { [Name in keyof SessionSearch]?: SessionSearch[Name] | undefined }

const CHOICES = {
  status: ['evaluated', 'stale', 'pending'],
  thumbs: ['any', 'up', 'down'],
  since: ['1d', '7d', '14d', '30d', '56d', '84d', '90d', '182d', '364d'],
  sort: ['judged'],
  display: ['numbers'],
} as const

/** Reads the address; what it cannot mean is left out. */
export function readSessionSearch(given: { [name: string]: unknown }): SessionSearch {
  return dropMissing({
    status: choose(CHOICES.status, given.status),
    thumbs: choose(CHOICES.thumbs, given.thumbs),
    since: choose(CHOICES.since, given.since),
    sort: choose(CHOICES.sort, given.sort),
    display: choose(CHOICES.display, given.display),
    profile: readText(given.profile),
    search: readText(given.search),
    peek: readText(given.peek),
    selected: readText(given.selected),
    at: readDay(given.at),
  })
}

/** The list's part of it as the API takes it, without the place. `now` in ms. */
export function toListQuery(search: SessionSearch, now: number): { [name: string]: string } {
  const { status, profile, thumbs, since, sort, search: text } = search
  const days = since === undefined ? undefined : Number.parseInt(since, 10)
  const from = days === undefined ? undefined : new Date(now - days * 86_400_000).toISOString()
  return dropMissing({ status, profile, thumbs, from, sort, search: text })
}

/** Takes whatever narrows the list out of the address. */
export const NO_FILTERS = {
  status: undefined,
  profile: undefined,
  thumbs: undefined,
  since: undefined,
  search: undefined,
  at: undefined,
} satisfies SearchChange

/** How many filters are set. */
export function countFilters({ status, profile, thumbs, since, search }: SessionSearch): number {
  return [status, profile, thumbs, since, search].filter(value => value !== undefined).length
}

function choose<const Choice extends string>(choices: readonly Choice[], given: unknown): Choice | undefined {
  return choices.find(choice => choice === given)
}

function readText(given: unknown): string | undefined {
  return typeof given === 'string' && given !== '' ? given : undefined
}

type WithoutMissing<Given> = { [Name in keyof Given]?: Exclude<Given[Name], undefined> }

function dropMissing<Given extends object>(given: Given): WithoutMissing<Given> {
  const kept: WithoutMissing<Given> = { ...given }
  for (const name in given) if (given[name] === undefined) delete kept[name]
  return kept
}
