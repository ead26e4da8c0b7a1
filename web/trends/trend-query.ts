import { useQuery } from '@tanstack/react-query'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'

/** Weekly figures follow what is judged at most this often. */
const FOLLOW_MS = 15_000

interface TrendQuery {
  weeks: number
  by?: 'profile' | 'model' | 'complexity' | undefined
  time?: 'judged' | undefined
}

/** Weekly means of up to four series. */
export function useTrendSeries({ weeks, by, time }: TrendQuery) {
  const { project, client } = useProject()
  useFollowing([project, 'trends'], ['sessions', 'runs'], FOLLOW_MS)
  const query = { weeks: String(weeks), ...(by && { by }), ...(time && { time }) }
  return useQuery({
    queryKey: [project, 'trends', query],
    queryFn: ({ signal }) => readAnswer(client.api.eval.trends.$get({ query }, { init: { signal } })),
    placeholderData: former => former,
    // What changed while nobody looked at it was not followed.
    staleTime: 0,
  })
}
