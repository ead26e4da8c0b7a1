/** One line of a Claude Code transcript, and what kind of line it is. */
import { isJsonObject } from '#json.ts'

export interface ClaudeLine {
  /** Unique within the session: lines of subagents' files are counted on from the last line of the main file. */
  number: number
  /** `uuid`, or a name by the number where there is none. */
  key: string
  parent: string | null
  type: string
  time: string | null
  isSidechain: boolean
  agentId: string | null
  /** The subagent's file that it stands in, null for the main file. */
  file: string | null
  value: Record<string, unknown>
  /** As it stood in the file, without the line feed. */
  bytes: Buffer
}

/** Why a line that stands between the others is no part of the talk between person and agent. */
export type Notice = 'meta' | 'compact_summary' | 'command' | 'command_output' | 'interruption' | 'error'

/** Reads what the fields of a line say about its place. Fields of another type than expected count as not there. */
export function readClaudeLine(
  value: Record<string, unknown>,
  place: { number: number; bytes: Buffer; file: string | null; agentId: string | null },
): ClaudeLine {
  return {
    ...place,
    key: readText(value.uuid) ?? `line ${place.number}`,
    parent: readText(value.parentUuid),
    type: readText(value.type) ?? '',
    time: readText(value.timestamp),
    isSidechain: value.isSidechain === true || place.file !== null,
    agentId: readText(value.agentId) ?? place.agentId,
    value,
  }
}

/** Whether the line is a message: of the person, the agent, a tool, or the program in the person's place. */
export function isTalk(line: ClaudeLine): boolean {
  const content = readMessage(line).content
  return (line.type === 'user' || line.type === 'assistant') && (typeof content === 'string' || Array.isArray(content))
}

/** The `message` of a line, an object without fields if it has none. */
export function readMessage(line: ClaudeLine): Record<string, unknown> {
  return isJsonObject(line.value.message) ? line.value.message : {}
}

/** The content blocks of a line; a text alone is one text block. */
export function readContent(line: ClaudeLine): Record<string, unknown>[] {
  const { content } = readMessage(line)
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) return []
  return content.map(block => (isJsonObject(block) ? block : { type: 'text', text: JSON.stringify(block) }))
}

/** What makes a talk line a notice; null for what a person typed, an agent said or a tool gave back. */
export function classifyNotice(line: ClaudeLine): Notice | null {
  if (line.type === 'assistant') return readMessage(line).model === '<synthetic>' ? 'error' : null
  if (line.value.isCompactSummary === true) return 'compact_summary'
  if (line.value.isMeta === true) return 'meta'
  const first = readContent(line)[0]
  const text = first?.type === 'text' && typeof first.text === 'string' ? first.text.trimStart() : ''
  if (/^<(command-name|command-message|bash-input)>/.test(text)) return 'command'
  if (/^<(local-command|bash)-(stdout|stderr)>/.test(text)) return 'command_output'
  return text.startsWith('[Request interrupted by user') ? 'interruption' : null
}

/** Whether the line is the slash command that starts a new conversation. */
export function isClearCommand(line: ClaudeLine): boolean {
  if (line.type !== 'user' || line.isSidechain || classifyNotice(line) !== 'command') return false
  const first = readContent(line)[0]
  return typeof first?.text === 'string' && /<command-name>\s*\/?clear\s*<\/command-name>/.test(first.text)
}

/** The text, null for anything else, the empty text included. */
export function readText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
