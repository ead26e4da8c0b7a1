import { z } from '@hono/zod-openapi'
import { defineScorer, gradeWhether, quoteBriefly } from './scorer.ts'
import { comparesWithCase, comparisonSettings, gradeComparison, writeAsText } from './selection.ts'

const toleranceSchema = z.number().nonnegative().default(0)

/**
 * 1 when the number in the output is the expected one: |actual − expected| ≤ max(`tolerance`, `relative_tolerance` ·
 * |expected|), bounds included. Of several numbers in a text the last one counts, or the first (`pick`). Numbers are
 * read as in English (`1,234.5`, `−3`, `2e-4`); signs of currency and units around them do not matter, nor does `%`
 * (12 % is 12); digits inside a word (`v2`) are no number.
 */
export const numericScorer = defineScorer({
  kind: 'numeric',
  revision: 1,
  settings: {
    ...comparisonSettings,
    tolerance: toleranceSchema,
    relative_tolerance: toleranceSchema,
    pick: z.enum(['first', 'last']).default('last'),
  },
  needsExpected: comparesWithCase,
  compile: config => (scored, output) =>
    gradeComparison(config, scored, output, (given, wanted) => {
      const expected = readNumber(wanted, config.pick)
      if (expected === null) return { value: null, explanation: 'What the case expects is no number.' }
      const actual = readNumber(given, config.pick)
      if (actual === null)
        return { value: 0, explanation: `There is no number in ${quoteBriefly(writeAsText(given))}.` }
      const allowed = Math.max(config.tolerance, config.relative_tolerance * Math.abs(expected))
      // Of 0.3 and 0.1 + 0.2 nobody would say that they differ; an ulp or two is not counted.
      const rounding = 4 * Number.EPSILON * Math.max(Math.abs(actual), Math.abs(expected))
      const isNear = Math.abs(actual - expected) <= allowed + rounding
      const explanation = `${actual} against ${expected}, ${allowed} allowed.`
      return gradeWhether(isNear, explanation, explanation)
    }),
})

const NUMBER =
  /(?:(?<![\p{L}\p{N}_).])[-+−])?(?<![\p{L}\p{N}_.])(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?/gu

function readNumber(value: unknown, pick: 'first' | 'last'): number | null {
  if (typeof value === 'number') return value
  const numbers = [...writeAsText(value).matchAll(NUMBER)].map(match => match[0])
  const text = pick === 'first' ? numbers[0] : numbers.at(-1)
  const number = Number((text ?? '').replaceAll(',', '').replace('−', '-'))
  return text === undefined || !Number.isFinite(number) ? null : number
}
