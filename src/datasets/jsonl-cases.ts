import { Invalid } from '#errors.ts'
import { isJsonObject, parseJson } from '#json.ts'
import { type Line, splitLines } from '#lines.ts'
import type { NewCase } from './case.ts'
import { readCaseFields } from './case-fields.ts'

/** What became of a line or record: a case, or why it is none. */
export type ReadCase = { line: number; bytes: number } & ({ given: NewCase } | { reason: string })

/** The longest line or record that is read. */
export const MAX_CASE_BYTES = 64 * 1024 * 1024

const FIELDS = ['id', 'input', 'expected', 'metadata', 'source', 'session_id']

/**
 * Reads cases as JSONL: a line an object `{input, expected?, metadata?, id?, source?}`, where `session_id` is another word for
 * `source`. A line that cannot be read comes with its reason. Values are exact or refused, see `parseJson`; a field of
 * another name is refused, since nobody would find it again.
 */
export async function* readJsonlCases(stream: AsyncIterable<Uint8Array>): AsyncGenerator<ReadCase[], void, undefined> {
  for await (const lines of splitLines(stream, { maxBytes: MAX_CASE_BYTES })) yield lines.map(readLine)
}

function readLine(line: Line): ReadCase {
  const place = { line: line.number, bytes: 'bytes' in line ? line.bytes.length : 0 }
  if ('tooLong' in line)
    return { ...place, reason: `The line has ${line.length} bytes; the longest may have ${MAX_CASE_BYTES}.` }
  try {
    return { ...place, given: readObject(parseJson(line.bytes)) }
  } catch (error) {
    if (error instanceof Invalid) return { ...place, reason: error.message }
    throw error
  }
}

function readObject(value: unknown): NewCase {
  if (!isJsonObject(value)) throw new Invalid('A line has to be a JSON object.')
  const unknown = Object.keys(value).find(field => !FIELDS.includes(field))
  if (unknown !== undefined) {
    const place = 'what prompts read belongs below input, everything else below metadata'
    throw new Invalid(`A case has no field "${unknown.slice(0, 100)}": ${place}`)
  }
  const { session_id, source, ...given } = value
  if (session_id !== undefined && source !== undefined) {
    throw new Invalid('session_id is another word for source; a case can have one of them')
  }
  return readCaseFields({ ...given, source: source ?? session_id })
}
