import { escapeText } from '#db/foreign-text.ts'
import { Invalid } from '#errors.ts'
import { isJsonObject } from '#json.ts'
import type { NewCase } from './case.ts'

/** Ids are looked up in an index, whose entries hold 2,704 bytes; a session's id and a place in it have to fit. */
const MAX_NAME_BYTES = 1_200

/** What a line or record says of a case, before it is known to be one. A field that is missing is undefined. */
export interface GivenCase {
  id?: unknown
  input?: unknown
  expected?: unknown
  metadata?: unknown
  source?: unknown
}

/** Makes a case of what was given; null stands for nothing. @throws Invalid that names the field. */
export function readCaseFields(given: GivenCase): NewCase {
  const { input, expected, metadata } = given
  if (input === undefined || input === null) throw new Invalid('input: This field is needed')
  if (!isJsonObject(input)) throw refuse('input', 'an object, whose fields are the variables of prompts')
  if (metadata !== undefined && metadata !== null && !isJsonObject(metadata)) throw refuse('metadata', 'an object')
  return {
    id: readName('id', given.id),
    input,
    expected: expected ?? null,
    metadata: metadata ?? {},
    source: readName('source', given.source),
  }
}

function readName(field: string, value: unknown): string | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'string') throw refuse(field, 'text')
  if (value.trim() === '') throw refuse(field, 'text that is not blank, or null')
  if (!value.isWellFormed() || /\p{Cc}/u.test(value)) throw refuse(field, 'text without control characters')
  if (Buffer.byteLength(escapeText(value)) > MAX_NAME_BYTES) throw refuse(field, `at most ${MAX_NAME_BYTES} bytes`)
  return value
}

function refuse(field: string, expected: string): Invalid {
  return new Invalid(`${field}: Expected ${expected}`)
}
