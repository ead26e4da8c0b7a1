import { z } from '@hono/zod-openapi'
import { writeCount } from './counted.ts'
import { defineScorer } from './scorer.ts'
import { fieldSettings, gradeField, writeAsText } from './selection.ts'

const UNITS = ['characters', 'words', 'lines'] as const
const NOUNS = { characters: 'character', words: 'word', lines: 'line' }

/**
 * 1 when the output is neither shorter than `min` nor longer than `max`, bounds included. Outside 0, or with `graded` the ratio
 * of length and bound (half as long as `min`, or twice as long as `max`: 0.5). Characters are Unicode code points; words
 * are Unicode's (UAX 29, by `Intl.Segmenter`), so that Chinese has words too; lines end with a line feed, and an empty
 * text has none.
 */
export const lengthScorer = defineScorer({
  kind: 'length',
  revision: 1,
  settings: {
    ...fieldSettings,
    unit: z.enum(UNITS).default('characters'),
    min: z.number().int().nonnegative().exactOptional(),
    max: z.number().int().nonnegative().exactOptional(),
    graded: z.boolean().default(false),
  },
  check: ({ min, max }) => {
    if (min === undefined && max === undefined) return { field: 'min', message: 'expected min, max or both' }
    return (min ?? 0) > (max ?? Number.POSITIVE_INFINITY) ? { field: 'max', message: 'expected at least min' } : null
  },
  compile: config => (_scored, output) =>
    gradeField(config, output, actual => {
      const length = measureLength(writeAsText(actual), config.unit)
      const { min = 0, max = Number.POSITIVE_INFINITY } = config
      const ratio = length < min ? length / min : length > max ? max / length : 1
      return {
        value: config.graded || ratio === 1 ? ratio : 0,
        explanation: `${writeCount(length, NOUNS[config.unit])}, wanted ${describeBounds(config)}.`,
      }
    }),
})

function describeBounds({ min, max }: { min?: number; max?: number }): string {
  if (min === undefined) return `${max} at most`
  return max === undefined ? `${min} at least` : `${min} to ${max}`
}

function measureLength(text: string, unit: (typeof UNITS)[number]): number {
  let length = 0
  if (unit === 'characters') for (const _ of text) length++
  else if (unit === 'lines') length = text === '' ? 0 : text.replace(/\n$/, '').split('\n').length
  else
    for (const { isWordLike } of new Intl.Segmenter('en', { granularity: 'word' }).segment(text))
      length += +!!isWordLike
  return length
}
