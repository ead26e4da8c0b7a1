import { z } from '@hono/zod-openapi'
import { defineScorer, gradeWhether, quoteBriefly } from './scorer.ts'
import {
  comparesWithCase,
  comparisonSettings,
  expectedSettings,
  fieldSettings,
  gradeComparison,
  gradeField,
  readExpected,
  writeAsText,
} from './selection.ts'

const wordsSchema = z.array(z.string().min(1).max(1000)).max(1000)

const matchSettings = {
  case_sensitive: z.boolean().default(false),
  /** `word`: not inside a longer word. Letters, digits and `_` of any script make words. */
  match: z.enum(['substring', 'word']).default('substring'),
}

/**
 * The share of conditions that hold: each keyword is in the output, and nothing forbidden is. Without `keywords` and
 * `forbidden` the case's `expected` is the keyword, or the list of them.
 */
export const keywordScorer = defineScorer({
  kind: 'keyword',
  revision: 1,
  settings: {
    ...fieldSettings,
    ...expectedSettings,
    keywords: wordsSchema.exactOptional(),
    forbidden: wordsSchema.exactOptional(),
    ...matchSettings,
  },
  check: ({ keywords, forbidden }) =>
    (keywords !== undefined || forbidden !== undefined) && (keywords ?? []).length + (forbidden ?? []).length === 0
      ? { field: 'keywords', message: 'expected at least one keyword or forbidden word' }
      : null,
  needsExpected: config => config.keywords === undefined && config.forbidden === undefined,
  compile: config => (scored, output) => {
    const fromCase = config.keywords === undefined && config.forbidden === undefined
    const keywords = config.keywords ?? (fromCase ? listWords(readExpected(config, scored)) : [])
    const forbidden = config.forbidden ?? []
    const total = keywords.length + forbidden.length
    if (total === 0) return { value: null, explanation: 'The case does not say which keywords are expected.' }
    return gradeField(config, output, actual => {
      const text = writeAsText(actual)
      const missing = keywords.filter(word => !holdsWord(text, word, config))
      const present = forbidden.filter(word => holdsWord(text, word, config))
      const satisfied = total - missing.length - present.length
      const faults = [
        ...(missing.length === 0 ? [] : [`missing: ${missing.map(quoteBriefly).join(', ')}`]),
        ...(present.length === 0 ? [] : [`forbidden, but there: ${present.map(quoteBriefly).join(', ')}`]),
      ]
      return {
        value: satisfied / total,
        explanation: [`${satisfied} of ${total} ${satisfied === 1 ? 'holds' : 'hold'}`, ...faults].join('; '),
      }
    })
  },
})

/** 1 when the output contains what is expected, as text. */
export const containsScorer = defineScorer({
  kind: 'contains',
  revision: 1,
  settings: { ...comparisonSettings, ...matchSettings },
  needsExpected: comparesWithCase,
  compile: config => (scored, output) =>
    gradeComparison(config, scored, output, (actual, expected) => {
      const wanted = writeAsText(expected)
      const holds = holdsWord(writeAsText(actual), wanted, config)
      return gradeWhether(holds, `It contains ${quoteBriefly(wanted)}.`, `It does not contain ${quoteBriefly(wanted)}.`)
    }),
})

interface MatchConfig {
  case_sensitive: boolean
  match: 'substring' | 'word'
}

/** Both sides in Unicode's form NFC, and in lower case unless the case counts. */
function holdsWord(text: string, word: string, config: MatchConfig): boolean {
  const fold = (part: string) => (config.case_sensitive ? part : part.toLowerCase()).normalize('NFC')
  const [inside, wanted] = [fold(text), fold(word)]
  if (config.match === 'substring') return inside.includes(wanted)
  for (let at = inside.indexOf(wanted); at >= 0; at = inside.indexOf(wanted, at + 1)) {
    const before = inside.slice(Math.max(0, at - 2), at)
    const after = inside.slice(at + wanted.length, at + wanted.length + 2)
    if (!/[\p{L}\p{N}\p{M}_]$/u.test(before) && !/^[\p{L}\p{N}\p{M}_]/u.test(after)) return true
  }
  return false
}

function listWords(expected: unknown): string[] {
  if (expected === undefined || expected === null) return []
  return (Array.isArray(expected) ? expected : [expected]).map(writeAsText).filter(word => word !== '')
}
