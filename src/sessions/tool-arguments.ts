import { isJsonObject, parseJson } from '#json.ts'

/** A tool's arguments as they are shown: JSON text, or the model's own text where that is no JSON. */
export interface ShownArguments {
  text: string
  /** Whether the text is JSON. */
  parses: boolean
  /** What says most in one line: a command, a path, a question. */
  summary: string
  /** What an editing tool takes out and puts in. */
  edits: { path: string | null; before: string; after: string }[]
}

/** The first of these that is text sums a call up. */
const TELLING = ['command', 'query', 'pattern', 'file_path', 'path', 'url', 'prompt', 'code'] as const
const SUMMARY_LENGTH = 160

/** Pure; numbers stand in the text as the source wrote them. */
export function showToolArguments(value: unknown): ShownArguments {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  const read = typeof value === 'string' ? readArguments(value) : { value }
  if (read === null) return { text, parses: text === '', summary: shortenLine(text), edits: [] }
  return { text, parses: true, summary: summariseArguments(read.value), edits: readEdits(read.value) }
}

/** The first line of a text that says anything, without terminal colours, at most so long. */
export function shortenLine(text: string, length = SUMMARY_LENGTH): string {
  const line = /\S[^\n\r]*/.exec(text.slice(0, 4_000))?.[0] ?? ''
  const words = line.replace(/\s+/g, ' ').trim()
  // A character outside the basic plane is not cut in two.
  return words.length <= length ? words : `${words.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

function readArguments(text: string): { value: unknown } | null {
  try {
    return { value: parseJson(text) }
  } catch {
    return null
  }
}

function summariseArguments(value: unknown): string {
  if (typeof value === 'string') return shortenLine(value)
  if (!isJsonObject(value)) return ''
  const fields = Object.entries(value)
  const telling = TELLING.map(name => value[name]).find(isFilled) ?? fields.map(field => field[1]).find(isFilled)
  if (telling !== undefined) return shortenLine(telling)
  return fields.length === 0 ? '' : `${fields.length} ${fields.length === 1 ? 'field' : 'fields'}`
}

function readEdits(value: unknown): ShownArguments['edits'] {
  if (!isJsonObject(value)) return []
  const path = [value.file_path, value.path].find(isFilled) ?? null
  const parts = Array.isArray(value.edits) ? value.edits : [value]
  return parts.flatMap(part => {
    if (!isJsonObject(part)) return []
    const [before, after] = [part.old_string ?? part.old_str, part.new_string ?? part.new_str]
    return typeof before === 'string' && typeof after === 'string' ? [{ path, before, after }] : []
  })
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}
