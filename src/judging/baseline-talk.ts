/** What the baseline reads in words: the request, and the talk between user and agent. */
import type { Block, TranscriptMessage } from '#sessions/transcript.ts'
import { isTransferCall, type ObservedCall } from './baseline-calls.ts'
import {
  APOLOGY_WORDS,
  COMPLAINT_WORDS,
  CONSTRAINT_WORDS,
  CORRECTION_WORDS,
  DEMAND_WORDS,
  INABILITY_WORDS,
  MATERIAL_WORDS,
  THANKS_WORDS,
} from './baseline-words.ts'

export interface RequestSignals {
  words: number
  demands: number
  constraints: number
  materials: number
}

export interface TalkSignals {
  user_messages: number
  /** Agent's messages that say something or call a tool. */
  agent_steps: number
  agent_texts: number
  corrections: number
  complaints: number
  repeated_requests: number
  /** Turns of the user that ask for something and get no word in answer, the last one included. */
  unanswered: number
  last_unanswered: boolean
  apologies: number
  inabilities: number
  ends_unable: boolean
  /** It ends with a call without a result, or with a result on which the agent says nothing. */
  ends_midway: boolean
  thanked: boolean
  transfers: number
}

/** An opening of fewer words is a greeting or a first half; the following messages of the user complete it. */
const OPENING_WORDS = 60
const OPENING_MESSAGES = 3
/** How much of a text is searched for words. Longer texts are pasted material. */
const SEARCHED_CHARACTERS = 8000

/**
 * The request is what the user said first: their messages in order until 60 words are together, three messages at most.
 * What the agent did does not enter, so thanks, corrections and complaints, which answer to it, are passed over.
 */
export function readRequest(messages: readonly TranscriptMessage[]): RequestSignals {
  const parts: string[] = []
  let words = 0
  let attachments = 0
  for (const message of messages) {
    if (message.role !== 'user') continue
    const text = textOf(message)
    attachments += message.blocks.filter(block => block.type === 'attachment').length
    if (text === '' || (parts.length > 0 && isReply(withoutCode(text)))) continue
    parts.push(text)
    words += countMatches(text, /\S+/g)
    if (words >= OPENING_WORDS || parts.length === OPENING_MESSAGES) break
  }
  const text = parts.join('\n').slice(0, SEARCHED_CHARACTERS)
  const items = countMatches(text, /^[ \t]*([-*•]|\d{1,2}[.)])[ \t]+\S/gm)
  return {
    words,
    demands: Math.max(countMatches(text, DEMAND_WORDS), items),
    constraints: countMatches(text, CONSTRAINT_WORDS),
    materials: countMatches(text, MATERIAL_WORDS) + attachments,
  }
}

/** What user and agent said to each other, subagents' conversations apart. `calls` are the session's own. */
export function readTalk(messages: readonly TranscriptMessage[], calls: readonly ObservedCall[]): TalkSignals {
  const turns = readTurns(messages)
  const agentTexts = messages.filter(({ role }) => role === 'assistant').map(textOf)
  const spoken = agentTexts.filter(text => text !== '')
  const ownWords = turns.filter(({ after_answer }) => after_answer).map(({ text }) => withoutCode(text))
  const lastTurn = turns.at(-1)
  const unanswered = turns.filter(turn => turn.asks && !turn.answered).length
  return {
    user_messages: messages.filter(message => message.role === 'user' && textOf(message) !== '').length,
    agent_steps: messages.filter(({ role, blocks }) => role === 'assistant' && blocks.length > 0).length,
    agent_texts: spoken.length,
    corrections: ownWords.filter(text => matchesAny(text, CORRECTION_WORDS)).length,
    complaints: ownWords.filter(text => matchesAny(text, COMPLAINT_WORDS)).length,
    repeated_requests: countRepeats(turns.map(({ text }) => text)),
    unanswered,
    last_unanswered: lastTurn?.asks === true && !lastTurn.answered,
    apologies: spoken.filter(text => APOLOGY_WORDS.test(text.slice(0, SEARCHED_CHARACTERS))).length,
    inabilities: spoken.filter(text => INABILITY_WORDS.test(text.slice(0, SEARCHED_CHARACTERS))).length,
    ends_unable: INABILITY_WORDS.test((spoken.at(-1) ?? '').slice(0, SEARCHED_CHARACTERS)),
    ends_midway: endsMidway(messages, calls),
    thanked: lastTurn?.after_answer === true && isContent(withoutCode(lastTurn.text)),
    transfers: calls.filter(({ call }) => isTransferCall(call)).length,
  }
}

interface Turn {
  text: string
  /** It asks for something; a first turn always does. */
  asks: boolean
  /** The agent said something, or handed over to a person, before the user spoke again. */
  answered: boolean
  /** The agent had said something before. */
  after_answer: boolean
}

/** The user's turns: messages of theirs without any step of the agent between them are one. */
function readTurns(messages: readonly TranscriptMessage[]): Turn[] {
  const turns: (Omit<Turn, 'text' | 'asks'> & { parts: string[] })[] = []
  let open = false
  let spoken = false
  for (const message of messages) {
    const text = textOf(message)
    const turn = turns.at(-1)
    if (message.role === 'user' && text !== '') {
      if (open && turn) turn.parts.push(text)
      else turns.push({ parts: [text], answered: false, after_answer: spoken })
      open = true
    } else if (message.role === 'assistant' && message.blocks.length > 0) {
      open = false
      if (text !== '') spoken = true
      if (turn && (text !== '' || message.blocks.some(isTransferBlock))) turn.answered = true
    }
  }
  return turns.map(({ parts, answered, after_answer }, index) => {
    const text = parts.join('\n')
    return { text, asks: index === 0 || countMatches(searched(text), DEMAND_WORDS) > 0, answered, after_answer }
  })
}

function isTransferBlock(block: Block): boolean {
  return block.type === 'tool_call' && isTransferCall(block)
}

/** Whether the user answers to what the agent did, rather than asking for something. */
function isReply(text: string): boolean {
  return [THANKS_WORDS, CORRECTION_WORDS, COMPLAINT_WORDS].some(words => matchesAny(text, words))
}

function isContent(text: string): boolean {
  return matchesAny(text, THANKS_WORDS) && !matchesAny(text, CORRECTION_WORDS) && !matchesAny(text, COMPLAINT_WORDS)
}

/** The same words again, in texts of at least four words. */
function countRepeats(texts: readonly string[]): number {
  const seen = new Set<string>()
  let repeats = 0
  for (const text of texts) {
    const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
    if (words.length < 4) continue
    const key = words.join(' ')
    if (seen.has(key)) repeats++
    seen.add(key)
  }
  return repeats
}

function endsMidway(messages: readonly TranscriptMessage[], calls: readonly ObservedCall[]): boolean {
  const last = messages.findLast(({ blocks, role }) => blocks.length > 0 && role !== 'system')
  const lastCall = calls.at(-1)
  if (!last || !lastCall || isTransferCall(lastCall.call)) return false
  const endsWithResult = last.blocks.at(-1)?.type === 'tool_result'
  return endsWithResult || (last.message_index === lastCall.message_index && lastCall.result === null)
}

function textOf({ blocks }: TranscriptMessage): string {
  return blocks
    .flatMap(block => (block.type === 'text' ? [block.text] : []))
    .join('\n')
    .trim()
}

function searched(text: string): string {
  return text.slice(0, SEARCHED_CHARACTERS)
}

function withoutCode(text: string): string {
  return searched(text).replace(/```[\s\S]*?(?:```|$)/g, ' ')
}

function matchesAny(text: string, patterns: readonly RegExp[]): boolean {
  return patterns.some(pattern => pattern.test(text))
}

function countMatches(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}
