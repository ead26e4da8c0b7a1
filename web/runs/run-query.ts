import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import { type Client, type EvaluationRun, type RunUnit, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'
import { useLiveList } from '../shell/live-list.ts'
import { endOfDay } from '../ui/days.ts'
import { walkPages } from '../ui/walk-pages.ts'
import type { RunSearch, RunsSearch } from './runs-search.ts'

/** What a page shows of runs follows the server at most this often. */
const FOLLOW_MS = 1_000
/** Its sessions are some pages, all of which are asked for again; those at the other end are let go. */
const UNITS_MS = 4_000
const UNIT_PAGES = 20
/** Rate and remaining time are about the last minute. */
const WINDOW_MS = 60_000

/** The list behind the address, newest first, without the runs' sessions. */
export function useRunList({ state, search, at }: RunsSearch) {
  const { project, client } = useProject()
  const filter = {
    ...(state === undefined ? {} : state === 'failures' ? { failures: 'true' } : { state }),
    ...(search === undefined ? {} : { search }),
  }
  const fetchRun = (id: string) =>
    readAnswer(
      client.api.eval.run[':run_id'].$get({ param: { run_id: encodeURIComponent(id) }, query: { sessions: 'none' } }),
    )
  return useLiveList({
    ...{ key: [project, 'runs'], name: JSON.stringify([filter, at]), topic: 'runs', followMs: FOLLOW_MS },
    start: at === undefined ? {} : { at: endOfDay(at) },
    fetchPage: (place: object, signal?: AbortSignal) => {
      const init = signal === undefined ? {} : { init: { signal } }
      return readAnswer(client.api.eval['run-page'].$get({ query: { ...filter, ...place } }, init))
    },
    fetchCount: signal => readAnswer(client.api.eval['run-count'].$get({ query: filter }, { init: { signal } })),
    keyOf: run => run.run_id,
    alone: { goesOn: run => run.state === 'running', fetchRow: fetchRun },
  })
}

/** A run, and what failed in it by cause. */
export function useRun(id: string) {
  const { project, client } = useProject()
  const param = { run_id: encodeURIComponent(id) }
  const endpoint = client.api.eval.run[':run_id']
  useFollowing([project, 'run', id], ['runs'], FOLLOW_MS)
  const run = useQuery({
    queryKey: [project, 'run', id, 'head'],
    queryFn: ({ signal }) => readAnswer(endpoint.$get({ param, query: { sessions: 'none' } }, { init: { signal } })),
    staleTime: 0,
  })
  const failed = run.data?.counts.failed ?? 0
  const failures = useQuery({
    queryKey: [project, 'run', id, 'failures'],
    queryFn: ({ signal }) => readAnswer(endpoint.failures.$get({ param }, { init: { signal } })),
    enabled: failed > 0,
    staleTime: 0,
  })
  return { run, failures }
}

/** The sessions of a run, a page at a time. */
export function useRunUnits(id: string, { state, search }: RunSearch) {
  const { project, client } = useProject()
  const filter = { ...(state === undefined ? {} : { state }), ...(search === undefined ? {} : { search }) }
  const asked = JSON.stringify(filter)
  const param = { run_id: encodeURIComponent(id) }
  const endpoint = client.api.eval.run[':run_id'].units
  useFollowing([project, 'run units', id], ['runs'], UNITS_MS)
  const pages = useInfiniteQuery({
    queryKey: [project, 'run units', id, asked],
    queryFn: ({ pageParam, signal }) => {
      const query = { after: String(pageParam.at(-1) ?? -1), ...filter }
      return readAnswer(endpoint.$get({ param, query }, { init: { signal } }))
    },
    // Behind which session each page begins, from the first to this one: the way back to those that were let go.
    initialPageParam: [-1],
    getNextPageParam: (page, _pages, way) => (page.next === null ? null : [...way, page.next]),
    getPreviousPageParam: (_page, _pages, way) => (way.length === 1 ? null : way.slice(0, -1)),
    // Of a search many may be empty.
    maxPages: search === undefined ? UNIT_PAGES : 0,
    placeholderData: former => former,
    staleTime: 0,
  })
  const rows = useMemo(() => pages.data?.pages.flatMap(page => page.items) ?? [], [pages.data])
  const { hasNextPage, isFetching, isError, fetchNextPage } = pages
  // A search looks at some sessions for a page, which may be empty. Behind rows the table asks for the next.
  const goesOn = rows.length === 0 && hasNextPage && !isFetching && !isError
  useEffect(() => {
    if (goesOn) void fetchNextPage()
  }, [goesOn, fetchNextPage])
  /** Every session of the run that matches, also those that are not held. */
  const walkRows = (signal: AbortSignal) =>
    walkPages<RunUnit, number>(
      async after => {
        const query = { limit: '500', after: String(after ?? -1), ...filter }
        const { items, next } = await readAnswer(endpoint.$get({ param, query }, { init: { signal } }))
        return { rows: items, next }
      },
      unit => String(unit.unit_no),
    )
  /** How many sessions a search has looked at while there are others; null when it is through. */
  const looked = search === undefined || !hasNextPage ? null : (pages.data?.pages.at(-1)?.next ?? 0) + 1
  return { rows, pages, asked, looked, walkRows }
}

/** The backend and model of the newest run that asked a model; the baseline before there is one. */
export async function findFormerJudge(client: Client): Promise<{ backend: string; model?: string }> {
  const runs = await readAnswer(client.api.eval.runs.$get({ query: { limit: '20', sessions: 'none' } }))
  const last = runs.find(run => run.backend !== 'baseline')
  return last === undefined ? { backend: 'baseline' } : { backend: last.backend, model: last.judge_model }
}

/** Sessions per second of late, from what this page saw; from the run's whole time until it has seen enough. */
export function useRate(run: EvaluationRun | undefined): number | null {
  const seen = useRef<{ at: number; done: number; id: string }[]>([])
  const done = run === undefined ? 0 : run.counts.ok + run.counts.failed
  useEffect(() => {
    if (run?.state !== 'running') return
    const now = Date.now()
    seen.current = [
      ...seen.current.filter(one => one.id === run.run_id && now - one.at < WINDOW_MS),
      { at: now, done, id: run.run_id },
    ]
  }, [run, done])
  if (run === undefined || done === 0) return null
  if (run.state !== 'running') {
    const ms = Date.parse(run.finished_at ?? run.started_at) - Date.parse(run.started_at)
    return ms > 0 ? (done / ms) * 1_000 : null
  }
  const [first] = seen.current
  const last = seen.current.at(-1)
  if (first && last && last.at - first.at > 5_000) return ((last.done - first.done) / (last.at - first.at)) * 1_000
  return (done / Math.max(1, Date.now() - Date.parse(run.started_at))) * 1_000
}

/** A text for a polite region: it follows what is given, but changes at most every `ms`. */
export function useAnnouncement(text: string, ms = 15_000): string {
  const [said, setSaid] = useState('')
  const latest = useRef(text)
  const at = useRef(0)
  latest.current = text
  useEffect(() => {
    if (text === '') return
    const timer = setTimeout(
      () => {
        at.current = Date.now()
        setSaid(latest.current)
      },
      Math.max(0, at.current + ms - Date.now()),
    )
    return () => clearTimeout(timer)
  }, [text, ms])
  return said
}
