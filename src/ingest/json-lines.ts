import { Invalid } from '#errors.ts'
import { isJsonObject, parseJson } from '#json.ts'
import { type Line, splitLines } from '#lines.ts'

/** A line of JSON text: its object, or why there is none. */
export type JsonLine = { number: number; ended: boolean } & (
  | { value: Record<string, unknown>; bytes: Buffer }
  | { reason: string }
)

/** The lines of a JSONL file in order; one that holds no JSON object, exactly read, comes with the reason. */
export async function* readJsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<JsonLine, void, undefined> {
  for await (const lines of splitLines(chunks)) for (const line of lines) yield readJsonLine(line)
}

function readJsonLine(line: Line): JsonLine {
  const { number, ended } = line
  if ('tooLong' in line) return { number, ended, reason: `the line is too long (${line.length} bytes)` }
  try {
    const value = parseJson(line.bytes)
    if (isJsonObject(value)) return { number, ended, value, bytes: line.bytes }
    return { number, ended, reason: `not a JSON object but ${nameKind(value)}` }
  } catch (error) {
    if (error instanceof Invalid) return { number, ended, reason: error.message }
    throw error
  }
}

/** What kind of JSON value this is, as in "an array". */
export function nameKind(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (JSON.isRawJSON(value)) return 'a number'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
