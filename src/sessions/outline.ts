import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query, queryRow } from '#db/connect.ts'
import { readBlocks } from './blocks.ts'
import type { Foreign } from './foreign.ts'
import { findSessionNo } from './session-no.ts'
import { shortenLine } from './tool-arguments.ts'

export const outlineSchema = z
  .object({
    thread: z.int(),
    flags: z.array(z.int()).openapi({ description: 'Per message what is in it, by the bits of message-flags.ts' }),
    characters: z.array(z.int()).openapi({ description: 'Per message the length of its text' }),
    lines: z.string().openapi({ description: 'Per message a line, possibly empty; separated by line feeds' }),
    path: z
      .array(z.object({ thread: z.int(), message_index: z.int(), name: z.string() }))
      .openapi({ description: 'For a subagent: the calls that lead to it, outermost first, each in the thread named' }),
  })
  .openapi('Outline')
export type Outline = z.infer<typeof outlineSchema>

/** Subagents start subagents, but not for ever. */
const DEEPEST = 50

/**
 * Every message of a conversation in a few bytes, read without its body: 30,000 messages take 60 ms and 1 MB. Thread 0 is the
 * conversation itself, the others are subagents'.
 *
 * @throws NotFound for an unknown session; an unknown thread is empty.
 */
export async function readOutline(db: Db, projectId: number, sessionId: string, thread: number): Promise<Outline> {
  const sessionNo = await findSessionNo(db, projectId, sessionId)
  const row = await queryRow<Pick<Outline, 'flags' | 'characters' | 'lines'>>(
    db,
    sql`
      select coalesce(array_agg(flags), '{}') as flags, coalesce(array_agg(characters), '{}') as characters,
        coalesce(string_agg(line, e'\n'), '') as lines
      from (
        select flags, characters, line from messages
        where project_id = ${projectId} and session_no = ${sessionNo} and thread = ${thread} order by message_index
      ) ordered`,
  )
  return { thread, ...row, path: await findPath(db, projectId, sessionNo, thread) }
}

async function findPath(db: Db, projectId: number, sessionNo: number, thread: number): Promise<Outline['path']> {
  const path: Outline['path'] = []
  for (let child = thread; child > 0 && path.length < DEEPEST; ) {
    const [parent] = await query<{ thread: number; message_index: number; body: Foreign }>(
      db,
      sql`
        select thread, message_index, body from messages
        where project_id = ${projectId} and session_no = ${sessionNo} and thread < ${child}
          and links is not null and (links ->> 'threads')::jsonb @> to_jsonb(array[${child}::integer])
        limit 1`,
    )
    if (parent === undefined) break
    const call = readBlocks(parent.body).find(block => block.type === 'tool_call' && block.thread === child)
    const name = call?.type === 'tool_call' ? shortenLine(call.name, 80) : ''
    path.unshift({ thread: parent.thread, message_index: parent.message_index, name })
    child = parent.thread
  }
  return path
}
