import { z } from '@hono/zod-openapi'
import { Ajv, type ErrorObject, type Options } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { Invalid, type Location } from '#errors.ts'
import { anyJsonSchema } from '#http/schemas.ts'
import { isJsonObject } from '#json.ts'
import { compilePattern } from './pattern.ts'
import { defineScorer } from './scorer.ts'
import { fieldSettings, gradeField, readOutputJson } from './selection.ts'

const SHOWN_ERRORS = 5
/** What ajv takes in the place of RegExp; it tells patterns apart by their text. */
const LINEAR_PATTERNS = Object.assign(
  (pattern: string) => ({ test: compilePattern(pattern), toString: () => pattern }),
  { code: 're2' },
)

/**
 * 1 when the output's JSON (also in one code fence, or one field of it) fits a JSON Schema: of draft 7 when its `$schema`
 * says so, else of 2020-12. `format` is checked. Keywords that the drafts do not know are refused, since a slip there
 * would let everything pass; `example` and names that begin with `x-` are allowed. Patterns are RE2's.
 */
export const jsonSchemaScorer = defineScorer({
  kind: 'json_schema',
  revision: 1,
  settings: {
    ...fieldSettings,
    schema: z.union([z.boolean(), z.record(z.string(), anyJsonSchema)]),
  },
  compile: (config, loc) => {
    const validate = compileSchema(config.schema, loc)
    return (_scored, output) =>
      gradeField(config, output, actual => {
        const json = config.field === undefined ? readOutputJson(output.text) : { value: actual }
        if ('trouble' in json) return { value: 0, explanation: `The output is no JSON: ${json.trouble}` }
        const faults = validate(json.value)
        if (faults.length === 0) return { value: 1, explanation: 'It fits the schema.' }
        const more = faults.length > SHOWN_ERRORS ? [`and ${faults.length - SHOWN_ERRORS} more`] : []
        return { value: 0, explanation: [...faults.slice(0, SHOWN_ERRORS), ...more].join('; ') }
      })
  },
})

function compileSchema(schema: boolean | Record<string, unknown>, loc: Location): (value: unknown) => string[] {
  try {
    const ajv = createAjv(schema)
    const validate = ajv.compile(schema)
    return value => (validate(value) ? [] : (validate.errors ?? []).map(describeError))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Invalid(`schema: ${reason}`, [...loc, 'schema'], 'schema_invalid')
  }
}

/** One of its own for every schema: `$id`s of two schemas cannot meet, and nothing is kept. */
function createAjv(schema: boolean | Record<string, unknown>): Ajv | Ajv2020 {
  const options: Options = {
    allErrors: true,
    strict: false,
    strictSchema: true,
    logger: false,
    keywords: ['example', ...listExtensions(schema)],
    code: { regExp: LINEAR_PATTERNS },
  }
  const draft = typeof schema === 'object' ? String(schema.$schema ?? '') : ''
  const ajv = /draft-07/.test(draft) ? new Ajv(options) : new Ajv2020(options)
  addFormats.default(ajv)
  return ajv
}

function listExtensions(schema: unknown): string[] {
  const found = new Set<string>()
  const walk = (value: unknown) => {
    if (Array.isArray(value)) for (const child of value) walk(child)
    else if (isJsonObject(value)) {
      for (const [key, child] of Object.entries(value)) {
        if (/^x-[\w-]+$/.test(key)) found.add(key)
        walk(child)
      }
    }
  }
  walk(schema)
  return [...found]
}

function describeError({ instancePath, message, params }: ErrorObject): string {
  const extra: unknown = params.additionalProperty ?? params.unevaluatedProperty
  return `${instancePath || 'the value'} ${message ?? 'does not fit'}${extra === undefined ? '' : ` (${String(extra)})`}`
}
