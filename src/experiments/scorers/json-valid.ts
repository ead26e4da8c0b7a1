import { z } from '@hono/zod-openapi'
import { JsonTrouble, parseJson } from '#json.ts'
import { defineScorer, gradeWhether } from './scorer.ts'
import { readOutputJson } from './selection.ts'

/**
 * 1 when the output is JSON (RFC 8259): one value and nothing around it but white space and, with `fenced`, one code fence.
 * Two equal keys in an object, and more than 200 levels, count as no JSON.
 */
export const jsonValidScorer = defineScorer({
  kind: 'json_valid',
  revision: 1,
  settings: { fenced: z.boolean().default(false) },
  compile: config => (_scored, output) => {
    const json = config.fenced ? readOutputJson(output.text) : readBareJson(output.text)
    const trouble = 'trouble' in json ? json.trouble : ''
    return gradeWhether(trouble === '', 'The output is JSON.', `The output is no JSON: ${trouble}`)
  },
})

function readBareJson(text: string): { value: unknown } | { trouble: string } {
  try {
    return { value: parseJson(text) }
  } catch (error) {
    if (error instanceof JsonTrouble) return { trouble: error.message }
    throw error
  }
}
