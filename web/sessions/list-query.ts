import { useMemo } from 'react'
import { type Client, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useLiveList } from '../shell/live-list.ts'
import { endOfDay } from '../ui/days.ts'
import { type SessionSearch, toListQuery } from './list-search.ts'

export type SessionRow = Awaited<ReturnType<typeof fetchPage>>['items'][number]

/** Rows that are seen follow the server at most this often. */
const FOLLOW_MS = 2_000

/** The list behind the address: pages in both directions, the count that comes after them, and what is new above. */
export function useSessionList(search: SessionSearch) {
  const { project, client } = useProject()
  const { peek: _, display: __, ...about } = search
  const name = JSON.stringify(about)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a list is about the time at which it was asked for
  const filter = useMemo(() => toListQuery(about, Date.now()), [name])
  const list = useLiveList({
    ...{ key: [project, 'sessions'], name, topic: 'sessions', followMs: FOLLOW_MS, isKept: true },
    start: search.at === undefined ? {} : { at: endOfDay(search.at) },
    fetchPage: (place: object, signal) => fetchPage(client, { ...filter, ...place }, signal),
    // A search is not counted.
    fetchCount:
      search.search === undefined
        ? signal => readAnswer(client.api.eval['session-count'].$get({ query: filter }, { init: { signal } }))
        : undefined,
    keyOf: (row: SessionRow) => row.session_id,
  })
  return { ...list, searched: list.pages.data?.pages.at(-1)?.searched ?? null }
}

function fetchPage(client: Client, query: { [name: string]: string }, signal?: AbortSignal) {
  const init = signal === undefined ? {} : { init: { signal } }
  return readAnswer(client.api.eval['session-page'].$get({ query }, init))
}
