import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { type EvaluationRun, readAnswer, type ShownExperiment, type ShownRegressions } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'

/** The figures follow what happens at most this often. */
const FOLLOW_MS = 2_000
const SLOW_MS = 15_000
const WEEK_MS = 7 * 86_400_000
const MOST_ACTIVE = 20

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

export interface KeptRegressions extends ShownRegressions {
  regressions: (ShownRegressions['regressions'][number] & { isOver?: boolean })[]
}

/** What got worse beyond chance; what no longer did when it was asked for again keeps its place. */
export function useRegressions() {
  const { client } = useProject()
  return useKept<KeptRegressions>('regressions', ['sessions'], SLOW_MS, async (former, signal) => {
    const found = await readAnswer(client.api.eval.regressions.$get({}, { init: { signal } }))
    const left = new Map(found.regressions.map(row => [nameRegression(row), row]))
    const kept = (former?.regressions ?? []).map(row => {
      const now = left.get(nameRegression(row))
      left.delete(nameRegression(row))
      return now ?? { ...row, isOver: true }
    })
    return { ...found, regressions: [...kept, ...left.values()] }
  })
}

/** Unique among them. */
export function nameRegression({ axis, profile }: ShownRegressions['regressions'][number]): string {
  return JSON.stringify([axis, profile])
}

/** Evaluation runs that are under way, as `keepPlaces` keeps them. */
export function useActiveRuns() {
  const { client } = useProject()
  return useKept<EvaluationRun[]>('runs', ['runs'], FOLLOW_MS, async (former, signal) => {
    const query = { state: 'running', sessions: 'none', limit: String(MOST_ACTIVE) } as const
    const running = await readAnswer(client.api.eval.runs.$get({ query }, { init: { signal } }))
    return keepPlaces(former ?? [], running, {
      idOf: run => run.run_id,
      isActive: run => run.state === 'running',
      readEnded: ({ run_id }) => {
        const of = { param: { run_id: encodeURIComponent(run_id) }, query: { sessions: 'none' as const } }
        return readAnswer(client.api.eval.run[':run_id'].$get(of, { init: { signal } }))
      },
    })
  })
}

/** Experiments that are under way, as `keepPlaces` keeps them. */
export function useActiveExperiments() {
  const { client } = useProject()
  return useKept<ShownExperiment[]>('experiments', ['experiments'], FOLLOW_MS, async (former, signal) => {
    const query = { status: 'running', limit: String(MOST_ACTIVE) } as const
    const running = await readAnswer(client.api.experiments.$get({ query }, { init: { signal } }))
    return keepPlaces(former ?? [], running, {
      idOf: experiment => experiment.id,
      isActive: experiment => experiment.status === 'running',
      readEnded: ({ id }) => {
        const param = { experiment_id: encodeURIComponent(id) }
        return readAnswer(client.api.experiments[':experiment_id'].$get({ param }, { init: { signal } }))
      },
    })
  })
}

/** Follows its topics; `read` is given what was shown before, so that it can leave that where it is. */
function useKept<Data>(
  what: string,
  topics: string[],
  ms: number,
  read: (former: Data | undefined, signal: AbortSignal) => Promise<Data>,
) {
  const { project } = useProject()
  const queries = useQueryClient()
  const key = [project, 'home', what]
  useFollowing(key, topics, ms)
  useEffect(() => () => queries.removeQueries({ queryKey: [project, 'home', what] }), [queries, project, what])
  return useQuery({
    queryKey: key,
    queryFn: ({ queryKey, signal }) => read(queries.getQueryData<Data>(queryKey), signal),
    staleTime: 0,
  })
}

/**
 * What is under way. What ends while the page is open keeps its place and says how it ended, and what is new comes behind the
 * others, so that nothing moves.
 */
async function keepPlaces<Job>(
  former: Job[],
  running: Job[],
  { idOf, isActive, readEnded }: Kind<Job>,
): Promise<Job[]> {
  const found = new Map(running.map(job => [idOf(job), job]))
  const kept = await Promise.all(
    former.map(job => found.get(idOf(job)) ?? (isActive(job) ? readEnded(job).catch(() => job) : job)),
  )
  const known = new Set(former.map(idOf))
  const all = [...kept, ...running.filter(job => !known.has(idOf(job))).toReversed()]
  const room = Math.max(0, MOST_ACTIVE - running.length)
  const ended = all.filter(job => !isActive(job)).slice(-room)
  return room === 0 ? running : all.filter(job => isActive(job) || ended.includes(job))
}

interface Kind<Job> {
  idOf: (job: Job) => string
  isActive: (job: Job) => boolean
  readEnded: (job: Job) => Promise<Job>
}
