/** Everything that the baseline counts in a transcript, before any weight is put on it. */
import type { Block, Transcript, TranscriptMessage } from '#sessions/transcript.ts'
import { extensionOf, isSubagentCall, type ObservedCall, observeCalls } from './baseline-calls.ts'
import { type RequestSignals, readRequest, readTalk, type TalkSignals } from './baseline-talk.ts'

export interface ToolSignals {
  calls: number
  failed: number
  repeated: number
  malformed: number
  /** Failed calls in a row, at most, within one conversation. */
  longest_failure_streak: number
  /**
   * Names of tools whose last call failed: whatever they were for was not achieved with them. Of the session's own
   * conversation only, since a subagent's last call is not the last that happened.
   */
  unrecovered: string[]
  /** Failed calls per tool. */
  failed_by_name: ReadonlyMap<string, number>
}

export interface SubagentSignals {
  started: number
  failed: number
  /** Came back without a word. */
  silent: number
  /** Started with the same arguments as another. */
  duplicated: number
}

export interface ExtensionSignals {
  writes: number
  uses: number
  failed: number
}

export interface BaselineSignals {
  messages: number
  likes: number
  dislikes: number
  request: RequestSignals
  talk: TalkSignals
  /** Calls of the session and of all its subagents; what counts as repeated stays within one conversation. */
  tools: ToolSignals
  subagents: SubagentSignals
  extension: ExtensionSignals
}

/** Counts the signals of a transcript. Deterministic and linear in its size. */
export function readSignals(transcript: Transcript): BaselineSignals {
  const { messages } = transcript
  const conversations = openConversations(messages)
  const calls = conversations.flat()
  const ratings = messages.flatMap(message => message.reactions.map(({ rating }) => rating))
  return {
    messages: messages.length,
    likes: ratings.filter(rating => rating === 1).length,
    dislikes: ratings.filter(rating => rating === -1).length,
    request: readRequest(messages),
    talk: readTalk(messages, conversations[0] ?? []),
    tools: readTools(conversations),
    subagents: readSubagents(calls.filter(({ call }) => isSubagentCall(call))),
    extension: readExtension(calls),
  }
}

/** The observed calls per conversation, the session's own first, subagents' after it at any depth. */
function openConversations(messages: readonly TranscriptMessage[]): ObservedCall[][] {
  const waiting = [messages]
  const observed: ObservedCall[][] = []
  for (const conversation of waiting) {
    const calls = observeCalls(conversation)
    observed.push(calls)
    for (const { call } of calls) if (call.messages !== null) waiting.push(call.messages)
  }
  return observed
}

function readTools(conversations: readonly ObservedCall[][]): ToolSignals {
  const calls = conversations.flat()
  const failedByName = new Map<string, number>()
  const lastFailed = new Map<string, boolean>()
  for (const { call, failed } of conversations[0] ?? []) lastFailed.set(call.name, failed)
  for (const { call, failed } of calls) {
    if (failed) failedByName.set(call.name, (failedByName.get(call.name) ?? 0) + 1)
  }
  return {
    calls: calls.length,
    failed: calls.filter(({ failed }) => failed).length,
    repeated: calls.filter(({ repeated, failed, malformed }) => repeated && !failed && !malformed).length,
    malformed: calls.filter(({ malformed, failed }) => malformed && !failed).length,
    longest_failure_streak: conversations.reduce((longest, own) => Math.max(longest, failureStreak(own)), 0),
    unrecovered: [...lastFailed].filter(([, failed]) => failed).map(([name]) => name),
    failed_by_name: failedByName,
  }
}

function failureStreak(calls: readonly ObservedCall[]): number {
  let longest = 0
  let current = 0
  for (const { failed } of calls) {
    current = failed ? current + 1 : 0
    longest = Math.max(longest, current)
  }
  return longest
}

function readSubagents(calls: readonly ObservedCall[]): SubagentSignals {
  const seen = new Set<string>()
  const counts = { started: calls.length, failed: 0, silent: 0, duplicated: 0 }
  for (const { call, arguments_key: key, result, failed } of calls) {
    if (failed) counts.failed++
    else if (isSilent(call.messages, result?.text ?? '')) counts.silent++
    else if (seen.has(key)) counts.duplicated++
    seen.add(key)
  }
  return counts
}

function isSilent(messages: TranscriptMessage[] | null, resultText: string): boolean {
  if (resultText.trim() !== '') return false
  return messages === null || !messages.some(({ role, blocks }) => role === 'assistant' && blocks.some(saysSomething))
}

function readExtension(calls: readonly ObservedCall[]): ExtensionSignals {
  const counts = { writes: 0, uses: 0, failed: 0 }
  for (const { call, failed } of calls) {
    const kind = extensionOf(call)
    if (kind === null) continue
    if (failed) counts.failed++
    else if (kind === 'write') counts.writes++
    else counts.uses++
  }
  return counts
}

function saysSomething(block: Block): boolean {
  return block.type === 'text' && block.text.trim() !== ''
}
