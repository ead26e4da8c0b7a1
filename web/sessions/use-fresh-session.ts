import { useQueryClient } from '@tanstack/react-query'
import { useFollowing } from '../shell/follow.ts'
import type { useSession } from './session-query.ts'

/** A session that is being written is looked at again at most this often. */
const PAUSE_MS = 2_000

/**
 * Looks at the session again when something changed: its judgement and thumbs follow by themselves, new messages are counted
 * and come when they are asked for.
 */
export function useFreshSession({ of, head, outline }: ReturnType<typeof useSession>) {
  const queries = useQueryClient()
  const key = (part: string) => [of.project, 'session', of.id, part]
  useFollowing(key('head'), ['sessions'], PAUSE_MS)
  useFollowing(key('ratings'), ['sessions'], PAUSE_MS)
  useFollowing(key('detail'), ['sessions'], PAUSE_MS)
  const known = outline.data?.flags.length ?? 0
  const count = of.thread === 0 && head.data && outline.data ? Math.max(0, head.data.msg_count - known) : 0
  return { count, show: () => void queries.invalidateQueries({ queryKey: key('outline') }) }
}
