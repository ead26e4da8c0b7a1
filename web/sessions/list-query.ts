import { type InfiniteData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import { type Client, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useChanges } from '../shell/live.ts'
import { walkPages } from '../ui/walk-pages.ts'
import { type SessionSearch, toListQuery } from './list-search.ts'

type Place = { after: string } | { before: string } | { at: string } | object
type SessionPage = Awaited<ReturnType<typeof fetchPage>>
export type SessionRow = SessionPage['items'][number]

const PAGE = 100
/** So many pages are held, and those at the other end are let go. */
const PAGES_HELD = 20
/** Rows that are seen follow the server at most this often. */
const FOLLOW_MS = 2_000

/** The list behind the address: pages in both directions, the count that comes after them, and what is new above. */
export function useSessionList(search: SessionSearch) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  // What is open, selected or shown otherwise is the reader's, and no other question.
  const { peek: _, display: __, selected: ___, ...about } = search
  const name = JSON.stringify(about)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a list is about the time at which it was asked for
  const filter = useMemo(() => toListQuery(about, Date.now()), [name])
  const key = useMemo(() => [project, 'sessions', 'list', name], [project, name])
  const pages = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => fetchPage(client, filter, pageParam, signal),
    initialPageParam: (search.at === undefined ? {} : { at: search.at }) as Place,
    getNextPageParam: (page: SessionPage): Place | null => (page.next === null ? null : { after: page.next }),
    getPreviousPageParam: (page: SessionPage): Place | null =>
      page.previous === null ? null : { before: page.previous },
    // Pages of a search lead back to none before them, and each was asked for.
    maxPages: search.search === undefined ? PAGES_HELD : 0,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: former => former,
  })
  const count = useQuery({
    queryKey: [project, 'sessions', 'count', name],
    queryFn: ({ signal }) => readAnswer(client.api.eval['session-count'].$get({ query: filter }, { init: { signal } })),
    enabled: pages.isSuccess && search.search === undefined,
    placeholderData: former => former,
  })
  const fresh = useFreshRows(key, filter, client)
  const rows = useMemo(() => pages.data?.pages.flatMap(page => page.items) ?? [], [pages.data])
  const [shown, setShown] = useState(name)
  // The former rows stay until those of the new question are there.
  if (!pages.isPlaceholderData && shown !== name) setShown(name)
  return {
    rows,
    pages,
    /** The question of the address, and that which the rows answer. */
    asked: name,
    of: pages.isPlaceholderData ? shown : name,
    count: search.search === undefined ? count.data : undefined,
    /** Of a search: whether the last page is full, how many sessions it has looked at so far, and whether those are all. */
    searched: describeSearch(pages.data?.pages ?? []),
    fresh: fresh.n,
    showFresh: () => {
      fresh.reset()
      void queries.resetQueries({ queryKey: key })
      void queries.invalidateQueries({ queryKey: [project, 'sessions', 'count'] })
    },
    /** Every row that matches, also those that are not held. */
    walkRows: (signal: AbortSignal) => walkSessions(client, filter, signal),
    /** Told which rows are seen, so that those follow the server. */
    onSeen: fresh.onSeen,
  }
}

function describeSearch(pages: SessionPage[]): { full: boolean; looked: number; all: boolean } | null {
  const last = pages.at(-1)
  if (last === undefined || last.searched === null) return null
  const looked = pages.reduce((sum, page) => sum + (page.searched?.sessions ?? 0), 0)
  return { full: last.items.length === PAGE, looked, all: last.searched.all }
}

/**
 * Rows that are seen take over what changed in them, where they stand: nothing moves under a reader. What would stand above
 * them is counted.
 */
function useFreshRows(key: unknown[], filter: { [name: string]: string }, client: Client) {
  const queries = useQueryClient()
  const [fresh, setFresh] = useState({ of: key, n: 0 })
  const [following] = useState({ seen: [0, 0], at: 0, timer: undefined as ReturnType<typeof setTimeout> | undefined })
  const follow = useCallback(async () => {
    following.at = Date.now()
    const data = queries.getQueryData<InfiniteData<SessionPage, Place>>(key)
    if (data === undefined) return
    const held = new Set(data.pages.flatMap(page => page.items.map(row => row.session_id)))
    const updates = new Map<string, SessionRow>()
    let first = 0
    for (const [index, page] of data.pages.entries()) {
      const seen = first <= (following.seen[1] ?? 0) && first + page.items.length >= (following.seen[0] ?? 0)
      first += page.items.length
      const place = data.pageParams[index]
      // The first page is looked at whatever is seen: that is where the new ones are.
      const isHead = index === 0 && page.previous === null
      if (place === undefined || !(seen || isHead)) continue
      const now = await fetchPage(client, filter, isHead ? {} : place)
      for (const row of now.items) updates.set(row.session_id, row)
      const unknown = now.items.filter(row => !held.has(row.session_id)).length
      if (isHead)
        setFresh({ of: key, n: page.items.length === 0 ? now.items.length : countAbove(now.items, held, unknown) })
    }
    queries.setQueryData<InfiniteData<SessionPage, Place>>(key, latest => latest && replaceRows(latest, updates))
  }, [key, filter, client, queries, following])
  const onChange = useCallback(
    (topic: string) => {
      if (topic !== 'sessions') return
      clearTimeout(following.timer)
      const wait = Math.max(0, following.at + FOLLOW_MS - Date.now())
      following.timer = setTimeout(() => void follow().catch(() => {}), wait)
    },
    [follow, following],
  )
  useChanges(onChange)
  const onSeen = useCallback(
    (from: number, to: number) => {
      following.seen = [from, to]
    },
    [following],
  )
  return { n: fresh.of === key ? fresh.n : 0, reset: () => setFresh({ of: key, n: 0 }), onSeen }
}

/** Rows that are not held and stand before the last that is. */
function countAbove(now: SessionRow[], held: Set<string>, unknown: number): number {
  const last = now.findLastIndex(row => held.has(row.session_id))
  if (last < 0) return unknown
  return now.slice(0, last).filter(row => !held.has(row.session_id)).length
}

function replaceRows(data: InfiniteData<SessionPage, Place>, updates: Map<string, SessionRow>) {
  const pages = data.pages.map(page => ({ ...page, items: page.items.map(row => updates.get(row.session_id) ?? row) }))
  return { ...data, pages }
}

/** The largest page that the server gives. */
const WALKED = '500'

function walkSessions(client: Client, filter: { [name: string]: string }, signal: AbortSignal) {
  return walkPages<SessionRow, string>(
    async after => {
      const { items, next } = await fetchPage(
        client,
        { ...filter, limit: WALKED },
        after === null ? {} : { after },
        signal,
      )
      return { rows: items, next }
    },
    row => row.session_id,
  )
}

function fetchPage(client: Client, filter: { [name: string]: string }, place: Place, signal?: AbortSignal) {
  const init = signal === undefined ? {} : { init: { signal } }
  return readAnswer(client.api.eval['session-page'].$get({ query: { ...filter, ...place } }, init))
}
