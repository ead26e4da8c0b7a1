/**
 * A transcript laid out for reading: what stands on each line, in which order, with results at their calls and subagents
 * below theirs. How much of it is shown is a `View`'s business (`transcript-view.ts`), not decided here.
 */
import type { Block, Reaction, ToolResultBlock, TranscriptMessage } from '#sessions/transcript.ts'
import { quoteName, showDuration } from './shown-text.ts'

export type PassageKind = 'text' | 'thinking' | 'arguments' | 'result' | 'comment'

/** A line of ours, or several; foreign words in it are quoted. */
export interface LinePiece {
  type: 'line'
  text: string
  level: number
  /** For a line that points to another message of its conversation: what it says when that one is left out. */
  otherwise: { position: number; text: string } | null
  /** Its estimated tokens, once somebody measured it. */
  tokens: number | null
}

/** Foreign text. */
export interface PassagePiece {
  type: 'passage'
  kind: PassageKind
  text: string
  level: number
  /** Its estimated tokens in whole, once somebody measured it; likewise those of its last shortened form. */
  tokens: number | null
  shortened: { limit: number; tokens: number } | null
}

/** A subagent's conversation. */
export interface ConversationPiece {
  type: 'conversation'
  messages: MessageLayout[]
  level: number
}

export type Piece = LinePiece | PassagePiece | ConversationPiece

export interface MessageLayout {
  index: number
  role: TranscriptMessage['role']
  heading: LinePiece
  /** The pieces of each block; a call's contain its result. */
  blocks: Piece[][]
  reactions: Piece[]
}

/** Lays out a conversation and those nested in it. Times are shown as distances from `start` (milliseconds). */
export function layOutConversation(messages: TranscriptMessage[], start: number, level = 0): MessageLayout[] {
  const calls: OpenCalls = { by_id: new Map(), latest: [] }
  return messages.map((message, position) => ({
    index: message.message_index,
    role: message.role,
    heading: line(`[message ${message.message_index}] ${message.role}${showOffset(message.created_at, start)}`, level),
    blocks:
      message.blocks.length === 0
        ? [[line('[nothing in it]', level)]]
        : message.blocks.map((block, place) => layOutBlock(block, { message, position, place, level, start, calls })),
    reactions: message.reactions.flatMap(reaction => layOutReaction(reaction, level)),
  }))
}

interface BlockPlace {
  message: TranscriptMessage
  position: number
  /** The block's place in its message. */
  place: number
  level: number
  start: number
  calls: OpenCalls
}

interface OpenCall {
  position: number
  message_index: number
  /** Where the result goes; its last piece says that there is none until there is. */
  pieces: Piece[]
}

/**
 * The calls that wait for a result. Sources reuse ids from turn to turn (`call_0`) and some give none, so that a call of
 * an earlier message never takes the result from a later one of the same id.
 */
interface OpenCalls {
  by_id: Map<string, OpenCall[]>
  /** Those of the latest message that made calls. */
  latest: OpenCall[]
}

const NO_RESULT = '[no result of this call]'

function addCall(calls: OpenCalls, id: string | null, call: OpenCall): void {
  calls.latest = addToTurn(calls.latest, call)
  if (id !== null) calls.by_id.set(id, addToTurn(calls.by_id.get(id) ?? [], call))
}

function addToTurn(turn: OpenCall[], call: OpenCall): OpenCall[] {
  if (turn[0]?.position !== call.position) return [call]
  turn.push(call)
  return turn
}

/** The call that a result answers, open no more: by id, or by order where the result names none. */
function takeCall(calls: OpenCalls, result: ToolResultBlock): OpenCall | undefined {
  const turn = result.call_id === null ? calls.latest : (calls.by_id.get(result.call_id) ?? [])
  let call = turn.shift()
  while (call !== undefined && !isOpen(call)) call = turn.shift()
  return call
}

function isOpen(call: OpenCall): boolean {
  const last = call.pieces.at(-1)
  return last?.type === 'line' && last.text === NO_RESULT
}

function layOutBlock(block: Block, at: BlockPlace): Piece[] {
  switch (block.type) {
    case 'text':
      // A text that follows another block would otherwise read as its continuation.
      return [...(at.place === 0 ? [] : [line('[text]', at.level)]), passage('text', block.text, at.level)]
    case 'thinking':
      return [line('[thinking]', at.level), passage('thinking', block.text, at.level)]
    case 'attachment':
      return [line(`[attachment] ${quoteName(block.kind)}`, at.level)]
    case 'tool_result':
      return layOutResult(block, at)
    case 'tool_call': {
      const pieces: Piece[] = [
        line(`[tool call] ${quoteName(block.name)}, arguments:`, at.level),
        passage('arguments', showArguments(block.arguments), at.level),
      ]
      if (block.messages !== null) {
        const messages = layOutConversation(block.messages, at.start, at.level + 1)
        pieces.push(line(`[a subagent started by this call, ${messages.length} messages]`, at.level))
        pieces.push({ type: 'conversation', messages, level: at.level + 1 })
        pieces.push(line('[end of the subagent]', at.level))
      }
      pieces.push(line(NO_RESULT, at.level))
      addCall(at.calls, block.id, { position: at.position, message_index: at.message.message_index, pieces })
      return pieces
    }
  }
}

function layOutResult(block: ToolResultBlock, at: BlockPlace): Piece[] {
  const outcome = block.is_error === true ? ', an error' : ''
  const call = takeCall(at.calls, block)
  if (call === undefined) {
    return [line(`[tool result without a call${outcome}]`, at.level), passage('result', block.text, at.level)]
  }
  call.pieces.pop()
  call.pieces.push(line(`[result of this call${outcome}]`, at.level), passage('result', block.text, at.level))
  const where = `its call in message ${call.message_index}`
  const otherwise = { position: call.position, text: `[tool result, left out with ${where}]` }
  return [line(`[tool result, shown at ${where}]`, at.level, otherwise)]
}

function layOutReaction(reaction: Reaction, level: number): Piece[] {
  const thumb = reaction.rating === 1 ? 'thumbs up (like)' : 'thumbs down (dislike)'
  if (reaction.comment === null) return [line(`[reaction to this message] ${thumb}`, level)]
  return [line(`[reaction to this message] ${thumb}, comment:`, level), passage('comment', reaction.comment, level)]
}

/** Arguments as the model wrote them when they are text, otherwise as JSON on one line. */
function showArguments(value: unknown): string {
  if (typeof value === 'string') return value
  return JSON.stringify(value) ?? ''
}

function showOffset(time: string | null, start: number): string {
  const offset = time === null ? Number.NaN : Date.parse(time) - start
  return Number.isNaN(offset) ? '' : ` (+${showDuration(offset)})`
}

function line(text: string, level: number, otherwise: LinePiece['otherwise'] = null): LinePiece {
  return { type: 'line', text, level, otherwise, tokens: null }
}

function passage(kind: PassageKind, text: string, level: number): PassagePiece {
  return { type: 'passage', kind, text, level, tokens: null, shortened: null }
}
