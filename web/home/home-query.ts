import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { type Client, type EvaluationRun, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'

/** The figures follow what happens at most this often. */
const FOLLOW_MS = 2_000
const SLOW_MS = 15_000
const WEEK_MS = 7 * 86_400_000
const MOST_RUNS = 20

/** How many of the newest sessions are judged, stale and pending. */
export function useSessionShares() {
  const { project, client } = useProject()
  useFollowing([project, 'home', 'shares'], ['sessions'], FOLLOW_MS)
  return useQuery({
    queryKey: [project, 'home', 'shares'],
    queryFn: ({ signal }) => readAnswer(client.api.eval['session-shares'].$get({}, { init: { signal } })),
    staleTime: 0,
  })
}

/** How many sessions were last active in the last seven days, and in the seven before. */
export function useSessionWeeks() {
  const { project, client } = useProject()
  useFollowing([project, 'home', 'weeks'], ['sessions'], FOLLOW_MS)
  return useQuery({
    queryKey: [project, 'home', 'weeks'],
    queryFn: async ({ signal }) => {
      const [from, before] = [1, 2].map(weeks => new Date(Date.now() - weeks * WEEK_MS).toISOString())
      const count = (query: { from?: string | undefined; to?: string | undefined }) =>
        readAnswer(client.api.eval['session-count'].$get({ query }, { init: { signal } }))
      const [present, former] = await Promise.all([count({ from }), count({ from: before, to: from })])
      return { present, former }
    },
    staleTime: 0,
  })
}

/** How many candidates wait for a person, and since when. */
export function useReviewQueue() {
  const { project, client } = useProject()
  useFollowing([project, 'home', 'queue'], ['corrections'], FOLLOW_MS)
  return useQuery({
    queryKey: [project, 'home', 'queue'],
    queryFn: async ({ signal }) =>
      (await readAnswer(client.api.corrections.throughput.$get({ query: {} }, { init: { signal } }))).waiting,
    staleTime: 0,
  })
}

/** What got worse beyond chance. */
export function useRegressions() {
  const { project, client } = useProject()
  useFollowing([project, 'home', 'regressions'], ['sessions'], SLOW_MS)
  return useQuery({
    queryKey: [project, 'home', 'regressions'],
    queryFn: ({ signal }) => readAnswer(client.api.eval.regressions.$get({}, { init: { signal } })),
    staleTime: 0,
  })
}

/**
 * The runs that are under way. One that ends while the page is open keeps its place and says how it ended, and a new one comes
 * behind the others, so that nothing moves.
 */
export function useActiveRuns() {
  const { project, client } = useProject()
  const queries = useQueryClient()
  useFollowing([project, 'home', 'runs'], ['runs'], FOLLOW_MS)
  useEffect(() => () => queries.removeQueries({ queryKey: [project, 'home', 'runs'] }), [queries, project])
  return useQuery({
    queryKey: [project, 'home', 'runs'],
    queryFn: ({ queryKey, signal }) => followRuns(client, queries.getQueryData(queryKey) ?? [], signal),
    staleTime: 0,
  })
}

async function followRuns(client: Client, former: EvaluationRun[], signal: AbortSignal): Promise<EvaluationRun[]> {
  const query = { state: 'running', sessions: 'none', limit: String(MOST_RUNS) } as const
  const running = await readAnswer(client.api.eval.runs.$get({ query }, { init: { signal } }))
  const found = new Map(running.map(run => [run.run_id, run]))
  const kept = await Promise.all(
    former.map(run => found.get(run.run_id) ?? (run.state === 'running' ? readEnded(client, run, signal) : run)),
  )
  const known = new Set(former.map(run => run.run_id))
  const all = [...kept, ...running.filter(run => !known.has(run.run_id)).toReversed()]
  const room = Math.max(0, MOST_RUNS - running.length)
  const ended = all.filter(run => run.state !== 'running').slice(-room)
  return room === 0 ? running : all.filter(run => run.state === 'running' || ended.includes(run))
}

function readEnded(client: Client, run: EvaluationRun, signal: AbortSignal): Promise<EvaluationRun> {
  const param = { run_id: encodeURIComponent(run.run_id) }
  return readAnswer(
    client.api.eval.run[':run_id'].$get({ param, query: { sessions: 'none' } }, { init: { signal } }),
  ).catch(() => run)
}
