/** How much of a transcript is shown, and the text and the size that come of it. */

import { showCount, showLines, splitText } from './shown-text.ts'
import type { LinePiece, MessageLayout, PassageKind, PassagePiece, Piece } from './transcript-layout.ts'

/** From and to, both inclusive. */
export type Range = [number, number]

/** What is shown. `WHOLE_VIEW` shows everything. */
export interface View {
  /** The most characters of a passage, by its kind. */
  limits: { [kind in PassageKind]: number }
  /** The most messages of a subagent's conversation; more lose their middle. */
  subagent_messages: number
  /** The most blocks of a message; more lose their middle. */
  message_blocks: number
  /** Positions of the session's messages that are left out. */
  left_out: Range | null
}

export const WHOLE_VIEW: View = {
  limits: { text: Infinity, thinking: Infinity, arguments: Infinity, result: Infinity, comment: Infinity },
  subagent_messages: Infinity,
  message_blocks: Infinity,
  left_out: null,
}

/** Estimates how many tokens a text is, never too few. The sum over parts must not be less than that of the whole. */
export type EstimateTokens = (text: string) => number

/** What a view shows: passages that are not in whole count as shortened, characters are UTF-16 units of passages. */
export interface ViewSize {
  characters: number
  messages: number
  subagent_messages: number
  blocks_left_out: number
  shortened_blocks: number
}

/** A passage this much longer than its limit is still shown whole: the mark would take as much room. */
const SLACK = 80

/** Deeper subagents are not indented further, so that nesting cannot multiply a text's size. */
const DEEPEST_INDENT = 8

const PASSAGE_NAMES: { [kind in PassageKind]: string } = {
  text: 'this text',
  thinking: 'this thinking',
  arguments: 'these arguments',
  result: 'this tool result',
  comment: 'this comment',
}

/** The text of a conversation under a view, without a line break at its end. */
export function renderView(messages: MessageLayout[], view: View): string {
  const texts: string[] = []
  walkMessages(messages, view, view.left_out, {
    piece: piece => texts.push(piece.type === 'line' ? renderLine(piece) : renderPassage(piece, view)),
    message: () => {},
    hideBlocks: () => {},
    isDone: () => false,
  })
  return texts.join('\n')
}

/** The size of a conversation under a view. */
export function measureView(messages: MessageLayout[], view: View): ViewSize {
  const size: ViewSize = { characters: 0, messages: 0, subagent_messages: 0, blocks_left_out: 0, shortened_blocks: 0 }
  walkMessages(messages, view, view.left_out, {
    piece: piece => {
      if (piece.type === 'line') return
      if (isShortened(piece, view)) size.shortened_blocks += 1
      size.characters += isShortened(piece, view) ? view.limits[piece.kind] : piece.text.length
    },
    message: level => {
      if (level === 0) size.messages += 1
      else size.subagent_messages += 1
    },
    hideBlocks: count => {
      size.blocks_left_out += count
    },
    isDone: () => false,
  })
  return size
}

/**
 * The estimated tokens of a conversation under a view. It stops soon after it has seen more than `enough`, so that a huge
 * session that must be cut anyway is not measured as a whole. Estimates stay in the layout: the next view costs little.
 */
export function countTokens(
  messages: MessageLayout[],
  view: View,
  estimate: EstimateTokens,
  enough = Infinity,
): number {
  let tokens = 0
  walkMessages(messages, view, view.left_out, {
    piece: piece => {
      tokens += piece.type === 'line' ? measureLine(piece, estimate) : measurePassage(piece, view, estimate)
    },
    message: () => {},
    hideBlocks: () => {},
    isDone: () => tokens > enough,
  })
  return tokens
}

/** A text within the limit whole; a longer one as its beginning and its end, with a mark of how much is missing. */
export function renderForeignText(text: string, limit: number, indent: string, name: string): string {
  if (text.length <= limit + SLACK) return showLines(text, indent)
  const { head, tail } = splitText(text, limit)
  const missing = showCount(text.length - head.length - tail.length)
  return `${showLines(head, indent)}\n${indent}[… ${missing} characters of ${name} left out …]\n${showLines(tail, indent)}`
}

interface Visitor {
  piece(piece: LinePiece | PassagePiece): void
  message(level: number): void
  /** Blocks of a message that is shown are left out. */
  hideBlocks(count: number): void
  /** Asked before each message: whether the rest is of no interest. */
  isDone(): boolean
}

function walkMessages(messages: MessageLayout[], view: View, leftOut: Range | null, visitor: Visitor): void {
  for (let position = 0; position < messages.length; position += 1) {
    const message = messages[position]
    if (message === undefined || visitor.isDone()) return
    if (leftOut !== null && position === leftOut[0]) {
      visitor.piece(markMessages(message, messages[leftOut[1]] ?? message))
      position = leftOut[1]
      continue
    }
    walkMessage(message, view, leftOut, visitor)
  }
}

function walkMessage(message: MessageLayout, view: View, leftOut: Range | null, visitor: Visitor): void {
  visitor.message(message.heading.level)
  visitor.piece(message.heading)
  const hidden = middleRange(message.blocks.length, view.message_blocks)
  const hideBlocks = (count: number) => {
    visitor.piece(describeLine(`[… ${showCount(count)} blocks of this message left out …]`, message.heading.level))
    visitor.hideBlocks(count)
  }
  message.blocks.forEach((pieces, place) => {
    if (hidden !== null && place >= hidden[0] && place <= hidden[1]) {
      if (place === hidden[0]) hideBlocks(hidden[1] - hidden[0] + 1)
      return
    }
    for (const piece of pieces) walkPiece(piece, view, leftOut, visitor)
  })
  for (const piece of message.reactions) walkPiece(piece, view, leftOut, visitor)
}

function walkPiece(piece: Piece, view: View, leftOut: Range | null, visitor: Visitor): void {
  if (piece.type === 'conversation') {
    walkMessages(piece.messages, view, middleRange(piece.messages.length, view.subagent_messages), visitor)
  } else if (piece.type === 'line' && piece.otherwise !== null && isWithin(piece.otherwise.position, leftOut)) {
    visitor.piece(describeLine(piece.otherwise.text, piece.level))
  } else {
    visitor.piece(piece)
  }
}

/** The positions that are left out when `keep` of `count` stay, half at each end, the beginning first. */
function middleRange(count: number, keep: number): Range | null {
  if (count <= keep) return null
  return [Math.ceil(keep / 2), count - Math.floor(keep / 2) - 1]
}

function isWithin(position: number, range: Range | null): boolean {
  return range !== null && position >= range[0] && position <= range[1]
}

function markMessages(first: MessageLayout, last: MessageLayout): LinePiece {
  const which = first === last ? `message ${first.index}` : `messages ${first.index}–${last.index}`
  return describeLine(`[… ${which} left out …]`, first.heading.level)
}

function describeLine(text: string, level: number): LinePiece {
  return { type: 'line', text, level, otherwise: null, tokens: null }
}

function measureLine(piece: LinePiece, estimate: EstimateTokens): number {
  piece.tokens ??= estimate(`${renderLine(piece)}\n`)
  return piece.tokens
}

function measurePassage(piece: PassagePiece, view: View, estimate: EstimateTokens): number {
  if (!isShortened(piece, view)) {
    piece.tokens ??= estimate(`${renderPassage(piece, WHOLE_VIEW)}\n`)
    return piece.tokens
  }
  const limit = view.limits[piece.kind]
  if (piece.shortened?.limit !== limit) {
    piece.shortened = { limit, tokens: estimate(`${renderPassage(piece, view)}\n`) }
  }
  return piece.shortened.tokens
}

function isShortened(piece: PassagePiece, view: View): boolean {
  return piece.text.length > view.limits[piece.kind] + SLACK
}

function renderLine(piece: LinePiece): string {
  return indentOf(piece.level) + piece.text
}

function renderPassage(piece: PassagePiece, view: View): string {
  return renderForeignText(piece.text, view.limits[piece.kind], indentOf(piece.level), PASSAGE_NAMES[piece.kind])
}

function indentOf(level: number): string {
  return '  '.repeat(Math.min(level, DEEPEST_INDENT))
}
