/** Lines of a Claude Code conversation as messages. */
import { readTimestamp } from '#http/schemas.ts'
import { isJsonObject } from '#json.ts'
import type { BlockInput, MessageInput } from '#sessions/input.ts'
import { type ClaudeLine, classifyNotice, readContent, readMessage, readText } from './claude-code-lines.ts'

/** A call that started, or may have started, a subagent. */
export interface SubagentCall {
  block: BlockInput
  /** The task it gave. */
  prompt: string | null
  /** The subagent's id, as the result names it. */
  agentId: string | null
  time: string | null
  /** When its result came, null while it is open. */
  endTime: string | null
}

/**
 * The messages of a conversation.
 *
 * - The lines of one answer (same `message.id`) are one message with all their blocks, where the first stood; `model`
 *   and `usage` stay on it, the usage once, as the last line has it.
 * - A tool's result is a `tool` message; the program's own record of it stays as `tool_use_result` where it is more than
 *   the text.
 * - What was not typed by a person though it stands in a user's line, and error notices in an answer's place, are
 *   `system` messages whose `notice` says which: the agent or the reader saw them there, but they are no request.
 * - `environment` (folder, branch, program version) is on the first message and wherever it changes.
 */
export function buildMessages(lines: ClaudeLine[]): MessageInput[] {
  const messages: MessageInput[] = []
  const answers = new Map<string, MessageInput>()
  let environment = {}
  for (const line of lines) {
    const before = messages.length
    const notice = classifyNotice(line)
    if (notice !== null) messages.push(createMessage(line, 'system', readMessage(line).content, { notice }))
    else if (line.type === 'assistant') addAnswer(messages, answers, line)
    else addUserLine(messages, line)
    const present = readEnvironment(line)
    const added = messages[before]
    if (added === undefined || JSON.stringify(present) === JSON.stringify(environment)) continue
    environment = present
    added.environment = present
  }
  return messages
}

/** The `Task` and `Agent` calls among the messages, with what their results say. */
export function findSubagentCalls(lines: ClaudeLine[], messages: MessageInput[]): SubagentCall[] {
  const results = new Map<unknown, { line: ClaudeLine; block: Record<string, unknown> }>()
  for (const line of lines) {
    for (const block of readContent(line))
      if (block.type === 'tool_result') results.set(block.tool_use_id, { line, block })
  }
  const calls: SubagentCall[] = []
  for (const message of messages) {
    for (const block of Array.isArray(message.content) ? message.content : []) {
      if (block.type !== 'tool_call' || (block.name !== 'Task' && block.name !== 'Agent')) continue
      const result = results.get(block.id)
      calls.push({
        block,
        prompt: isJsonObject(block.arguments) ? readText(block.arguments.prompt) : null,
        agentId: result === undefined ? null : readAgentId(result.line, result.block),
        time: message.created_at ?? null,
        endTime: result?.line.time ?? null,
      })
    }
  }
  return calls
}

function addAnswer(messages: MessageInput[], answers: Map<string, MessageInput>, line: ClaudeLine) {
  const { id, model, usage, stop_reason: stopReason } = readMessage(line)
  const blocks = readContent(line).map(block => readBlock(readAnswerBlock(block)))
  const key = readText(id)
  const known = key === null ? undefined : answers.get(key)
  const extras = {
    ...(usage === undefined ? {} : { usage }),
    ...(stopReason === undefined || stopReason === null ? {} : { stop_reason: stopReason }),
  }
  if (known !== undefined && Array.isArray(known.content)) {
    known.content.push(...blocks)
    Object.assign(known, extras)
    return
  }
  const names = { ...(id === undefined ? {} : { id }), ...(model === undefined ? {} : { model }) }
  const message = createMessage(line, 'assistant', blocks, { ...names, ...extras })
  if (key !== null) answers.set(key, message)
  messages.push(message)
}

function addUserLine(messages: MessageInput[], line: ClaudeLine) {
  const { content } = readMessage(line)
  if (typeof content === 'string') {
    messages.push(createMessage(line, 'user', content))
    return
  }
  const blocks = readContent(line)
  const results = blocks.filter(block => block.type === 'tool_result').map(readResultBlock)
  const others = blocks.filter(block => block.type !== 'tool_result')
  const { toolUseResult: record } = line.value
  const extras = typeof record === 'object' && record !== null ? { tool_use_result: record } : {}
  if (results.length > 0) messages.push(createMessage(line, 'tool', results, extras))
  if (others.length > 0 || results.length === 0) messages.push(createMessage(line, 'user', others))
}

function createMessage(
  line: ClaudeLine,
  role: MessageInput['role'],
  content: unknown,
  extras: object = {},
): MessageInput {
  return {
    role,
    content: typeof content === 'string' ? content : Array.isArray(content) ? content.map(readBlock) : null,
    ...(line.time !== null && readTimestamp(line.time) !== null ? { created_at: line.time } : {}),
    ...(typeof line.value.uuid === 'string' ? { uuid: line.value.uuid } : {}),
    ...extras,
  }
}

function readBlock(block: unknown): BlockInput {
  if (!isJsonObject(block)) return { type: 'text', text: JSON.stringify(block) }
  // A foreign `messages` would be taken for a subagent's.
  const { messages, ...rest } = block
  const own = Array.isArray(messages) ? { ...rest, foreign_messages: messages } : rest
  return { ...own, type: readText(block.type) ?? 'unknown' }
}

function readAnswerBlock(block: Record<string, unknown>): Record<string, unknown> {
  if (block.type === 'thinking') {
    const { thinking, ...rest } = block
    return { ...rest, type: 'thinking', text: typeof thinking === 'string' ? thinking : JSON.stringify(thinking ?? '') }
  }
  if (block.type !== 'tool_use') return block
  const { input, ...rest } = block
  return { ...rest, type: 'tool_call', arguments: input }
}

function readResultBlock(block: Record<string, unknown>): Record<string, unknown> {
  const { tool_use_id: callId, ...rest } = block
  return { ...rest, type: 'tool_result', call_id: callId }
}

function readAgentId(line: ClaudeLine, block: Record<string, unknown>): string | null {
  const { toolUseResult: record } = line.value
  const named = isJsonObject(record) ? readText(record.agentId) : null
  if (named !== null) return named
  return /agentId:\s*([\w-]+)/.exec(JSON.stringify(block.content ?? ''))?.[1] ?? null
}

const ENVIRONMENT = ['cwd', 'gitBranch', 'version', 'entrypoint', 'userType', 'slug']

function readEnvironment(line: ClaudeLine): object {
  return Object.fromEntries(ENVIRONMENT.flatMap(key => (line.value[key] === undefined ? [] : [[key, line.value[key]]])))
}
