import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useRef } from 'react'
import { useChanges } from '../shell/live.ts'
import type { useSession } from './session-query.ts'

/** A session that is being written is looked at again at most this often. */
const PAUSE_MS = 2_000

/**
 * Looks at the session again when something changed: its judgement and thumbs follow by themselves, new messages are counted
 * and come when they are asked for.
 */
export function useFreshSession({ of, head, outline }: ReturnType<typeof useSession>) {
  const queries = useQueryClient()
  const timing = useRef({ at: 0, timer: undefined as ReturnType<typeof setTimeout> | undefined })
  const key = useCallback((part: string) => [of.project, 'session', of.id, part], [of.project, of.id])
  useChanges(
    useCallback(
      (topic: string) => {
        if (topic !== 'sessions') return
        clearTimeout(timing.current.timer)
        const wait = Math.max(0, timing.current.at + PAUSE_MS - Date.now())
        timing.current.timer = setTimeout(() => {
          timing.current.at = Date.now()
          for (const part of ['head', 'ratings', 'detail']) void queries.invalidateQueries({ queryKey: key(part) })
        }, wait)
      },
      [queries, key],
    ),
  )
  const known = outline.data?.flags.length ?? 0
  const count = of.thread === 0 && head.data && outline.data ? Math.max(0, head.data.msg_count - known) : 0
  return { count, show: () => void queries.invalidateQueries({ queryKey: key('outline') }) }
}
