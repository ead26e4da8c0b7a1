import { type InfiniteData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import { type BriefCandidates, type Client, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useThrottledChanges, waitForAnswer } from '../shell/follow.ts'
import { endOfDay } from '../ui/days.ts'
import { walkPages } from '../ui/walk-pages.ts'
import { type CorrectionsSearch, toQueueQuery } from './corrections-search.ts'

export type Candidate = BriefCandidates['items'][number]
type Place = { after?: string; before?: string; until?: string }
type Pages = InfiniteData<BriefCandidates, Place>

/** A page has 100 rows; so many pages are held, and those at the other end are let go. */
const PAGES_HELD = 20
/** The largest page that the server gives. */
const WALKED = '500'
/** What is seen follows the server at most this often. */
const FOLLOW_MS = 2_000

/** The list behind the address: pages in both directions, its exact count, what changed meanwhile. */
export function useCandidates(list: 'waiting' | 'decided', search: CorrectionsSearch) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const name = JSON.stringify([list, toQueueQuery(search), search.status, search.ready, search.search, search.at])
  // biome-ignore lint/correctness/useExhaustiveDependencies: by what it says
  const query = useMemo(() => toListQuery(list, search), [name])
  const key = useMemo(() => [project, 'candidates', name], [project, name])
  const start: Place = list === 'decided' && search.at !== undefined ? { until: endOfDay(search.at) } : {}
  const pages = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => fetchPage(client, query, pageParam, signal),
    initialPageParam: start,
    getNextPageParam: (page: BriefCandidates): Place | null => (page.next === null ? null : { after: page.next }),
    getPreviousPageParam: (page: BriefCandidates): Place | null =>
      page.previous === null ? null : { before: page.previous },
    maxPages: PAGES_HELD,
    staleTime: Number.POSITIVE_INFINITY,
    // Nobody follows what changes while another page is open, so coming back begins anew.
    gcTime: 0,
    placeholderData: former => former,
  })
  const count = useQuery({
    queryKey: [project, 'candidate-count', name],
    // Behind the rows that it counts. What a search finds is known when it has looked.
    enabled: pages.isSuccess && !pages.isPlaceholderData && search.search === undefined,
    queryFn: ({ signal }) =>
      readAnswer(client.api.corrections['candidate-count'].$get({ query }, { init: { signal } })),
    placeholderData: former => former,
    staleTime: 0,
  })
  const reload = useCallback(() => {
    void queries.resetQueries({ queryKey: key })
    void queries.invalidateQueries({ queryKey: [project, 'candidate-count'] })
  }, [queries, key, project])
  const follow = useFollowing(key, query, client)
  const rows = useMemo(() => pages.data?.pages.flatMap(page => page.items) ?? [], [pages.data])
  const dropRows = useCallback(
    (ids: Set<string>) => {
      queries.setQueryData<Pages>(key, held => held && withoutRows(held, ids))
      void queries.invalidateQueries({ queryKey: [project, 'candidate-count'] })
      void queries.invalidateQueries({ queryKey: [project, 'candidate-kinds'] })
    },
    [queries, key, project],
  )
  /** Every candidate of the list, also those that are not held. */
  const walkRows = (signal: AbortSignal) =>
    walkPages<Candidate, string>(
      async after => {
        const { items, next } = await fetchPage(
          client,
          { ...query, limit: WALKED },
          after === null ? {} : { after },
          signal,
        )
        return { rows: items, next }
      },
      row => row.id,
    )
  const total = search.search === undefined ? count.data?.total : undefined
  const searched = pages.data?.pages.at(-1)?.searched ?? null
  return { name, rows, pages, total, searched, reload, dropRows, walkRows, ...follow }
}

/** The names that a list can be narrowed by, and who reviews. */
export function useKinds(list: 'waiting' | 'decided') {
  const { project, client } = useProject()
  return useQuery({
    queryKey: [project, 'candidate-kinds', list],
    queryFn: ({ signal }) =>
      readAnswer(client.api.corrections['candidate-kinds'].$get({ query: { list } }, { init: { signal } })),
    staleTime: 10_000,
  })
}

/**
 * Rows that are seen take over what changed in them, where they stand. Those that left the list meanwhile stay until the
 * reader wants to see it anew, and so do those that came above.
 */
function useFollowing(key: unknown[], query: { [name: string]: string }, client: Client) {
  const { project } = useProject()
  const queries = useQueryClient()
  const [seen] = useState({ rows: [0, 0] as [number, number] })
  const [news, setNews] = useState({ of: key, gone: new Set<string>(), fresh: 0 })
  const follow = useCallback(
    async function followOnce(): Promise<void> {
      void queries.invalidateQueries({ queryKey: [project, 'candidate-count'] })
      await waitForAnswer(queries, key)
      const data = queries.getQueryData<Pages>(key)
      if (data === undefined) return
      const held = new Set(data.pages.flatMap(page => page.items.map(row => row.id)))
      const gone = new Set<string>()
      const latest = new Map<number, BriefCandidates>()
      let [first, fresh] = [0, 0]
      for (const [index, page] of data.pages.entries()) {
        const inSight = first <= seen.rows[1] && first + page.items.length >= seen.rows[0]
        first += page.items.length
        const place = data.pageParams[index]
        const isHead = index === 0 && page.previous === null
        const isEnd = index === data.pages.length - 1 && page.next === null
        if (place === undefined || !(inSight || isHead || isEnd)) continue
        const now = await fetchPage(client, query, place)
        const there = new Set(now.items.map(row => row.id))
        const missing = page.items.filter(row => !there.has(row.id) && isCovered(row, now, place))
        for (const row of missing) gone.add(row.id)
        const last = page.items.at(-1)
        const unknown = now.items.filter(row => !held.has(row.id))
        const between = last === undefined ? [] : unknown.filter(row => compareCandidates(row, last) < 0)
        fresh += between.length
        latest.set(index, isEnd ? growPage(page, now, unknown.slice(between.length)) : updatePage(page, now))
      }
      await waitForAnswer(queries, key)
      // Pages that came or went meanwhile have other places.
      if (queries.getQueryData<Pages>(key)?.pages !== data.pages) return followOnce()
      setNews({ of: key, gone, fresh })
      queries.setQueryData<Pages>(key, { ...data, pages: data.pages.map((page, index) => latest.get(index) ?? page) })
    },
    [key, query, client, queries, seen, project],
  )
  useThrottledChanges(['corrections'], FOLLOW_MS, () => void follow().catch(() => {}))
  const onSeen = useCallback(
    (from: number, to: number) => {
      seen.rows = [from, to]
    },
    [seen],
  )
  const own = news.of === key
  return { gone: own ? news.gone : NONE, fresh: own ? news.fresh : 0, onSeen }
}

const NONE = new Set<string>()

/** Whether a page that was fetched anew would have the row, if it still were in the list. */
function isCovered(row: Candidate, now: BriefCandidates, place: Place): boolean {
  const [first, last] = [now.items.at(0), now.items.at(-1)]
  if (place.before !== undefined)
    return now.previous === null || (first !== undefined && compareCandidates(row, first) >= 0)
  return now.next === null || (last !== undefined && compareCandidates(row, last) <= 0)
}

/** In the order of their list: waiting by number, decided by time, the newest first. */
function compareCandidates(a: Candidate, b: Candidate): number {
  const difference = Number.parseInt(a.place, 10) - Number.parseInt(b.place, 10)
  if (a.decided_at === null || b.decided_at === null) return difference
  if (a.decided_at === b.decided_at) return -difference
  return a.decided_at > b.decided_at ? -1 : 1
}

function updatePage(page: BriefCandidates, now: BriefCandidates): BriefCandidates {
  const updates = new Map(now.items.map(row => [row.id, row]))
  return { ...page, items: page.items.map(row => updates.get(row.id) ?? row) }
}

/** What comes after the last row moves nothing, so it is shown at once. */
function growPage(page: BriefCandidates, now: BriefCandidates, added: Candidate[]): BriefCandidates {
  const grown = updatePage(page, now)
  return { ...grown, items: [...grown.items, ...added], next: now.next }
}

function toListQuery(list: 'waiting' | 'decided', search: CorrectionsSearch): { [name: string]: string } {
  const words = search.search === undefined ? {} : { search: search.search }
  if (list === 'waiting') return { list, ...toQueueQuery(search), ...words }
  const status = search.status === undefined ? {} : { status: search.status }
  return { list, ...toQueueQuery(search), ...words, ...status, ...(search.ready === undefined ? {} : { ready: '1' }) }
}

function withoutRows(data: Pages, ids: Set<string>): Pages {
  return { ...data, pages: data.pages.map(page => ({ ...page, items: page.items.filter(row => !ids.has(row.id)) })) }
}

function fetchPage(client: Client, query: { [name: string]: string }, place: Place, signal?: AbortSignal) {
  const init = signal === undefined ? {} : { init: { signal } }
  return readAnswer(client.api.corrections['candidate-page'].$get({ query: { ...query, ...place } }, init))
}
