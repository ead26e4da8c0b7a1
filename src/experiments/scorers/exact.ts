import { z } from '@hono/zod-openapi'
import { canonicalJson } from '#json.ts'
import { defineScorer, gradeWhether, quoteBriefly } from './scorer.ts'
import { comparesWithCase, comparisonSettings, gradeComparison, readOutputJson, writeAsText } from './selection.ts'

/**
 * 1 when the output is what was expected. Text is compared in Unicode's form NFC, without white space at its ends (`trim`);
 * anything else that is expected (a number, an object) is compared as JSON values, whatever their layout.
 */
export const exactScorer = defineScorer({
  kind: 'exact',
  revision: 1,
  settings: { ...comparisonSettings, case_sensitive: z.boolean().default(true), trim: z.boolean().default(true) },
  needsExpected: comparesWithCase,
  compile: config => {
    const normalise = (text: string) => {
      const composed = (config.trim ? text.trim() : text).normalize('NFC')
      return config.case_sensitive ? composed : composed.toLowerCase()
    }
    return (scored, output) =>
      gradeComparison(config, scored, output, (actual, expected) => {
        const isRight =
          typeof expected === 'string'
            ? normalise(writeAsText(actual)) === normalise(expected)
            : writeJson(actual) === canonicalJson(expected)
        const wanted = quoteBriefly(writeAsText(expected))
        return gradeWhether(isRight, `It is ${wanted}.`, `It is ${quoteBriefly(writeAsText(actual))}, not ${wanted}.`)
      })
  },
})

function writeJson(actual: unknown): string | null {
  if (typeof actual !== 'string') return canonicalJson(actual)
  const json = readOutputJson(actual)
  return 'trouble' in json ? null : canonicalJson(json.value)
}
