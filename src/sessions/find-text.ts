import { z } from '@hono/zod-openapi'
import sql, { join } from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { type BlockedMessage, blockMessage, readShownText } from './block-view.ts'
import type { Foreign } from './foreign.ts'
import { findSessionNo } from './session-no.ts'

export const findingSchema = z
  .object({
    hits: z
      .array(z.tuple([z.int(), z.int(), z.int(), z.int()]))
      .openapi({ description: 'Each: thread, message_index, block, and where in the text of the block it begins' }),
    all: z.boolean().openapi({ description: 'False: there are more than these' }),
  })
  .openapi('Finding')
export type Finding = z.infer<typeof findingSchema>

/** Nobody steps through more. */
const HITS = 1_000

/**
 * Every place of a text in a session, subagents' conversations last: text, thinking, arguments and results in full, as they
 * are shown, capitals or not. The database reads the stored JSON; only messages that can have the text come from it.
 *
 * @throws NotFound
 */
export async function findText(db: Db, projectId: number, sessionId: string, text: string): Promise<Finding> {
  const sessionNo = await findSessionNo(db, projectId, sessionId)
  const rows = await query<{ thread: number; message_index: number; body: Foreign }>(
    db,
    sql`
      select thread, message_index, body from messages
      where project_id = ${projectId} and session_no = ${sessionNo}
        and (${join(
          listPatterns(text).map(pattern => sql`body::text ilike ${pattern}`),
          ' or ',
        )})
      order by thread, message_index limit ${HITS + 1}`,
  )
  const hits: Finding['hits'] = []
  for (const { thread, ...row } of rows) {
    for (const [block, at] of findInMessage(blockMessage(row), text)) {
      if (hits.length === HITS) return { hits, all: false }
      hits.push([thread, row.message_index, block, at])
    }
  }
  return { hits, all: rows.length <= HITS }
}

/**
 * What the stored JSON has where a message shows the text: the text itself, or its escapes. What is no ASCII may be anything,
 * since the database may not know its capitals; the messages themselves decide.
 */
function listPatterns(text: string): string[] {
  const forms = new Set([text, JSON.stringify(text).slice(1, -1)])
  return [...forms].map(form => `%${form.replace(/[\\%_]/g, '\\$&').replace(/[^\0-\x7f]/gu, '%')}%`)
}

function findInMessage(message: BlockedMessage, text: string): [block: number, at: number][] {
  const wanted = foldCase(text)
  return message.blocks.flatMap((block, index) => {
    if (block.type === 'attachment') return []
    const folded = foldCase(readShownText(message.body, block, index))
    const places: [number, number][] = []
    for (let at = folded.indexOf(wanted); at >= 0; at = folded.indexOf(wanted, at + wanted.length)) {
      places.push([index, at])
      if (places.length > HITS) break
    }
    return places
  })
}

/** In small letters, each in the place where it was: the few that would become two stay. */
function foldCase(text: string): string {
  const folded = text.toLowerCase()
  if (folded.length === text.length) return folded
  return text.replace(/./gsu, letter => (letter.toLowerCase().length === letter.length ? letter.toLowerCase() : letter))
}
