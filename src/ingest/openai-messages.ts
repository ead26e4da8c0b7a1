/** Messages in the OpenAI chat shape, of any age, as Whetstone takes them. */
import { isJsonObject } from '#json.ts'
import { nameKind } from './json-lines.ts'

/**
 * Brings OpenAI messages to the roles and fields of today; whether they are sound is for the session's schema to say.
 *
 * - `function_call` becomes a tool call without an id, role `function` a tool message without one: such calls come one at
 *   a time, so that order tells which result answers which. The name stays.
 * - Role `developer` becomes `system`, and `original_role` says so.
 * - Everything else is left as it is.
 */
export function readOpenaiMessages(messages: unknown[]): unknown[] {
  return messages.map(readMessage)
}

/** Why this is not a list of chat messages; null if it looks like one. */
export function describeMessagesMisfit(messages: unknown): string | null {
  if (!Array.isArray(messages)) return messages === undefined ? 'no "messages"' : `"messages" is ${nameKind(messages)}`
  const first: unknown = messages[0]
  if (isJsonObject(first) && typeof first.role === 'string') return null
  return messages.length === 0 ? '"messages" is empty' : 'the first of "messages" has no "role"'
}

function readMessage(message: unknown): unknown {
  if (!isJsonObject(message)) return message
  if (message.role === 'developer') return { ...message, role: 'system', original_role: 'developer' }
  if (message.role === 'function') return { tool_call_id: null, ...message, role: 'tool', original_role: 'function' }
  const { function_call: call, ...rest } = message
  if (call === null) return rest
  if (!isJsonObject(call)) return message
  const calls = Array.isArray(rest.tool_calls) ? rest.tool_calls : []
  return { ...rest, tool_calls: [...calls, { id: null, type: 'function', function: call }] }
}
