import { stripVTControlCharacters } from 'node:util'
import { z } from '@hono/zod-openapi'
import { timeSchema } from '#http/schemas.ts'
import { readAttachment } from './attachment.ts'
import { type ReadBlock, readBlocks } from './blocks.ts'
import type { Foreign } from './foreign.ts'
import { readOutcome } from './message-outline.ts'
import type { BlockPlace } from './pairing.ts'
import { shortenLine, showToolArguments } from './tool-arguments.ts'

/** So many UTF-16 units of a block come with its message; the rest when somebody asks. */
const BLOCK_CAP = 4_096
/** Of a failure the end says most. */
const TAIL = 2_048
/** Longer text is not looked at for being JSON. */
const JSON_LOOK = 1_000_000

const textSchema = { text: z.string(), length: z.int().openapi({ description: 'UTF-16 units of the whole text' }) }
const resultFields = {
  ...textSchema,
  message_index: z.int(),
  block: z.int(),
  tail: z.string().nullable().openapi({ description: 'The end of a failure that is longer than what is shown' }),
  lines: z.int(),
  outcome: z.enum(['ok', 'failed', 'unknown']),
  json: z.boolean().openapi({ description: 'Whether the whole text is a JSON object or array' }),
  ms: z.number().nullable().openapi({ description: 'From the call to the result, where both state a time' }),
}

export const shownResultSchema = z.object(resultFields).openapi('ShownResult')
export type ShownResult = z.infer<typeof shownResultSchema>

export const shownBlockSchema = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('text'), ...textSchema }),
    z.object({ type: z.literal('thinking'), ...textSchema, words: z.int() }),
    z.object({
      type: z.literal('tool_call'),
      name: z.string(),
      ...textSchema,
      parses: z.boolean(),
      summary: z.string(),
      edits: z.array(z.object({ path: z.string().nullable(), before: z.string(), after: z.string() })),
      subagent: z.object({ thread: z.int(), messages: z.int() }).nullable(),
      result: shownResultSchema.nullable(),
    }),
    z.object({
      type: z.literal('tool_result'),
      ...resultFields,
      call: z
        .int()
        .nullable()
        .openapi({ description: 'The message whose call it answers; null when none is recorded' }),
    }),
    z.object({
      type: z.literal('attachment'),
      kind: z.string(),
      media_type: z.string().nullable(),
      size: z.int().nullable(),
      shown: z.boolean().openapi({ description: 'Whether its text is an image as a data: address' }),
    }),
  ])
  .openapi('ShownBlock')
export type ShownBlock = z.infer<typeof shownBlockSchema>

export const shownMessageSchema = z
  .object({
    message_index: z.int(),
    role: z.string(),
    model: z.string().nullable(),
    author: z.string().nullable(),
    created_at: timeSchema.nullable(),
    blocks: z.array(shownBlockSchema),
  })
  .openapi('ShownMessage')
export type ShownMessage = z.infer<typeof shownMessageSchema>

/** A stored message, with its blocks read. */
export interface BlockedMessage {
  message_index: number
  body: Foreign
  blocks: ReadBlock[]
}

/** A block's text as a page shows and searches it: without terminal colours; of a call its arguments; of an image the image. */
export function readShownText(body: Foreign, block: ReadBlock, index: number): string {
  if (block.type === 'tool_call') return showToolArguments(block.arguments).text
  if (block.type === 'attachment') return readAttachment(findRawBlock(body, index)).image ?? ''
  return stripVTControlCharacters(block.text)
}

/** Everything but the calls: those need their results, see `showCall`. */
export function showBlock(
  message: BlockedMessage,
  block: Exclude<ReadBlock, { type: 'tool_call' }>,
  index: number,
  call: BlockedMessage | null,
): ShownBlock {
  if (block.type === 'attachment') {
    const { image, ...about } = readAttachment(findRawBlock(message.body, index))
    return { type: 'attachment', kind: block.kind, ...about, shown: image !== null }
  }
  if (block.type === 'tool_result') {
    return { type: 'tool_result', ...showResult(message, index, call), call: call?.message_index ?? null }
  }
  const text = stripVTControlCharacters(block.text)
  if (block.type === 'text') return { type: 'text', ...capText(text) }
  return { type: 'thinking', ...capText(text), words: text.split(/\s+/).filter(word => word !== '').length }
}

/** A call with the result that answers it. */
export function showCall(
  message: BlockedMessage,
  block: Extract<ReadBlock, { type: 'tool_call' }>,
  answer: { message: BlockedMessage; place: BlockPlace } | null,
  subagentMessages: number,
): ShownBlock {
  const { text, parses, summary, edits } = showToolArguments(block.arguments)
  return {
    type: 'tool_call',
    name: shortenLine(block.name, 200),
    ...capText(text),
    parses,
    summary,
    edits: edits.slice(0, 20).map(({ path, before, after }) => ({
      path,
      before: capText(before).text,
      after: capText(after).text,
    })),
    subagent: block.thread === null ? null : { thread: block.thread, messages: subagentMessages },
    result: answer === null ? null : showResult(answer.message, answer.place.block, message),
  }
}

/** Who speaks, by which model, when; fields that sources add to a message. */
export function describeSpeaker({ body, message_index }: BlockedMessage): Omit<ShownMessage, 'blocks'> {
  const { role, model, name, created_at } = body
  const say = (value: unknown) => (typeof value === 'string' && value !== '' ? shortenLine(value, 200) : null)
  return {
    message_index,
    role: String(role),
    model: say(model),
    author: say(name),
    created_at: typeof created_at === 'string' ? created_at : null,
  }
}

/** Reads a stored message for showing. */
export function blockMessage({ message_index, body }: { message_index: number; body: Foreign }): BlockedMessage {
  return { message_index, body, blocks: readBlocks(body) }
}

function showResult(message: BlockedMessage, index: number, call: BlockedMessage | null): ShownResult {
  const block = message.blocks[index]
  if (block?.type !== 'tool_result') throw new Error(`Block ${index} of message ${message.message_index} is no result`)
  const text = stripVTControlCharacters(block.text)
  const outcome = readOutcome({ ...block, text })
  return {
    ...capText(text),
    message_index: message.message_index,
    block: index,
    tail: outcome === 'failed' && text.length > BLOCK_CAP + TAIL ? text.slice(-TAIL) : null,
    lines: countLines(text),
    outcome,
    json: isJsonText(text),
    ms: call === null ? null : measureTime(call.body.created_at, message.body.created_at),
  }
}

function capText(text: string): { text: string; length: number } {
  const capped = text.length <= BLOCK_CAP ? text : text.slice(0, BLOCK_CAP).replace(/[\uD800-\uDBFF]$/, '')
  return { text: capped, length: text.length }
}

function countLines(text: string): number {
  let lines = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < text.length - 1; at = text.indexOf('\n', at + 1)) lines++
  return lines
}

function isJsonText(text: string): boolean {
  if (text.length > JSON_LOOK || !/^\s*[[{]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function measureTime(from: unknown, to: unknown): number | null {
  if (typeof from !== 'string' || typeof to !== 'string') return null
  const ms = Date.parse(to) - Date.parse(from)
  return Number.isNaN(ms) || ms < 0 ? null : ms
}

/** The block as it came. Content blocks stand first and one to one; see `readBlocks`. */
function findRawBlock(body: Foreign, index: number): Foreign {
  const raw: unknown = Array.isArray(body.content) ? body.content[index] : null
  return typeof raw === 'object' && raw !== null ? { ...raw } : {}
}
