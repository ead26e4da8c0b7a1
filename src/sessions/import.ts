import { randomUUID } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import type { Db } from '#db/connect.ts'
import { Invalid } from '#errors.ts'
import { parseJson } from '#json.ts'
import { type Line, splitLines } from '#lines.ts'
import { sessionInputSchema } from './input.ts'
import { type SaveResult, type SessionToSave, saveSessions } from './save.ts'

export const importResultSchema = z
  .object({
    imported: z.int(),
    updated: z.int(),
    unchanged: z.int(),
    rejected: z.array(z.object({ line: z.int(), reason: z.string() })),
    rejected_count: z.int().openapi({ description: 'All of them; `rejected` lists the first 1,000' }),
  })
  .openapi('ImportResult')
export type ImportResult = z.infer<typeof importResultSchema>

/** One transaction holds at most this many sessions, or bytes of lines. */
const BATCH_SESSIONS = 500
const BATCH_BYTES = 4 * 1024 * 1024
const REJECTED_SHOWN = 1_000
/** The longest line: a session larger than this cannot come in one piece. */
const MAX_LINE = 64 * 1024 * 1024

/**
 * Imports NDJSON, a session a line, as a stream: memory holds two batches whatever the size, the one being read and the one
 * being written. A line that cannot be read rejects only itself.
 *
 * When the same id stands twice, the later line counts last, as if they had come one after the other.
 */
export async function importSessions(
  db: Db,
  projectId: number,
  stream: AsyncIterable<Uint8Array>,
): Promise<ImportResult> {
  const result: ImportResult = { imported: 0, updated: 0, unchanged: 0, rejected: [], rejected_count: 0 }
  let writing: Promise<void> = Promise.resolve()
  let batch = createBatch()
  const write = async () => {
    const full = batch
    batch = createBatch()
    await writing
    writing = writeBatch(db, projectId, full, result)
    writing.catch(() => {})
  }
  for await (const lines of splitLines(stream, { maxBytes: MAX_LINE })) {
    for (const line of lines) {
      const read = readLine(line)
      if ('reason' in read) {
        reject(result, line.number, read.reason)
        continue
      }
      if (batch.sessions.has(read.session.session_id)) await write()
      batch.sessions.set(read.session.session_id, { session: read.session, line: line.number })
      batch.bytes += 'bytes' in line ? line.bytes.length : 0
      if (batch.sessions.size >= BATCH_SESSIONS || batch.bytes >= BATCH_BYTES) await write()
    }
  }
  await write()
  await writing
  result.rejected.sort((a, b) => a.line - b.line)
  return result
}

interface Batch {
  sessions: Map<string, { session: SessionToSave; line: number }>
  bytes: number
}

function createBatch(): Batch {
  return { sessions: new Map(), bytes: 0 }
}

function readLine(line: Line): { session: SessionToSave } | { reason: string } {
  if ('tooLong' in line) return { reason: `The line has ${line.length} bytes; the longest may have ${MAX_LINE}.` }
  try {
    const parsed = sessionInputSchema.safeParse(parseJson(line.bytes))
    if (parsed.success) return { session: { ...parsed.data, session_id: parsed.data.session_id ?? randomUUID() } }
    return { reason: describeIssue(parsed.error) }
  } catch (error) {
    if (error instanceof Invalid) return { reason: error.message }
    throw error
  }
}

async function writeBatch(db: Db, projectId: number, batch: Batch, result: ImportResult): Promise<void> {
  const entries = [...batch.sessions.values()]
  const saved = await saveSessions(
    db,
    projectId,
    entries.map(entry => entry.session),
  )
  for (const [index, one] of saved.entries()) countResult(result, one, entries[index]?.line ?? 0)
}

function countResult(result: ImportResult, saved: SaveResult, line: number): void {
  if ('refusal' in saved) reject(result, line, saved.refusal.message)
  else result[saved.outcome] += 1
}

function reject(result: ImportResult, line: number, reason: string): void {
  result.rejected_count += 1
  if (result.rejected.length < REJECTED_SHOWN) result.rejected.push({ line, reason })
}

function describeIssue(error: z.core.$ZodError): string {
  const issue = error.issues[0]
  if (issue === undefined) return 'This is no session.'
  const path = issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') return `Unknown field ${[path, issue.keys[0]].filter(Boolean).join('.')}`
  return path === '' ? issue.message : `${path}: ${issue.message}`
}
