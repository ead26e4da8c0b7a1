/**
 * A message of a prompt as text, whatever form its content has: parts one below the other, then its calls, each by its name
 * with its arguments as they were written. What has another form is JSON. Pure.
 */
export function readMessageText(message: { [field: string]: unknown }): string {
  const { content, tool_calls } = message
  const parts = Array.isArray(content) ? content.map(readPart) : [readPart(content)]
  const calls = Array.isArray(tool_calls) ? tool_calls.map(readCall) : []
  return [...parts, ...calls].filter(part => part !== '').join('\n')
}

function readCall(call: unknown): string {
  const asked: unknown = typeof call === 'object' && call !== null && 'function' in call ? call.function : null
  if (typeof asked !== 'object' || asked === null || !('name' in asked) || typeof asked.name !== 'string')
    return JSON.stringify(call)
  const given = 'arguments' in asked ? asked.arguments : undefined
  return `⚙ ${asked.name} ${typeof given === 'string' ? given : (JSON.stringify(given) ?? '')}`.trimEnd()
}

/** An image in the text of a prompt is thousands of signs that nobody reads. */
const LONGEST_DATA = 200

function readPart(part: unknown): string {
  if (part === null || part === undefined) return ''
  if (typeof part === 'string') return part
  if (typeof part === 'object' && 'text' in part && typeof part.text === 'string') return part.text
  return JSON.stringify(part, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith('data:') && value.length > LONGEST_DATA
      ? `${value.slice(0, 40)}… (${value.length} characters)`
      : value,
  )
}
