import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, queryOne } from '#db/connect.ts'
import { NotFound } from '#errors.ts'
import { blockMessage, readShownText } from './block-view.ts'
import type { Foreign } from './foreign.ts'
import { findSessionNo } from './session-no.ts'

export const blockTextSchema = z
  .object({ text: z.string(), from: z.int(), length: z.int().openapi({ description: 'UTF-16 units of the whole' }) })
  .openapi('BlockText')

/** What of a message is wanted: a block as it is shown, or without `block` the whole message as it is stored, as JSON. */
export interface TextPlace {
  thread: number
  message_index: number
  block?: number | undefined
  from: number
  limit: number
}

/** A slice of a text that is longer than what a window shows. @throws NotFound for what is not there. */
export async function readBlockText(
  db: Db,
  projectId: number,
  sessionId: string,
  place: TextPlace,
): Promise<z.infer<typeof blockTextSchema>> {
  const sessionNo = await findSessionNo(db, projectId, sessionId)
  const row = await queryOne<{ message_index: number; body: Foreign }>(
    db,
    sql`
      select message_index, body from messages
      where project_id = ${projectId} and session_no = ${sessionNo} and thread = ${place.thread}
        and message_index = ${place.message_index}`,
  )
  if (row === null) throw new NotFound(`The session has no message ${place.message_index} in thread ${place.thread}.`)
  const text = place.block === undefined ? JSON.stringify(row.body) : readBlockOf(row, place.block)
  return { text: text.slice(place.from, place.from + place.limit), from: place.from, length: text.length }
}

function readBlockOf(row: { message_index: number; body: Foreign }, index: number): string {
  const { body, blocks } = blockMessage(row)
  const block = blocks[index]
  if (block === undefined) throw new NotFound(`Message ${row.message_index} has ${blocks.length} blocks only.`)
  return readShownText(body, block, index)
}
