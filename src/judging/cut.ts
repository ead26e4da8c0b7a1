/**
 * What is left out of a transcript that is too long for a judge, in this order, until it fits:
 * 1. tool results are shortened, from generously to tightly (`result_limits`);
 * 2. then thinking and the arguments of tool calls (`thought_limits`);
 * 3. then the middle of subagents' conversations is left out, whole messages (`subagent_messages`);
 * 4. then the middle of the session itself, whole messages. The beginning up to the user's first message and the last two
 *    messages always stay; before that no single passage may take more than an eighth of the room, so that one long paste
 *    does not cost a whole conversation;
 * 5. then the longest passages of any kind are shortened further, last of all blocks of messages with very many.
 * A shortened passage keeps its first two thirds and its last third. Every cut is marked where it was made.
 */
import { showCount } from './shown-text.ts'
import type { MessageLayout } from './transcript-layout.ts'
import { countTokens, type EstimateTokens, measureView, type Range, type View, WHOLE_VIEW } from './transcript-view.ts'

/** The policy's numbers; part of the judge version. Raise `version` when the rules around them change. */
export const CUT_POLICY = {
  version: 1,
  /** Most characters of a passage, step by step. */
  result_limits: [16_000, 8000, 4000, 2000, 1000],
  thought_limits: [8000, 4000, 2000, 1000, 500],
  /** Most messages of a subagent's conversation, step by step. */
  subagent_messages: [200, 60, 20, 6],
  /** The part of the room for the beginning of a session whose middle is left out; the end gets the rest. */
  head_share: 0.4,
  /** Messages at the end that always stay. */
  tail_messages: 2,
  /** The user's first message is looked for among this many; a longer prelude may be cut like anything else. */
  prelude_messages: 10,
  /** How an eighth of the room is counted in characters. */
  characters_per_token: 2,
  /** No passage is made shorter than this many characters. */
  least_limit: 100,
  /** Most blocks of a message, step by step. */
  message_blocks: [100, 20, 4],
} as const

/** Room for the mark of what is left out. */
const MARK = '[… messages 1000000–2000000 left out …]\n'

/** What a prompt leaves out of a transcript, as it is recorded with an evaluation. */
export interface Cut {
  policy: number
  messages_total: number
  messages_shown: number
  /** Indices of the session's messages that are left out, from and to inclusive. */
  left_out: Range[]
  /** Messages of subagents that are left out. */
  subagent_messages_left_out: number
  /** Blocks that are left out of messages that are shown. */
  blocks_left_out: number
  /** Passages that are shown with their middle left out. */
  shortened_blocks: number
  /** UTF-16 units of all foreign text of the conversation. */
  characters_total: number
  characters_shown: number
}

/** The largest view by the policy that takes at most `budget` tokens; the smallest one where none does. */
export function planView(messages: MessageLayout[], budget: number, estimate: EstimateTokens): View {
  const fits = (view: View) => countTokens(messages, view, estimate, budget) <= budget
  let view = WHOLE_VIEW
  for (const change of listGentleSteps()) {
    if (fits(view)) return view
    view = change(view)
  }
  if (fits(view)) return view
  const eighth = Math.max(CUT_POLICY.least_limit, Math.floor((budget / 8) * CUT_POLICY.characters_per_token))
  view = limitAll(view, eighth)
  view = { ...view, left_out: chooseMiddle(messages, view, budget, estimate) }
  for (let limit = eighth / 2; !fits(view) && limit >= CUT_POLICY.least_limit; limit /= 2) {
    view = limitAll(view, Math.floor(limit))
  }
  for (const blocks of CUT_POLICY.message_blocks) if (!fits(view)) view = { ...view, message_blocks: blocks }
  return view
}

/** What a view leaves out; null when it leaves out nothing. */
export function describeCut(messages: MessageLayout[], view: View): Cut | null {
  if (view === WHOLE_VIEW) return null
  const whole = measureView(messages, WHOLE_VIEW)
  const shown = measureView(messages, view)
  const missing = view.left_out === null ? [] : messages.slice(view.left_out[0], view.left_out[1] + 1)
  const first = missing[0]
  const last = missing.at(-1)
  const cut: Cut = {
    policy: CUT_POLICY.version,
    messages_total: whole.messages,
    messages_shown: shown.messages,
    left_out: first === undefined || last === undefined ? [] : [[first.index, last.index]],
    subagent_messages_left_out: whole.subagent_messages - shown.subagent_messages,
    blocks_left_out: shown.blocks_left_out,
    shortened_blocks: shown.shortened_blocks,
    characters_total: whole.characters,
    characters_shown: shown.characters,
  }
  const missingParts = missing.length + cut.subagent_messages_left_out + cut.blocks_left_out + cut.shortened_blocks
  return missingParts === 0 ? null : cut
}

/** A cut in words, for the judge. */
export function describeCutInWords(cut: Cut): string {
  const isAll = cut.messages_shown === cut.messages_total
  const shown = isAll ? 'all its' : `${showCount(cut.messages_shown)} of its`
  const parts = [`${shown} ${showCount(cut.messages_total)} messages are shown`]
  for (const [from, to] of cut.left_out)
    parts.push(from === to ? `message ${from} is left out` : `messages ${from}–${to} are left out`)
  if (cut.subagent_messages_left_out > 0) {
    parts.push(`${showCount(cut.subagent_messages_left_out)} messages of subagents are left out`)
  }
  if (cut.blocks_left_out > 0) parts.push(`${showCount(cut.blocks_left_out)} blocks of shown messages are left out`)
  if (cut.shortened_blocks > 0) parts.push(`${showCount(cut.shortened_blocks)} long passages are shortened`)
  const characters = `${showCount(cut.characters_shown)} of ${showCount(cut.characters_total)} characters`
  return `The transcript was too long and was cut, in all to ${characters}: ${parts.join('; ')}.`
}

function* listGentleSteps(): Generator<(view: View) => View> {
  for (const limit of CUT_POLICY.result_limits) yield view => ({ ...view, limits: { ...view.limits, result: limit } })
  for (const limit of CUT_POLICY.thought_limits) {
    yield view => ({ ...view, limits: { ...view.limits, thinking: limit, arguments: limit } })
  }
  for (const count of CUT_POLICY.subagent_messages) yield view => ({ ...view, subagent_messages: count })
}

/**
 * The positions to leave out, null when there is nothing between beginning and end. Messages join the beginning up to its
 * share of the budget, then the end up to the rest, then the beginning again, as long as the next one fits.
 */
function chooseMiddle(messages: MessageLayout[], view: View, budget: number, estimate: EstimateTokens): Range | null {
  const cost = (position: number) => countTokens(messages.slice(position, position + 1), view, estimate)
  let head = Math.min(countBeginning(messages), messages.length)
  let tail = Math.max(head, messages.length - CUT_POLICY.tail_messages)
  let used = estimate(MARK)
  for (let position = 0; position < head; position += 1) used += cost(position)
  const beginning = used
  for (let position = tail; position < messages.length; position += 1) used += cost(position)
  const growHead = (room: number) => {
    while (head < tail && used + cost(head) <= room) {
      used += cost(head)
      head += 1
    }
  }
  growHead(used - beginning + CUT_POLICY.head_share * budget)
  while (head < tail && used + cost(tail - 1) <= budget) {
    tail -= 1
    used += cost(tail)
  }
  growHead(budget)
  return head < tail ? [head, tail - 1] : null
}

/** How many messages lead up to the user's first one, which says what was asked; 1 when it comes too late. */
function countBeginning(messages: MessageLayout[]): number {
  const request = messages.slice(0, CUT_POLICY.prelude_messages).findIndex(message => message.role === 'user')
  return request < 0 ? 1 : request + 1
}

function limitAll(view: View, limit: number): View {
  const { text, thinking, arguments: written, result, comment } = view.limits
  return {
    ...view,
    limits: {
      text: Math.min(text, limit),
      thinking: Math.min(thinking, limit),
      arguments: Math.min(written, limit),
      result: Math.min(result, limit),
      comment: Math.min(comment, limit),
    },
  }
}
