import { randomUUID } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import type { Db } from '#db/connect.ts'
import { Invalid } from '#errors.ts'
import { explainIssues } from '#http/issues.ts'
import { parseJson } from '#json.ts'
import { showPath } from '#json-trouble.ts'
import { type Line, splitLines } from '#lines.ts'
import { sessionInputSchema } from './input.ts'
import { type SaveResult, type SessionToSave, saveSessions } from './save.ts'

export const importResultSchema = z
  .object({
    imported: z.int(),
    updated: z.int(),
    unchanged: z.int(),
    rejected: z.array(z.object({ line: z.int(), reason: z.string() })),
    rejected_count: z.int().openapi({ description: 'All of them; `rejected` lists the first 100,000' }),
  })
  .openapi('ImportResult')
export type ImportResult = z.infer<typeof importResultSchema>

/** One transaction holds at most this many sessions, or bytes of lines. */
const BATCH_SESSIONS = 500
const BATCH_BYTES = 4 * 1024 * 1024
/** As many as fit into a few tens of megabytes with their reasons. */
const REJECTED_SHOWN = 100_000
const REASON_LENGTH = 300
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
    const value = parseJson(line.bytes)
    const parsed = sessionInputSchema.safeParse(value)
    if (parsed.success) return { session: { ...parsed.data, session_id: parsed.data.session_id ?? randomUUID() } }
    return { reason: describeTrouble(parsed.error, value) }
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
  if (result.rejected.length < REJECTED_SHOWN) result.rejected.push({ line, reason: reason.slice(0, REASON_LENGTH) })
}

function describeTrouble(error: z.core.$ZodError, value: unknown): string {
  const [trouble] = explainIssues(error.issues, value)
  if (trouble === undefined) return 'This is no session.'
  return trouble.path.length === 0 ? trouble.message : `${showPath(trouble.path)}: ${trouble.message}`
}
