import { createHash } from 'node:crypto'
import type { SessionInput } from '#sessions/input.ts'

/**
 * A session as a line of NDJSON, without its end. One without an id is named by its content: else it would be another session
 * with every import.
 */
export function writeSessionLine(session: SessionInput): string {
  const text = JSON.stringify(session)
  if (session.session_id !== undefined) return text
  const session_id = `session-${createHash('sha256').update(text).digest('hex').slice(0, 24)}`
  return JSON.stringify({ session_id, ...session })
}
