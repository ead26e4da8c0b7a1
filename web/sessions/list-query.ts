import { useMemo } from 'react'
import { type Client, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useLiveList } from '../shell/live-list.ts'
import { endOfDay } from '../ui/days.ts'
import { type SessionSearch, toListQuery } from './list-search.ts'

type SessionPage = Awaited<ReturnType<typeof fetchPage>>
export type SessionRow = SessionPage['items'][number]

const PAGE = 100

/** Rows that are seen follow the server at most this often. */
const FOLLOW_MS = 2_000

/** The list behind the address: pages in both directions, the count that comes after them, and what is new above. */
export function useSessionList(search: SessionSearch) {
  const { project, client } = useProject()
  // What is open, selected or shown otherwise is the reader's, and no other question.
  const { peek: _, display: __, selected: ___, ...about } = search
  const name = JSON.stringify(about)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a list is about the time at which it was asked for
  const filter = useMemo(() => toListQuery(about, Date.now()), [name])
  const list = useLiveList({
    ...{ key: [project, 'sessions'], name, topic: 'sessions', followMs: FOLLOW_MS, isKept: true },
    isWhole: search.search !== undefined,
    start: search.at === undefined ? {} : { at: endOfDay(search.at) },
    fetchPage: (place: object, signal) => fetchPage(client, { ...filter, ...place }, signal),
    // A search is not counted.
    fetchCount:
      search.search === undefined
        ? signal => readAnswer(client.api.eval['session-count'].$get({ query: filter }, { init: { signal } }))
        : undefined,
    keyOf: (row: SessionRow) => row.session_id,
  })
  return {
    ...list,
    /** Of a search: whether the last page is full, how many sessions it has looked at so far, and whether those are all. */
    searched: describeSearch(list.pages.data?.pages ?? []),
  }
}

function describeSearch(pages: SessionPage[]): { full: boolean; looked: number; all: boolean } | null {
  const last = pages.at(-1)
  if (last === undefined || last.searched === null) return null
  const looked = pages.reduce((sum, page) => sum + (page.searched?.sessions ?? 0), 0)
  return { full: last.items.length === PAGE, looked, all: last.searched.all }
}

function fetchPage(client: Client, query: { [name: string]: string }, signal?: AbortSignal) {
  const init = signal === undefined ? {} : { init: { signal } }
  return readAnswer(client.api.eval['session-page'].$get({ query }, init))
}
