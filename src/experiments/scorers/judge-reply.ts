import { isDeepStrictEqual } from 'node:util'
import { Invalid } from '#errors.ts'
import { isJsonObject, parseJson } from '#json.ts'
import { findJsonObjects } from '#judging/json-objects.ts'
import { dropThinking } from '#judging/verdict.ts'

/** `score` in tenths, 10 to 100, so that means are exact. `reason` of a refusal says all that is wrong, for the model. */
export type JudgeReading = { ok: true; tenths: number; reason: string } | { ok: false; reason: string }

/**
 * Reads a judge's reply. Lenient about what stands around the one JSON object with `score`: code fences, prose, other JSON,
 * thinking before it. Several such objects are accepted only if they say the same, since one of them may be a quotation from
 * the material. Strict about the object: a number from 1 to 10 with one decimal at most, a reason in words, no key twice,
 * nothing else.
 */
export function readJudgeReply(text: string): JudgeReading {
  const answer = dropThinking(text)
  if (answer === null) return refuse('the reply ends within its thinking, before any answer')
  const found: Record<string, unknown>[] = []
  for (const object of findJsonObjects(answer)) {
    const parsed = parseObject(object)
    if (typeof parsed === 'string') return refuse(parsed)
    if (Object.hasOwn(parsed, 'score')) found.push(parsed)
  }
  const [first, ...others] = found
  if (first === undefined) return refuse(describeAbsence(answer))
  if (others.some(other => !isDeepStrictEqual(other, first))) {
    return refuse('the reply holds several JSON objects with "score" that differ; give exactly one')
  }
  return checkReply(first)
}

function checkReply(reply: Record<string, unknown>): JudgeReading {
  const { score, reason } = reply
  const unknown = Object.keys(reply).filter(key => key !== 'score' && key !== 'reason')
  const troubles = unknown.slice(0, 3).map(key => `the object must not have ${JSON.stringify(key.slice(0, 100))}`)
  const tenths = typeof score === 'number' ? Math.round(score * 10) : Number.NaN
  if (!(tenths >= 10 && tenths <= 100) || tenths / 10 !== score) {
    troubles.push('"score" must be a number from 1 to 10, whole or with one decimal')
  }
  if (typeof reason !== 'string' || reason.trim() === '') {
    troubles.push(reason === undefined ? '"reason" is missing' : '"reason" must be text of 1 to 3 sentences')
    return refuse(troubles.join('; '))
  }
  return troubles.length > 0 ? refuse(troubles.join('; ')) : { ok: true, tenths, reason }
}

/** The object's value, or what is wrong with its JSON where it might be the answer. */
function parseObject(text: string): Record<string, unknown> | string {
  try {
    const value = parseJson(text)
    return isJsonObject(value) ? value : {}
  } catch (error) {
    if (!(error instanceof Invalid)) throw error
    return text.includes('"score"') ? `the JSON object is refused: ${error.message}` : {}
  }
}

function describeAbsence(answer: string): string {
  if (answer.trim() === '') return 'the reply is empty'
  if (!answer.includes('{')) return 'the reply holds no JSON object'
  return 'the reply holds no complete and valid JSON object with "score"; see that it is not cut off'
}

function refuse(reason: string): JudgeReading {
  return { ok: false, reason: `${reason}.` }
}
