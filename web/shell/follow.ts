import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef } from 'react'
import { useChanges } from './live.ts'

/** Calls back when one of the topics changed: at once, then at most every `ms`, and always after the last change. */
export function useThrottledChanges(topics: readonly string[], ms: number, onChange: () => void): void {
  const timing = useRef({ at: 0, timer: undefined as ReturnType<typeof setTimeout> | undefined })
  const latest = useRef(onChange)
  latest.current = onChange
  const name = JSON.stringify(topics)
  const listen = useCallback(
    (topic: string) => {
      const followed: string[] = JSON.parse(name)
      if (!followed.includes(topic)) return
      clearTimeout(timing.current.timer)
      const wait = Math.max(0, timing.current.at + ms - Date.now())
      timing.current.timer = setTimeout(() => {
        timing.current.at = Date.now()
        latest.current()
      }, wait)
    },
    [name, ms],
  )
  useChanges(listen)
  useEffect(() => () => clearTimeout(timing.current.timer), [])
}

/** Asks again, as often, for the queries whose key begins like this. */
export function useFollowing(key: string[], topics: readonly string[], ms: number): void {
  const queries = useQueryClient()
  useThrottledChanges(topics, ms, () => {
    const first = queries
      .getQueryCache()
      .findAll({ queryKey: key, fetchStatus: 'fetching', predicate: ({ state }) => state.data === undefined })
    void queries.invalidateQueries({ queryKey: key })
    // A first answer is not asked for anew while it is on its way, and may have been read before the change.
    for (const { queryKey } of first)
      void waitForAnswer(queries, queryKey).then(() => queries.invalidateQueries({ queryKey, exact: true }))
  })
}

/** Waits for the answer that is on its way to a query, if one is: it may have been read before a change that is known now. */
export async function waitForAnswer(queries: QueryClient, queryKey: readonly unknown[]): Promise<void> {
  await queries
    .getQueryCache()
    .find({ queryKey, fetchStatus: 'fetching' })
    ?.fetch()
    .catch(() => {})
}
