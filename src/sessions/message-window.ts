import { z } from '@hono/zod-openapi'
import sql, { join } from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import {
  type BlockedMessage,
  blockMessage,
  describeSpeaker,
  showBlock,
  showCall,
  shownMessageSchema,
} from './block-view.ts'
import type { Foreign } from './foreign.ts'
import { type BlockPlace, namePlace, type Pairs, pairCalls } from './pairing.ts'
import { findSessionNo } from './session-no.ts'

export const messageWindowSchema = z
  .object({ thread: z.int(), from: z.int(), messages: z.array(shownMessageSchema) })
  .openapi('MessageWindow')
export type MessageWindow = z.infer<typeof messageWindowSchema>

/** Results stand within so many messages of their calls, nearly always; for others the links are asked. */
const AROUND = 40
/** So many of a window's calls and results are looked for further away. */
const FAR = 50

/**
 * A window of a conversation for a page, at most 200 messages: blocks of at most 4 kB, each call with the result that answers
 * it, wherever that stands. Thread 0 is the conversation itself, the others are subagents'.
 *
 * @throws NotFound for an unknown session; past the end there are no messages.
 */
export async function readMessageWindow(
  db: Db,
  projectId: number,
  sessionId: string,
  place: { thread: number; from: number; limit: number },
): Promise<MessageWindow> {
  const { thread, from, limit } = place
  const conversation = { projectId, sessionNo: await findSessionNo(db, projectId, sessionId), thread }
  const around = await readMessages(db, conversation, from - AROUND, from + limit - 1 + AROUND)
  const pairs = pairCalls(around)
  const shown = around.filter(({ message_index }) => message_index >= from && message_index < from + limit)
  const held = new Map(around.map(message => [message.message_index, message]))
  await findFarPartners(db, conversation, shown, pairs, held)
  const counts = await countSubagents(db, conversation, shown)
  const messages = shown.map(message => ({
    ...describeSpeaker(message),
    blocks: message.blocks.map((block, index) => {
      const key = namePlace({ message_index: message.message_index, block: index })
      if (block.type !== 'tool_call') {
        return showBlock(message, block, index, held.get(pairs.call_of.get(key)?.message_index ?? -1) ?? null)
      }
      const answer = pairs.result_of.get(key)
      const answered = held.get(answer?.message_index ?? -1)
      const result = answer === undefined || answered === undefined ? null : { message: answered, place: answer }
      return showCall(message, block, result, counts.get(block.thread ?? 0) ?? 0)
    }),
  }))
  return { thread, from, messages }
}

interface Conversation {
  projectId: number
  sessionNo: number
  thread: number
}

async function readMessages(db: Db, of: Conversation, first: number, last: number): Promise<BlockedMessage[]> {
  const rows = await query<{ message_index: number; body: Foreign }>(
    db,
    sql`
      select message_index, body from messages
      where project_id = ${of.projectId} and session_no = ${of.sessionNo} and thread = ${of.thread}
        and message_index between ${first} and ${last}
      order by message_index`,
  )
  return rows.map(blockMessage)
}

/** Looks by id for what stands far away, the nearest on the right side of it; by the links, so that no other body is read. */
async function findFarPartners(
  db: Db,
  of: Conversation,
  shown: BlockedMessage[],
  pairs: Pairs,
  held: Map<number, BlockedMessage>,
): Promise<void> {
  const missing = listMissing(shown, pairs).slice(0, FAR)
  if (missing.length === 0) return
  const found = await query<{ nth: number; message_index: number }>(
    db,
    sql`
      select w.nth, m.message_index
      from (values ${join(missing.map((one, nth) => sql`(${nth}::integer, ${one.at.message_index}::integer, ${one.field}, ${one.id})`))})
        as w (nth, at, field, id)
      cross join lateral (
        select message_index from messages m
        where project_id = ${of.projectId} and session_no = ${of.sessionNo} and thread = ${of.thread}
          and case when w.field = 'results' then message_index > w.at else message_index < w.at end
          and links is not null and (links ->> w.field)::jsonb @> to_jsonb(array[w.id])
        order by abs(message_index - w.at) limit 1
      ) m`,
  )
  for (const { nth, message_index } of found) {
    const wanted = missing[nth]
    const [message] = held.has(message_index) ? [] : await readMessages(db, of, message_index, message_index)
    const partner = message ?? held.get(message_index)
    if (wanted === undefined || partner === undefined) continue
    held.set(message_index, partner)
    const block = partner.blocks.findIndex(other =>
      wanted.field === 'results'
        ? other.type === 'tool_result' && other.call_id === wanted.id
        : other.type === 'tool_call' && other.id === wanted.id,
    )
    if (block < 0) continue
    const to = wanted.field === 'results' ? pairs.result_of : pairs.call_of
    to.set(namePlace(wanted.at), { message_index, block })
  }
}

/** Calls without a result and results without a call, those with an id. */
function listMissing(shown: BlockedMessage[], pairs: Pairs) {
  return shown.flatMap(({ message_index, blocks }) =>
    blocks.flatMap((block, index): { at: BlockPlace; field: 'calls' | 'results'; id: string }[] => {
      const at = { message_index, block: index }
      if (block.type === 'tool_call' && block.id !== null && !pairs.result_of.has(namePlace(at))) {
        return [{ at, field: 'results', id: block.id }]
      }
      if (block.type === 'tool_result' && block.call_id !== null && !pairs.call_of.has(namePlace(at))) {
        return [{ at, field: 'calls', id: block.call_id }]
      }
      return []
    }),
  )
}

async function countSubagents(db: Db, of: Conversation, shown: BlockedMessage[]): Promise<Map<number, number>> {
  const threads = shown.flatMap(({ blocks }) =>
    blocks.flatMap(block => (block.type === 'tool_call' ? (block.thread ?? []) : [])),
  )
  if (threads.length === 0) return new Map()
  const rows = await query<{ thread: number; n: number }>(
    db,
    sql`
      select t.thread, (
        select coalesce(max(message_index) + 1, 0) from messages m
        where m.project_id = ${of.projectId} and m.session_no = ${of.sessionNo} and m.thread = t.thread
      ) as n
      from unnest(${threads}::integer[]) t (thread)`,
  )
  return new Map(rows.map(row => [row.thread, row.n]))
}
