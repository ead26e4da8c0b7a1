import type { z } from '@hono/zod-openapi'
import { isJsonObject } from '#json.ts'

type ZodIssue = z.core.$ZodIssue

/** What is wrong with one field of foreign data, in words that say what to do about it. */
export interface Trouble {
  path: (string | number)[]
  message: string
  type: string
}

/**
 * Says what a validation found, for the one who sent the data: a field that is not there is `missing`, and of the ways in
 * which a value may be meant, the one is explained that it came closest to.
 *
 * An issue of code `custom` may bring its own type as `params.type`.
 *
 * @param input what was validated; its values are named by their kind only, so that an answer never grows with them.
 */
export function explainIssues(issues: ZodIssue[], input: unknown): Trouble[] {
  return issues.flatMap(issue => explainIssue(issue, input, []))
}

function explainIssue(issue: ZodIssue, input: unknown, outer: Trouble['path']): Trouble[] {
  const path = [...outer, ...issue.path.map(step => (typeof step === 'number' ? step : String(step)))]
  const value = readPath(input, path)
  if (issue.code === 'unrecognized_keys') {
    const message = 'There is no such field; look for a slip in its name, or leave it out'
    return issue.keys.map(key => ({ path: [...path, key], message, type: issue.code }))
  }
  if (value === undefined && issue.code !== 'custom') {
    return [{ path, message: path.length === 0 ? 'A JSON body is needed' : 'This field is needed', type: 'missing' }]
  }
  if (issue.code === 'too_small' || issue.code === 'too_big')
    return [{ path, message: nameBound(issue), type: issue.code }]
  if (issue.code === 'invalid_union') return explainUnion(issue, input, path)
  if (issue.code === 'invalid_type')
    return [{ path, message: `Expected ${nameType(issue.expected)}, not ${nameKind(value)}`, type: issue.code }]
  if (issue.code === 'invalid_value')
    return [{ path, message: `Expected ${listValues(issue.values)}`, type: issue.code }]
  const type = issue.code === 'custom' ? (issue.params?.type ?? 'value_error') : issue.code
  return [{ path, message: issue.message, type: String(type) }]
}

/** The branch with the fewest troubles, all of them inside the value, was meant; without such a one all that would do is named. */
function explainUnion(issue: ZodIssue & { code: 'invalid_union' }, input: unknown, path: Trouble['path']): Trouble[] {
  const branches = issue.errors.map(errors => errors.flatMap(error => explainIssue(error, input, path)))
  const [closest] = branches
    .filter(troubles => troubles.length > 0 && troubles.every(one => one.path.length > path.length))
    .sort((a, b) => a.length - b.length)
  if (closest !== undefined) return closest
  const expected = issue.errors.flat().flatMap(error => {
    if (error.code === 'invalid_value') return [listValues(error.values)]
    return error.code === 'invalid_type' ? [nameType(error.expected)] : []
  })
  // A value of the right kind is not refused for its kind.
  const isChoice = issue.errors.flat().every(error => error.code === 'invalid_value')
  const found = isChoice ? '' : `, not ${nameKind(readPath(input, path))}`
  const message = `Expected ${listChoices([...new Set(expected)])}${found}`
  return [{ path, message: expected.length === 0 ? issue.message : message, type: issue.code }]
}

function readPath(input: unknown, path: Trouble['path']): unknown {
  let value = input
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = Reflect.get(value, step)
  }
  return value
}

const typeNames: { [type: string]: string } = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
}

/** The schema's own words where it has any. */
function nameBound(issue: ZodIssue & { code: 'too_small' | 'too_big' }): string {
  if (!issue.message.startsWith('Too ')) return issue.message
  const limit = issue.code === 'too_small' ? issue.minimum : issue.maximum
  const words = issue.code === 'too_small' ? ['at least', 'more than'] : ['at most', 'less than']
  const bound = `${words[issue.inclusive === false ? 1 : 0]} ${limit}`
  if (issue.origin === 'string') return `Expected ${bound} ${Number(limit) === 1 ? 'character' : 'characters'}`
  return issue.origin === 'array' ? `Expected ${bound} of them` : `Expected ${bound}`
}

function nameType(type: string): string {
  return typeNames[type] ?? type
}

function nameKind(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return 'text'
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a number with a fraction'
  if (typeof value === 'boolean') return String(value)
  return isJsonObject(value) ? 'an object' : 'one that cannot be kept exactly'
}

function listValues(values: readonly unknown[]): string {
  return listChoices(values.map(value => (typeof value === 'string' ? JSON.stringify(value) : String(value))))
}

function listChoices(choices: string[]): string {
  return choices.length < 2 ? choices.join() : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`
}
