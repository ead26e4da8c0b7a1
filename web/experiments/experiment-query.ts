import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { type ListedRun, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useLiveList } from '../shell/live-list.ts'
import { useLearnedName } from '../shell/page-name.ts'
import { endOfDay } from '../ui/days.ts'
import { walkPages } from '../ui/walk-pages.ts'
import type { ExperimentRunsSearch, ExperimentsSearch } from './experiments-search.ts'

/** What a page shows of experiments follows the server at most this often. */
const FOLLOW_MS = 1_000
const RUNS_PAGE = 100
/** The largest page that the server gives. */
const WALKED = 500
/** A run's own page looks again this often while the run is under way. */
const LOOK_MS = 1_000

/** The list behind the address, newest first. */
export function useExperiments({ state, search, at }: ExperimentsSearch) {
  const { project, client } = useProject()
  const filter = { ...(state === undefined ? {} : { status: state }), ...(search === undefined ? {} : { search }) }
  const fetchExperiment = (id: string) =>
    readAnswer(client.api.experiments[':experiment_id'].$get({ param: { experiment_id: encodeURIComponent(id) } }))
  return useLiveList({
    ...{ key: [project, 'experiments'], name: JSON.stringify([filter, at]), topic: 'experiments', followMs: FOLLOW_MS },
    start: at === undefined ? {} : { at: endOfDay(at) },
    fetchPage: (place: object, signal?: AbortSignal) => {
      const init = signal === undefined ? {} : { init: { signal } }
      return readAnswer(client.api['experiment-page'].$get({ query: { ...filter, ...place } }, init))
    },
    fetchCount: signal => readAnswer(client.api['experiment-count'].$get({ query: filter }, { init: { signal } })),
    keyOf: experiment => experiment.id,
    alone: { goesOn: ({ status }) => status === 'running' || status === 'paused', fetchRow: fetchExperiment },
  })
}

/** One experiment. */
export function useExperiment(id: string, enabled = true) {
  const { project, client } = useProject()
  const param = { experiment_id: encodeURIComponent(id) }
  const experiment = useQuery({
    queryKey: [project, 'experiments', 'one', id],
    queryFn: ({ signal }) => readAnswer(client.api.experiments[':experiment_id'].$get({ param }, { init: { signal } })),
    enabled,
    staleTime: 0,
  })
  useLearnedName(project, id, experiment.data?.name)
  return experiment
}

/** The runs of an experiment, those that started last first, in pages. */
export function useExperimentRuns(id: string, { state, min, max }: ExperimentRunsSearch) {
  const { project, client } = useProject()
  const filter = {
    ...(state === undefined ? {} : { status: state }),
    ...(min === undefined ? {} : { min_score: String(min) }),
    ...(max === undefined ? {} : { max_score: String(max) }),
  }
  /** Every run that matches, also those that are not held. */
  const walkRows = (signal: AbortSignal) =>
    walkPages<ListedRun, number>(
      async offset => {
        const query = { experiment_id: id, limit: String(WALKED), offset: String(offset ?? 0), ...filter }
        const { items } = await readAnswer(client.api.runs.$get({ query }, { init: { signal } }))
        return { rows: items, next: items.length < WALKED ? null : (offset ?? 0) + WALKED }
      },
      row => row.id,
    )
  const runs = useInfiniteQuery({
    queryKey: [project, 'experiment runs', id, filter],
    queryFn: ({ pageParam, signal }) => {
      const query = { experiment_id: id, limit: String(RUNS_PAGE), offset: String(pageParam), ...filter }
      return readAnswer(client.api.runs.$get({ query }, { init: { signal } }))
    },
    initialPageParam: 0,
    getNextPageParam: (page, pages) => {
      const had = pages.length * RUNS_PAGE
      return had < page.total ? had : null
    },
    placeholderData: former => former,
    staleTime: 0,
  })
  return { runs, walkRows }
}

/** A run with its stages and scores; looked at again while it goes on. */
export function useExperimentRun(id: string) {
  const { project, client } = useProject()
  return useQuery({
    queryKey: [project, 'experiment run', id],
    queryFn: ({ signal }) =>
      readAnswer(client.api.runs[':id'].$get({ param: { id: encodeURIComponent(id) } }, { init: { signal } })),
    staleTime: 0,
    refetchInterval: ({ state }) =>
      state.data?.status === 'pending' || state.data?.status === 'running' ? LOOK_MS : false,
  })
}
