import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { readAnswer, type ShownLeaderboard } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'
import { useLearnedName } from '../shell/page-name.ts'
import { type BoardSearch, FIRST_SHOWN } from './board-search.ts'

export type BoardEntry = ShownLeaderboard['entries'][number]

/** A page follows an experiment that goes on at most this often; one that has ended changes by people's scores alone. */
const FOLLOW_MS = 1_000
const ENDED_MS = 10_000

/** The leaderboard behind the address, the experiment itself, and why runs failed. */
export function useBoard(id: string, search: BoardSearch) {
  const { project, client } = useProject()
  const { baseline, split, k = 1, shown = FIRST_SHOWN } = search
  const board = useQuery({
    queryKey: [project, 'experiment', id, 'leaderboard', baseline ?? 0, split ?? '', k, shown],
    queryFn: ({ signal }) =>
      readAnswer(
        client.api.experiments[':id'].leaderboard.$get(
          {
            param: { id: encodeURIComponent(id) },
            query: {
              ...(baseline === undefined ? {} : { baseline: String(baseline) }),
              ...(split === undefined ? {} : { split }),
              ...{ k: String(k), limit: String(shown) },
            },
          },
          { init: { signal } },
        ),
      ),
    placeholderData: keepPreviousData,
    staleTime: 0,
  })
  const experiment = useExperiment(id)
  const failures = useQuery({
    queryKey: [project, 'experiment', id, 'failures'],
    queryFn: ({ signal }) =>
      readAnswer(
        client.api.experiments[':id'].failures.$get({ param: { id: encodeURIComponent(id) } }, { init: { signal } }),
      ),
    enabled: (board.data?.failed ?? 0) > 0,
    placeholderData: keepPreviousData,
    staleTime: 0,
  })
  useLearnedName(project, id, board.data?.name)
  const ms = board.data?.provisional === false ? ENDED_MS : FOLLOW_MS
  useFollowing([project, 'experiment', id], ['experiments'], ms)
  return { board, experiment, failures }
}

/** An experiment as it was written and how it stands. */
export function useExperiment(id: string) {
  const { project, client } = useProject()
  return useQuery({
    queryKey: [project, 'experiment', id, 'head'],
    queryFn: ({ signal }) =>
      readAnswer(
        client.api.experiments[':experiment_id'].$get(
          { param: { experiment_id: encodeURIComponent(id) } },
          { init: { signal } },
        ),
      ),
    staleTime: 0,
  })
}

/** All variants of an experiment by number and label, the best first. */
export function useVariants(id: string) {
  const { project, client } = useProject()
  const all = useQuery({
    queryKey: [project, 'experiment', id, 'variants'],
    queryFn: async ({ signal }) => {
      const { entries, name, provisional, baseline } = await readAnswer(
        client.api.experiments[':id'].leaderboard.$get(
          { param: { id: encodeURIComponent(id) }, query: { limit: '1000' } },
          { init: { signal } },
        ),
      )
      return { name, provisional, baseline, variants: entries.map(({ variant_no, label }) => ({ variant_no, label })) }
    },
  })
  useLearnedName(project, id, all.data?.name)
  return all
}
