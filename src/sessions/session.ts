import { randomUUID } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { NotFound } from '#errors.ts'
import { foreignIdSchema, timeSchema } from '#http/schemas.ts'
import { unpackMessages } from './contents.ts'
import type { Foreign } from './foreign.ts'
import { type SaveResult, type SessionToSave, saveSessions } from './save.ts'

export const savedSessionSchema = z.object({ session_id: z.string(), msg_count: z.int() }).openapi('SavedSession')

export const sessionSchema = z
  .object({
    session_id: z.string(),
    profile_id: z.string(),
    name: z.string().nullable(),
    created_at: timeSchema,
    last_active: timeSchema,
    pinned: z.boolean(),
    msg_count: z.int(),
    likes: z.int(),
    dislikes: z.int(),
    outcome: z
      .object({
        source: z.string(),
        reward: z.number().nullable(),
        task_id: z.string().nullable(),
        details: z.unknown(),
      })
      .nullable(),
    raw_line_count: z.int().openapi({ description: 'Lines of the transcript file that are no messages' }),
    from: z.int().openapi({ description: 'Index of the first message shown' }),
    messages: z.array(z.looseObject({ role: z.string() })),
  })
  .openapi('Session')

export const sessionIdParameter = z.object({ session_id: foreignIdSchema })

/**
 * Saves one session; without an id it gets a new one.
 *
 * @throws Invalid if a new session lacks its profile or its messages, Conflict if `expected_msg_count` is wrong.
 */
export async function saveSession(
  db: Db,
  projectId: number,
  input: Omit<SessionToSave, 'session_id'> & { session_id?: string | undefined },
): Promise<Exclude<SaveResult, { refusal: unknown }>> {
  const [result] = await saveSessions(db, projectId, [{ ...input, session_id: input.session_id ?? randomUUID() }])
  if (result === undefined) throw new Error('saveSessions gave no result')
  if ('refusal' in result) throw result.refusal
  return result
}

/** A session with a window of its messages as they came, and what subagents said below them. @throws NotFound */
export async function getSession(
  db: Db,
  projectId: number,
  sessionId: string,
  window: { from: number; limit: number },
): Promise<z.infer<typeof sessionSchema>> {
  const row = await queryOne<Omit<z.infer<typeof sessionSchema>, 'messages' | 'from'> & { session_no: number }>(
    db,
    sql`
      select session_no, session_id, profile_id, name, created_at, last_active, pinned, msg_count, likes, dislikes,
        (select json_build_object('source', source, 'reward', reward, 'task_id', task_id, 'details', details)
          from outcomes o where o.project_id = s.project_id and o.session_no = s.session_no) as outcome,
        (select count(*) from raw_lines r where r.project_id = s.project_id and r.session_no = s.session_no) as raw_line_count
      from sessions s where project_id = ${projectId} and session_id = ${sessionId}`,
  )
  if (row === null) throw new NotFound(`There is no session "${sessionId}".`)
  const { session_no, ...session } = row
  return { ...session, from: window.from, messages: await listMessages(db, projectId, session_no, window) }
}

/** Removes a session with its messages, feedback and evaluations. Answers in the ledger stay. @throws NotFound */
export async function deleteSession(db: Db, projectId: number, sessionId: string): Promise<void> {
  const row = await queryOne(
    db,
    sql`delete from sessions where project_id = ${projectId} and session_id = ${sessionId} returning session_no`,
  )
  if (row === null) throw new NotFound(`There is no session "${sessionId}".`)
}

async function listMessages(
  db: Db,
  projectId: number,
  sessionNo: number,
  window: { from: number; limit: number },
): Promise<(Foreign & { role: string })[]> {
  const rows = await query<{ thread: number; message_index: number; body: Foreign }>(
    db,
    sql`
      with recursive shown as (
        select thread, message_index, body, links from messages
        where project_id = ${projectId} and session_no = ${sessionNo} and thread = 0
          and message_index between ${window.from} and ${window.from + window.limit - 1}
        union all
        select m.thread, m.message_index, m.body, m.links
        from shown cross join lateral json_array_elements_text(shown.links -> 'threads') started (thread)
        join messages m on m.project_id = ${projectId} and m.session_no = ${sessionNo} and m.thread = started.thread::integer
      )
      select thread, message_index, body from shown order by thread, message_index`,
  )
  return unpackMessages(rows).map(message => ({ ...message, role: String(message.role) }))
}
