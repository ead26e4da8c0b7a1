/** An expert's reply: the shape that is asked for, how it is read, and how a wrong one is sent back. */
import { isDeepStrictEqual } from 'node:util'
import { Invalid } from '#errors.ts'
import { parseJson } from '#json.ts'
import type { JsonSchema, ModelMessage } from '#models/model.ts'
import { AXES, type Axis, NULLABLE_AXES, type Scores } from './axes.ts'
import { findJsonObjects } from './json-objects.ts'
import { fillText, PROMPT_TEXT } from './prompt-text.ts'
import { escapeUnseen, quoteName, splitText } from './shown-text.ts'

export interface Verdict {
  scores: Scores
  /** As the model wrote it; never blank. */
  comment: string
}

/** `reason` says everything that is wrong, in words for the model that gets it back. */
export type VerdictReading = { ok: true; verdict: Verdict } | { ok: false; reason: string }

/** How much of a wrong reply is sent back. */
const REPLY_LIMIT = 8000

/** The reply's JSON schema, strict: every field required, none beside them. */
export function verdictSchema(): JsonSchema {
  const scores = Object.fromEntries(
    AXES.map(axis => [
      axis,
      { type: NULLABLE_AXES.includes(axis) ? ['integer', 'null'] : 'integer', minimum: 0, maximum: 100 },
    ]),
  )
  return describeObject({
    expert_id: { type: 'string' },
    scores: describeObject(scores),
    comment: { type: 'string', description: '2 to 5 sentences' },
  })
}

/**
 * Reads an expert's reply. Lenient about what stands around the one JSON object with `scores`: code fences, prose (also
 * with braces), other JSON, a `<think>` block before it, whose content is never read as the answer. Several objects with
 * `scores` are accepted only if they say the same: which of two verdicts is meant is not ours to guess, and one of them
 * may be a quotation from the transcript. Strict about the object: every axis there, whole numbers from 0 to 100 (null on
 * nullable axes alone), a comment that is not blank, no key twice, nothing else. A missing or other `expert_id` is
 * forgiven, whatever its type.
 */
export function readVerdict(text: string): VerdictReading {
  const answer = dropThinking(text)
  if (answer === null) return refuse(['the reply ends within its thinking, before any answer'])
  const verdicts: unknown[] = []
  for (const object of findJsonObjects(answer)) {
    const parsed = parseObject(object)
    if (typeof parsed === 'string') return refuse([parsed])
    if (Object.hasOwn(parsed, 'scores')) verdicts.push(parsed)
  }
  const [first, ...others] = verdicts
  if (first === undefined) return refuse([describeAbsence(answer)])
  if (others.some(other => !isDeepStrictEqual(other, first))) {
    return refuse(['the reply holds several JSON objects with "scores" that differ; give exactly one'])
  }
  return checkVerdict(first)
}

/**
 * The conversation that asks again after a reply that could not be used: the prompt, the reply (its middle left out when
 * it is very long) and what was wrong with it, with the shape once more.
 */
export function buildCorrection(messages: ModelMessage[], reply: string, reason: string): ModelMessage[] {
  const question = [
    fillText(PROMPT_TEXT.correction, { reason }),
    fillText(PROMPT_TEXT.shape, { id: '<your expert_id>' }),
  ].join('\n')
  return [...messages, { role: 'assistant', content: showReply(reply) }, { role: 'user', content: question }]
}

function describeObject(properties: { [name: string]: JsonSchema }): JsonSchema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
}

const THINKING = /^\s*<think(?:ing)?>/i
const THINKING_END = /<\/think(?:ing)?>/gi

/**
 * What follows a reply's thinking; null when that does not end. Some chat templates swallow the opening tag, so what follows the
 * last closing tag is the answer if there is an object in it; a comment may mention the tag all the same.
 */
export function dropThinking(text: string): string | null {
  const ends = [...text.matchAll(THINKING_END)].map(match => match.index + match[0].length)
  const rest = text.slice(ends.at(-1) ?? 0)
  if (ends.length > 0 && findJsonObjects(rest).length > 0) return rest
  if (!THINKING.test(text)) return text
  return ends[0] === undefined ? null : text.slice(ends[0])
}

/** The object's value, or what is wrong with its JSON where it might be the verdict. */
function parseObject(text: string): object | string {
  try {
    const value = parseJson(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch (error) {
    if (!(error instanceof Invalid)) throw error
    return text.includes('"scores"') ? `the JSON object is refused: ${error.message}` : {}
  }
}

function describeAbsence(answer: string): string {
  if (answer.trim() === '') return 'the reply is empty'
  if (!answer.includes('{')) return 'the reply holds no JSON object'
  return 'the reply holds no complete and valid JSON object with "scores"; see that it is not cut off, quotes and commas are right and it has no comments'
}

function checkVerdict(value: unknown): VerdictReading {
  const fields = readFields(value)
  const troubles = listUnknown(fields, ['expert_id', 'scores', 'comment'], '')
  const comment = fields.get('comment')
  const given = fields.get('scores')
  const scores = readScores(given, troubles)
  if (typeof comment !== 'string' || comment.trim() === '') {
    troubles.push(fields.has('comment') ? '"comment" must be text of 2 to 5 sentences' : '"comment" is missing')
    return refuse(troubles)
  }
  if (scores === null || troubles.length > 0) return refuse(troubles)
  return { ok: true, verdict: { scores, comment } }
}

/** The scores; null when something is wrong, which is added to `troubles`. */
function readScores(value: unknown, troubles: string[]): Scores | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    troubles.push('"scores" must be an object with the seven axes')
    return null
  }
  const fields = readFields(value)
  troubles.push(...listUnknown(fields, AXES, 'scores.'))
  const read = (axis: Axis): number | null => {
    const score = fields.get(axis)
    if (score === null && NULLABLE_AXES.includes(axis)) return null
    if (typeof score === 'number' && Number.isInteger(score) && score >= 0 && score <= 100) return score
    troubles.push(describeScoreTrouble(axis, fields.has(axis)))
    return null
  }
  const before = troubles.length
  const scores: Scores = {
    task_complexity: read('task_complexity'),
    goal_completion: read('goal_completion'),
    tool_usage_quality: read('tool_usage_quality'),
    efficiency: read('efficiency'),
    communication: read('communication'),
    subagent_orchestration: read('subagent_orchestration'),
    self_extension: read('self_extension'),
  }
  return troubles.length > before ? null : scores
}

function describeScoreTrouble(axis: Axis, isThere: boolean): string {
  if (!isThere) return `"scores.${axis}" is missing`
  return `"scores.${axis}" must be a whole number from 0 to 100${NULLABLE_AXES.includes(axis) ? ' or null' : ', not null'}`
}

function listUnknown(fields: Map<string, unknown>, known: readonly string[], path: string): string[] {
  const unknown = [...fields.keys()].filter(key => !known.includes(key))
  return unknown.slice(0, 3).map(key => `${path === '' ? 'the object' : '"scores"'} must not have ${quoteName(key)}`)
}

function readFields(value: unknown): Map<string, unknown> {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : [])
}

function refuse(troubles: string[]): VerdictReading {
  return { ok: false, reason: `${troubles.join('; ')}.` }
}

/** A reply as it can be sent again: providers refuse empty messages, NUL and lone surrogates. */
export function showReply(reply: string): string {
  if (reply.trim() === '') return '(an empty reply)'
  const { head, tail } = splitText(reply, Math.min(reply.length, REPLY_LIMIT))
  const shown = reply.length <= REPLY_LIMIT ? reply : `${head}\n[… the middle of this reply left out …]\n${tail}`
  return escapeUnseen(shown)
}
