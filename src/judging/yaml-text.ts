/** Rubrics and panels are written as YAML; this reads one and says in words where it does not fit. */
import { z } from '@hono/zod-openapi'
import { parse, YAMLParseError } from 'yaml'
import { Invalid } from '#errors.ts'
import { explainIssues } from '#http/issues.ts'

/** Everything but what text on a page is made of: NUL and other controls, lone surrogates. Tab and line feed may stay. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what it looks for
const UNPRINTABLE = /[\0-\x08\x0b-\x1f\x7f\p{Cs}]/u

/** Text of a rubric or panel: trimmed, not empty, at most `longest` characters, and fit to be sent to any provider. */
export function describeTextSchema(longest: number) {
  return z
    .string()
    .trim()
    .min(1, 'expected text that is not empty')
    .max(longest, `expected at most ${longest} characters`)
    .refine(text => !UNPRINTABLE.test(text), 'expected text without control characters')
}

/** The name of a rubric or panel; it becomes part of the version's label. */
export const nameSchema = z
  .string()
  .regex(
    /^[a-z][a-z0-9_-]{0,39}$/,
    'expected a name of at most 40 lower-case letters, digits, "-" and "_", the first a letter',
  )

/**
 * Reads `yamlText` (YAML 1.2, one document, no key twice) against `schema`. `what` names the thing in messages.
 * Throws `Invalid` with the place of the first thing that does not fit, and what is expected there.
 */
export function parseYamlText<Shape>(what: string, yamlText: string, schema: z.ZodType<Shape>): Shape {
  const value = readYaml(what, yamlText)
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [trouble] = explainIssues(result.error.issues, value)
  const { path = [], message = 'does not fit', type } = trouble ?? {}
  throw new Invalid(
    `${path.length === 0 ? `the ${what}` : path.join('.')}: ${message}`,
    ['body', 'yaml', ...path],
    type,
  )
}

function readYaml(what: string, yamlText: string): unknown {
  try {
    return parse(yamlText, { logLevel: 'error' })
  } catch (error) {
    // The parser's other errors are references to aliases that are missing or too many.
    if (!(error instanceof YAMLParseError || error instanceof ReferenceError)) throw error
    // After the first line the parser draws the place in the text.
    const [said = ''] = error.message.split('\n')
    throw new Invalid(`the ${what} is not valid YAML: ${said.replace(/:$/, '')}`, ['body', 'yaml'], 'yaml_invalid')
  }
}
