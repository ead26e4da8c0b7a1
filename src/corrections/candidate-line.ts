import { escapeText } from '#db/foreign-text.ts'
import { Invalid } from '#errors.ts'
import { foreignIdSchema } from '#http/schemas.ts'
import { isJsonObject, parseJson } from '#json.ts'
import type { Line } from '#lines.ts'
import { candidateStatusSchema, readGivenCategory } from './candidate.ts'
import type { NewCandidate } from './save-candidates.ts'

/** The longest line that is read. */
const MAX_LINE_BYTES = 64 * 1024 * 1024

/** What became of a line: a candidate, or why there is none. */
export type ReadLine = { candidate: NewCandidate } | { reason: string }

/**
 * Reads a line of `sft_candidates.jsonl`. It needs an id, the prompt and the response; every other field may be absent, and
 * all fields are kept as they came.
 */
export function readCandidateLine(line: Line): ReadLine {
  if ('tooLong' in line) return { reason: `The line has ${line.length} bytes; the longest may have ${MAX_LINE_BYTES}.` }
  try {
    const value = parseJson(line.bytes)
    if (!isJsonObject(value)) return { reason: 'A line has to be a JSON object.' }
    return { candidate: readCandidate(value) }
  } catch (error) {
    if (error instanceof Invalid) return { reason: error.message }
    throw error
  }
}

function readCandidate(value: Record<string, unknown>): NewCandidate {
  const { id, status, prompt_messages, model_response, corrected_response, ...fields } = value
  const correction = corrected_response ?? null
  if (correction !== null && typeof correction !== 'string') throw refuse('corrected_response', 'text or null')
  if (typeof model_response !== 'string') throw refuse('model_response', 'text')
  return {
    id: readId(id),
    status: readStatus(status ?? 'needs_review'),
    origin: 'benchmark',
    fields,
    source: readName(fields, 'source'),
    model_name: readName(fields, 'model_name'),
    task_type: readName(fields, 'task_type'),
    profile_id: readName(fields, 'profile_id'),
    quality_score: readQuality(fields.quality_score),
    prompt_messages: readPrompt(prompt_messages),
    model_response,
    corrected_response: correction,
    failure_category: readGivenCategory(fields),
    message: null,
  }
}

function readId(id: unknown): string {
  if (id === undefined || id === null) throw new Invalid('id: This field is needed')
  if (typeof id !== 'string') throw refuse('id', 'text')
  const parsed = foreignIdSchema.safeParse(id)
  if (!parsed.success) throw new Invalid(`id: ${parsed.error.issues[0]?.message}`)
  return id
}

function readStatus(status: unknown): NewCandidate['status'] {
  const parsed = candidateStatusSchema.safeParse(status)
  if (!parsed.success) throw refuse('status', candidateStatusSchema.options.join(', '))
  return parsed.data
}

function readPrompt(messages: unknown): NewCandidate['prompt_messages'] {
  if (!Array.isArray(messages)) throw refuse('prompt_messages', 'a list of messages')
  for (const message of messages) {
    if (!isJsonObject(message) || typeof message.role !== 'string') {
      throw refuse('prompt_messages', 'messages with a role and content')
    }
  }
  return messages
}

function readQuality(value: unknown): number | null {
  if (value === undefined || value === null) return null
  const number = JSON.isRawJSON(value) ? Number(value.rawJSON) : value
  if (typeof number !== 'number' || !(number >= 0 && number <= 1)) throw refuse('quality_score', 'a number from 0 to 1')
  return number
}

/** Names are searched by: three of them have to fit into an entry of an index. */
const MAX_NAME_BYTES = 768

function readName(fields: Record<string, unknown>, field: string): string | null {
  const value = fields[field] ?? null
  if (value === null) return null
  const name = typeof value === 'string' ? value : JSON.stringify(value)
  if (Buffer.byteLength(escapeText(name)) > MAX_NAME_BYTES) throw refuse(field, `at most ${MAX_NAME_BYTES} bytes`)
  return name
}

function refuse(field: string, expected: string): Invalid {
  return new Invalid(`${field}: Expected ${expected}`)
}
