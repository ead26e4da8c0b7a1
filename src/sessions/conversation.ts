import type { Block, TranscriptMessage } from './transcript.ts'

/** A message in the OpenAI chat shape. */
export interface ChatMessage {
  role: string
  content: string
  tool_calls?: { id?: string; type: 'function'; function: { name: string; arguments: string } }[]
  tool_call_id?: string
  [field: string]: unknown
}

/**
 * A conversation as a model is given it: text, tool calls and their results. Thinking is left out, since no model is shown
 * its former thoughts; attachments are named in brackets; subagents' own messages stay out, as their caller only saw their
 * results.
 */
export function toChatMessages(messages: TranscriptMessage[]): ChatMessage[] {
  return messages.flatMap(message => {
    const results = message.blocks.flatMap(block => (block.type === 'tool_result' ? [toResult(block)] : []))
    const text = readVisibleText(message.blocks)
    const calls = message.blocks.flatMap(block => (block.type === 'tool_call' ? [toCall(block)] : []))
    if (text === '' && calls.length === 0) return results
    const own = { role: message.role, content: text, ...(calls.length === 0 ? {} : { tool_calls: calls }) }
    return [...results, own]
  })
}

/** The text of a message that its reader sees. */
export function readVisibleText(blocks: Block[]): string {
  return blocks
    .flatMap(block => {
      if (block.type === 'text') return [block.text]
      return block.type === 'attachment' ? [`[${block.kind}]`] : []
    })
    .join('\n')
}

function toResult(block: Block & { type: 'tool_result' }): ChatMessage {
  const id = block.call_id === null ? {} : { tool_call_id: block.call_id }
  return { role: 'tool', content: block.text, ...id }
}

function toCall(block: Block & { type: 'tool_call' }): NonNullable<ChatMessage['tool_calls']>[number] {
  const text = typeof block.arguments === 'string' ? block.arguments : JSON.stringify(block.arguments ?? {})
  return {
    ...(block.id === null ? {} : { id: block.id }),
    type: 'function',
    function: { name: block.name, arguments: text },
  }
}
