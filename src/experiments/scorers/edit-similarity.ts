import { z } from '@hono/zod-openapi'
import { distance } from 'fastest-levenshtein'
import { writeCount } from './counted.ts'
import { defineScorer } from './scorer.ts'
import { comparesWithCase, comparisonSettings, gradeComparison, writeAsText } from './selection.ts'

/** Time grows with the product of the lengths; this is below 50 ms. */
const LONGEST = 20_000

/**
 * 1 − d / n, with Levenshtein's distance d (insertions, deletions and substitutions of UTF-16 units; Levenshtein, Soviet
 * Physics Doklady 10, 1966) between output and what is expected, and n the longer one's length; 1 when both are empty.
 * Of longer texts the first 20,000 units are compared, and the explanation says so.
 */
export const editSimilarityScorer = defineScorer({
  kind: 'edit_similarity',
  revision: 1,
  settings: { ...comparisonSettings, case_sensitive: z.boolean().default(true), trim: z.boolean().default(true) },
  needsExpected: comparesWithCase,
  compile: config => {
    const normalise = (value: unknown) => {
      const text = config.trim ? writeAsText(value).trim() : writeAsText(value)
      return config.case_sensitive ? text : text.toLowerCase()
    }
    return (scored, output) =>
      gradeComparison(config, scored, output, (given, wanted) => {
        const [actual, expected] = [normalise(given), normalise(wanted)]
        const isCut = Math.max(actual.length, expected.length) > LONGEST
        const [one, other] = [actual.slice(0, LONGEST), expected.slice(0, LONGEST)]
        const edits = distance(one, other)
        const longer = Math.max(one.length, other.length)
        const note = isCut ? ` (of the first ${LONGEST})` : ''
        return {
          value: longer === 0 ? 1 : 1 - edits / longer,
          explanation: `${writeCount(edits, 'edit')} in ${writeCount(longer, 'character')}${note}.`,
        }
      })
  },
})
