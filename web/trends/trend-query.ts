import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useRef } from 'react'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useChanges } from '../shell/live.ts'

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
  useSlowFollowing([project, 'trends'])
  const query = { weeks: String(weeks), ...(by && { by }), ...(time && { time }) }
  return useQuery({
    queryKey: [project, 'trends', query],
    queryFn: ({ signal }) => readAnswer(client.api.eval.trends.$get({ query }, { init: { signal } })),
    placeholderData: former => former,
  })
}

/** Asks again for what begins with the key when sessions changed, at most every 15 s. */
export function useSlowFollowing(key: string[]): void {
  const queries = useQueryClient()
  const timing = useRef({ at: Date.now(), timer: undefined as ReturnType<typeof setTimeout> | undefined })
  const name = JSON.stringify(key)
  useChanges(
    useCallback(
      (topic: string) => {
        if (topic !== 'sessions' && topic !== 'runs') return
        clearTimeout(timing.current.timer)
        const wait = Math.max(0, timing.current.at + FOLLOW_MS - Date.now())
        timing.current.timer = setTimeout(() => {
          timing.current.at = Date.now()
          void queries.invalidateQueries({ queryKey: JSON.parse(name) })
        }, wait)
      },
      [queries, name],
    ),
  )
}
