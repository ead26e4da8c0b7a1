/** What the baseline sees of one conversation's tool calls. */
import type { ToolCallBlock, ToolResultBlock, TranscriptMessage } from '#sessions/transcript.ts'
import {
  EXTENSION_PATHS,
  EXTENSION_TOOLS,
  FAILURE_OPENINGS,
  FAILURE_PHRASES,
  SUBAGENT_TOOLS,
  TRANSFER_TOOLS,
  WRITING_TOOLS,
} from './baseline-words.ts'

export interface ObservedCall {
  call: ToolCallBlock
  message_index: number
  /** Null when no result of it stands in the conversation. */
  result: ToolResultBlock | null
  /** The arguments as canonical JSON: equal for equal arguments. */
  arguments_key: string
  failed: boolean
  /** The same tool with the same arguments gave the same result before. */
  repeated: boolean
  /** The arguments are text that is no JSON. */
  malformed: boolean
}

/**
 * The calls of one conversation in order, each with its result: by id, and where the source gives no id, by order.
 * Subagents' conversations are not entered; `call.messages` leads there. Linear in the size of the conversation.
 */
export function observeCalls(messages: readonly TranscriptMessage[]): ObservedCall[] {
  const calls = pairResults(messages)
  const seen = new Set<string>()
  return calls.map(({ call, message_index, result }) => {
    const { key, malformed } = argumentsKey(call.arguments)
    const identity = JSON.stringify([call.name, key, result?.text ?? null])
    const repeated = seen.has(identity)
    seen.add(identity)
    const failed = result !== null && failedResult(result)
    return { call, message_index, result, arguments_key: key, failed, repeated, malformed }
  })
}

/**
 * Whether a tool's result is a failure. The source's word counts; where it gave none (`is_error` null) the text decides: it
 * begins as failures do, holds a traceback or an exit code other than 0 in its first 2,000 characters, or is a JSON
 * object that says so (`error`, `success: false`, `status: "error"`, an HTTP status from 400 on).
 */
export function failedResult(result: ToolResultBlock): boolean {
  if (result.is_error !== null) return result.is_error
  const opening = result.text.slice(0, 2000)
  if (/^\s*[{[]/.test(opening)) return failedJson(result.text)
  return FAILURE_OPENINGS.test(opening) || FAILURE_PHRASES.test(opening)
}

/** Whether a call started another agent: its messages are nested, or its name and its `prompt` say so. */
export function isSubagentCall(call: ToolCallBlock): boolean {
  return call.messages !== null || (SUBAGENT_TOOLS.test(call.name) && textField(call.arguments, ['prompt']) !== null)
}

/** Whether a call handed the user over to a person. */
export function isTransferCall(call: ToolCallBlock): boolean {
  return TRANSFER_TOOLS.test(call.name)
}

/** How a call changed or used what the agent itself is made of: `write` (settings, memory, skills), `use` (a skill), or not. */
export function extensionOf(call: ToolCallBlock): 'write' | 'use' | null {
  if (/^skill$/i.test(call.name)) return 'use'
  if (EXTENSION_TOOLS.test(call.name)) return 'write'
  const path = textField(call.arguments, ['file_path', 'path', 'notebook_path', 'filename', 'target_file'])
  return path !== null && WRITING_TOOLS.test(call.name) && EXTENSION_PATHS.test(path) ? 'write' : null
}

interface PairedCall {
  call: ToolCallBlock
  message_index: number
  result: ToolResultBlock | null
}

function pairResults(messages: readonly TranscriptMessage[]): PairedCall[] {
  const calls: PairedCall[] = []
  const byId = new Map<string, PairedCall>()
  let oldestOpen = 0
  for (const { blocks, message_index } of messages) {
    for (const block of blocks) {
      if (block.type === 'tool_call') {
        const paired = { call: block, message_index, result: null }
        calls.push(paired)
        if (block.id !== null) byId.set(block.id, paired)
      } else if (block.type === 'tool_result' && block.call_id !== null) {
        const paired = byId.get(block.call_id)
        if (paired) paired.result ??= block
      } else if (block.type === 'tool_result') {
        while (calls[oldestOpen]?.result) oldestOpen++
        const paired = calls[oldestOpen]
        if (paired) paired.result = block
      }
    }
  }
  return calls
}

/** Texts above this length are data, not an error's description, and are not parsed. */
const LONGEST_FAILURE = 20_000

function failedJson(text: string): boolean {
  if (text.length > LONGEST_FAILURE) return false
  const value = parsed(text)
  if (value === undefined) return FAILURE_OPENINGS.test(text) || FAILURE_PHRASES.test(text.slice(0, 2000))
  if (!isRecord(value)) return false
  const status = value.status_code ?? value.statusCode ?? value.status
  return (
    isFilled(value.error) ||
    isFilled(value.errors) ||
    value.is_error === true ||
    value.isError === true ||
    value.success === false ||
    value.ok === false ||
    (typeof status === 'number'
      ? status >= 400
      : typeof status === 'string' && /^(error|failed|failure)$/i.test(status))
  )
}

function isFilled(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (isRecord(value)) return Object.keys(value).length > 0
  return value !== undefined && value !== null && value !== false && value !== '' && value !== 0
}

function textField(argumentsValue: unknown, names: readonly string[]): string | null {
  const value = typeof argumentsValue === 'string' ? parsed(argumentsValue) : argumentsValue
  if (!isRecord(value)) return null
  for (const name of names) {
    const field = value[name]
    if (typeof field === 'string') return field
  }
  return null
}

function argumentsKey(value: unknown): { key: string; malformed: boolean } {
  if (typeof value !== 'string') return { key: canonicalText(value, 0), malformed: false }
  // No arguments at all is how some providers write a call that takes none.
  if (value.trim() === '') return { key: '{}', malformed: false }
  const read = parsed(value)
  return read === undefined ? { key: value, malformed: true } : { key: canonicalText(read, 0), malformed: false }
}

/** JSON with sorted keys. What lies deeper than 20 levels counts as equal, so that no input exhausts the stack. */
function canonicalText(value: unknown, depth: number): string {
  if (depth > 20) return '…'
  if (Array.isArray(value)) return `[${value.map(item => canonicalText(item, depth + 1)).join(',')}]`
  if (!isRecord(value)) return JSON.stringify(value) ?? 'null'
  const fields = Object.keys(value).toSorted()
  return `{${fields.map(name => `${JSON.stringify(name)}:${canonicalText(value[name], depth + 1)}`).join(',')}}`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is { [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
