/** Which part of the output is looked at, and what it is compared with. */
import { z } from '@hono/zod-openapi'
import { removeFence } from '#experiments/fence.ts'
import { anyJsonSchema } from '#http/schemas.ts'
import { canonicalJson, isJsonObject, JsonTrouble, parseJson } from '#json.ts'
import type { Grade, ScoredCase, ScoredOutput } from './scorer.ts'

const pathSchema = z.string().regex(/^[^.]+(\.[^.]+)*$/, 'expected names separated by dots, as in answer.items.0')

/** Settings of scorers that look at the text, or at one field of it. */
export const fieldSettings = {
  /** Where in the output's JSON (also in one code fence) to look, as in `answer.city`; the whole text without it. */
  field: pathSchema.exactOptional(),
}

/** Settings of scorers that take what they look for from the case. */
export const expectedSettings = {
  /** Where in the case's `expected` to look, as in `calls`; all of it without it. */
  expected_field: pathSchema.exactOptional(),
}

/** Settings of scorers that compare with something expected: the case's `expected`, unless they name it here. */
export const comparisonSettings = {
  ...fieldSettings,
  /** The same for all cases, in the place of the case's own. */
  expected: anyJsonSchema.exactOptional(),
  ...expectedSettings,
  /** Whether a list that is expected names several right answers, of which the best match counts. */
  any_of: z.boolean().default(false),
}

interface FieldConfig {
  field?: string
}

interface ComparisonConfig extends FieldConfig {
  expected?: unknown
  expected_field?: string
  any_of: boolean
}

export type JsonReading = { value: unknown } | { trouble: string }

/** The JSON of an output, exact: equal keys and more than 200 levels are refused. One code fence around it is passed over. */
export function readOutputJson(text: string): JsonReading {
  try {
    return { value: parseJson(removeFence(text)) }
  } catch (error) {
    if (error instanceof JsonTrouble) return { trouble: error.message }
    throw error
  }
}

/** The value at a dotted path, by own members and positions; `undefined` where there is none. */
export function readPath(value: unknown, path: string): unknown {
  let found = value
  for (const step of path.split('.')) {
    if (Array.isArray(found)) found = /^\d+$/.test(step) ? found[Number(step)] : undefined
    else found = isJsonObject(found) && Object.hasOwn(found, step) ? found[step] : undefined
  }
  return found
}

/** A JSON value as text: text as it is, anything else as canonical JSON. */
export function writeAsText(value: unknown): string {
  return typeof value === 'string' ? value : canonicalJson(value)
}

/** Grades the part of the output that the settings name; 0 when it is not there. */
export function gradeField(config: FieldConfig, output: ScoredOutput, grade: (actual: unknown) => Grade): Grade {
  if (config.field === undefined) return grade(output.text)
  const json = readOutputJson(output.text)
  if ('trouble' in json) return { value: 0, explanation: `The output is no JSON: ${json.trouble}` }
  const actual = readPath(json.value, config.field)
  return actual === undefined ? { value: 0, explanation: `The output has no ${config.field}.` } : grade(actual)
}

/** Grades against what is expected, the best match with `any_of`; null when the case expects nothing. */
export function gradeComparison(
  config: ComparisonConfig,
  scored: ScoredCase,
  output: ScoredOutput,
  grade: (actual: unknown, expected: unknown) => Grade,
): Grade {
  const expected = config.expected ?? readExpected(config, scored)
  const answers = config.any_of && Array.isArray(expected) ? expected : [expected]
  if (answers.length === 0 || answers.includes(undefined)) {
    return { value: null, explanation: 'The case does not say what is expected.' }
  }
  return gradeField(config, output, actual =>
    answers.map(answer => grade(actual, answer)).reduce((best, next) => (rank(next) > rank(best) ? next : best)),
  )
}

/** What the case expects, or the part of it that the settings name; `undefined` where there is none. */
export function readExpected(config: { expected_field?: string }, scored: ScoredCase): unknown {
  return config.expected_field === undefined ? scored.expected : readPath(scored.expected, config.expected_field)
}

/** Whether grades need a case that says what it expects. */
export function comparesWithCase(config: ComparisonConfig): boolean {
  return config.expected === undefined
}

function rank({ value }: Grade): number {
  return value ?? -1
}
