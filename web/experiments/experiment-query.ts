import { useQuery } from '@tanstack/react-query'
import { type ListedRun, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useLiveList } from '../shell/live-list.ts'
import { useLearnedName } from '../shell/page-name.ts'
import { endOfDay } from '../ui/days.ts'
import type { ExperimentRunsSearch, ExperimentsSearch } from './experiments-search.ts'

/** What a page shows of experiments follows the server at most this often. */
const FOLLOW_MS = 1_000
/** There may be many of its runs. */
const RUNS_MS = 2_000
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

/** The runs of an experiment, those that started last first. */
export function useExperimentRuns(id: string, { state, min, max, search, at }: ExperimentRunsSearch) {
  const { project, client } = useProject()
  const filter = {
    experiment_id: id,
    ...(state === undefined ? {} : { status: state }),
    ...(min === undefined ? {} : { min_score: String(min) }),
    ...(max === undefined ? {} : { max_score: String(max) }),
    ...(search === undefined ? {} : { search }),
  }
  return useLiveList({
    ...{ key: [project, 'experiment runs', id], name: JSON.stringify([filter, at]), topic: 'experiments' },
    followMs: RUNS_MS,
    start: at === undefined ? {} : { at: endOfDay(at) },
    fetchPage: (place: object, signal?: AbortSignal) => {
      const init = signal === undefined ? {} : { init: { signal } }
      return readAnswer(client.api.runs.page.$get({ query: { ...filter, ...place } }, init))
    },
    fetchCount: signal => readAnswer(client.api.runs.count.$get({ query: filter }, { init: { signal } })),
    keyOf: (run: ListedRun) => run.id,
    alone: {
      goesOn: ({ status }) => status === 'pending' || status === 'running',
      fetchRow: run => readAnswer(client.api.runs[':id'].$get({ param: { id: encodeURIComponent(run) } })),
    },
  })
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

/** A run with what it asked, answered and scored. */
export type ShownRun = NonNullable<ReturnType<typeof useExperimentRun>['data']>
