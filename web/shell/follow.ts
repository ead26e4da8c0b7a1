import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef } from 'react'
import { useChanges } from './live.ts'

/**
 * Asks again for the queries whose key begins like this when one of the topics changed: at once, then at most every `ms`, and
 * always after the last change.
 */
export function useFollowing(key: string[], topics: readonly string[], ms: number): void {
  const queries = useQueryClient()
  const timing = useRef({ at: 0, timer: undefined as ReturnType<typeof setTimeout> | undefined })
  const name = JSON.stringify([key, topics])
  const listen = useCallback(
    (topic: string) => {
      const [queryKey, followed]: [string[], string[]] = JSON.parse(name)
      if (!followed.includes(topic)) return
      clearTimeout(timing.current.timer)
      const wait = Math.max(0, timing.current.at + ms - Date.now())
      timing.current.timer = setTimeout(() => {
        timing.current.at = Date.now()
        void queries.invalidateQueries({ queryKey })
      }, wait)
    },
    [queries, name, ms],
  )
  useChanges(listen)
  useEffect(() => () => clearTimeout(timing.current.timer), [])
}
