import type { Foreign } from './foreign.ts'
import type { Block, ToolCallBlock } from './transcript.ts'

/** A message's blocks, with the thread of each subagent that it starts instead of the subagent's messages. */
export type ReadBlock = Exclude<Block, ToolCallBlock> | (Omit<ToolCallBlock, 'messages'> & { thread: number | null })

/**
 * Reduces a message, in whatever dialect it came, to blocks: content first, then the tool calls that stand beside it. The
 * source's own names for the same thing are all understood; what is none of the four known kinds is an attachment.
 */
export function readBlocks(message: Foreign): ReadBlock[] {
  const blocks = readContent(message)
  const calls = asList(message.tool_calls).flatMap(call => (isObject(call) ? [readFunctionCall(call)] : []))
  return [...blocks, ...calls]
}

function readContent(message: Foreign): ReadBlock[] {
  const { content, role } = message
  if (role === 'tool' && !asList(content).some(block => isObject(block) && block.type === 'tool_result')) {
    return [readToolMessage(message)]
  }
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return asList(content).flatMap(block => (isObject(block) ? [readBlock(block)] : []))
}

function readBlock(block: Foreign): ReadBlock {
  switch (block.type) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return { type: 'text', text: asText(block.text) }
    case 'refusal':
      return { type: 'text', text: asText(block.refusal ?? block.text) }
    case 'thinking':
    case 'reasoning':
      return { type: 'thinking', text: asText(block.text ?? block.thinking ?? block.reasoning ?? block.content) }
    case 'tool_call':
    case 'tool_use':
      return {
        type: 'tool_call',
        id: asId(block.id ?? block.call_id ?? block.tool_call_id),
        name: asText(block.name),
        arguments: block.arguments ?? block.input ?? {},
        thread: readThread(block),
      }
    case 'tool_result':
      return {
        type: 'tool_result',
        call_id: asId(block.call_id ?? block.tool_call_id ?? block.tool_use_id ?? block.id),
        text: asText(block.content ?? block.output ?? block.result ?? block.text),
        is_error: asFlag(block.is_error),
      }
    default:
      return { type: 'attachment', kind: asText(block.type) }
  }
}

/** A message of role `tool` as OpenAI writes it: the whole content is one call's result. */
function readToolMessage(message: Foreign): ReadBlock {
  return {
    type: 'tool_result',
    call_id: asId(message.tool_call_id),
    text: asText(message.content),
    is_error: asFlag(message.is_error),
  }
}

function readFunctionCall(call: Foreign): ReadBlock {
  const target = isObject(call.function) ? call.function : {}
  return {
    type: 'tool_call',
    id: asId(call.id),
    name: asText(target.name),
    arguments: target.arguments ?? {},
    thread: readThread(call),
  }
}

function readThread(call: Foreign): number | null {
  const place = call.messages
  return isObject(place) && typeof place.thread === 'number' ? place.thread : null
}

/** Text of a value that should be text: joined when it is a list of text blocks, JSON when it is something else. */
function asText(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return ''
  if (Array.isArray(value) && value.every(isObject)) {
    return value.map(block => (block.type === 'text' ? asText(block.text) : `[${asText(block.type)}]`)).join('\n')
  }
  return JSON.stringify(value)
}

function asId(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function asFlag(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function isObject(value: unknown): value is Foreign {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
