import { hash } from 'node:crypto'
import { readTimestamp } from '#http/schemas.ts'
import type { Foreign } from './foreign.ts'
import type { MessageInput } from './input.ts'
import { type MessageOutline, outlineMessage } from './message-outline.ts'

/** A message as it is stored: subagents' messages have become threads of their own. */
export interface StoredMessage {
  thread: number
  message_index: number
  /** JSON text. */
  body: string
  outline: MessageOutline
}

/** The messages of a session, or of an addition to one, ready to be stored. */
export interface Contents {
  messages: StoredMessage[]
  /** Messages of the conversation itself, subagents' not counted. */
  count: number
  characters: number
  /**
   * A chain of SHA-256 over the messages, so that a session that grew message by message has the same hash as one that
   * came whole.
   */
  hash: Buffer
  /** The earliest and the newest time that a message of the conversation states. */
  first_time: string | null
  last_time: string | null
}

/** Where an addition begins: what is stored already. */
export interface ContentsStart {
  count: number
  /** The highest thread in use. */
  threads: number
  hash: Buffer
}

export const EMPTY_START: ContentsStart = { count: 0, threads: 0, hash: Buffer.alloc(32) }

/** Turns messages as they came into what is stored of them. Pure; foreign values are serialised as they are. */
export function packMessages(messages: MessageInput[], start: ContentsStart = EMPTY_START): Contents {
  const packer: Packer = { stored: [], threads: start.threads, characters: 0 }
  let chain = start.hash
  let first: string | null = null
  let last: string | null = null
  for (const [offset, message] of messages.entries()) {
    const whole = packMessage(packer, message, 0, start.count + offset)
    chain = hash('sha256', Buffer.concat([chain, Buffer.from(whole)]), 'buffer')
    const time = typeof message.created_at === 'string' ? readTimestamp(message.created_at) : null
    if (time !== null && (first === null || time < first)) first = time
    if (time !== null && (last === null || time > last)) last = time
  }
  return {
    messages: packer.stored,
    count: messages.length,
    characters: packer.characters,
    hash: chain,
    first_time: first,
    last_time: last,
  }
}

/** The inverse of packing: puts each subagent's messages back into the call that started it. */
export function unpackMessages(stored: { thread: number; message_index: number; body: Foreign }[]): Foreign[] {
  const threads = Map.groupBy(stored, message => message.thread)
  const unpackThread = (thread: number): Foreign[] =>
    (threads.get(thread) ?? []).map(({ body }) => mapCalls(body, call => restoreThread(call, unpackThread)))
  return unpackThread(0)
}

interface Packer {
  stored: StoredMessage[]
  threads: number
  characters: number
}

const NO_OUTLINE: MessageOutline = { flags: 0, characters: 0, line: '', links: null }

/** Stores a message and the threads that it starts; returns the JSON of the message with all that nests in it. */
function packMessage(packer: Packer, message: MessageInput, thread: number, index: number): string {
  const whole = JSON.stringify(message)
  const slot: StoredMessage = { thread, message_index: index, body: whole, outline: NO_OUTLINE }
  packer.stored.push(slot)
  const kept = hasThreads(message) ? mapCalls(message, call => packThread(packer, call)) : message
  if (kept !== message) slot.body = JSON.stringify(kept)
  slot.outline = outlineMessage(kept)
  packer.characters += slot.body.length
  return whole
}

/** Leaves `{"thread": n}` in the place of a subagent's messages. */
function packThread(packer: Packer, call: Foreign): Foreign {
  if (!isMessageList(call.messages)) return call
  packer.threads += 1
  const thread = packer.threads
  for (const [index, message] of call.messages.entries()) packMessage(packer, message, thread, index)
  return { ...call, messages: { thread } }
}

function restoreThread(call: Foreign, unpackThread: (thread: number) => Foreign[]): Foreign {
  const place = call.messages
  if (typeof place !== 'object' || place === null || !('thread' in place)) return call
  return { ...call, messages: unpackThread(Number(place.thread)) }
}

function hasThreads(message: MessageInput): boolean {
  const inContent = Array.isArray(message.content) && message.content.some(block => block.messages !== undefined)
  return inContent || (message.tool_calls?.some(call => call.messages !== undefined) ?? false)
}

function mapCalls(message: Foreign, change: (call: Foreign) => Foreign): Foreign {
  const changed = { ...message }
  for (const field of ['content', 'tool_calls']) {
    const calls = message[field]
    if (Array.isArray(calls)) changed[field] = calls.map(change)
  }
  return changed
}

/** True after validation: whatever `messages` a call has there, it passed the schema. */
function isMessageList(value: unknown): value is MessageInput[] {
  return Array.isArray(value)
}
