import { z } from '@hono/zod-openapi'
import { writeCount } from './counted.ts'
import { defineScorer } from './scorer.ts'
import { comparesWithCase, comparisonSettings, gradeComparison, writeAsText } from './selection.ts'

/**
 * F1 of the words of output and expected answer as multisets, 2 · shared / (words of one + words of the other), as in the
 * evaluation of SQuAD (Rajpurkar et al., arXiv 1606.05250, 2016, and its `evaluate-v2.0.py`): lower case, punctuation taken
 * out, English articles left out (unless `drop_articles` is false), split at white space. Without words on both sides
 * 1, on one side 0. Punctuation and symbols are Unicode's, where the script knows ASCII's only.
 */
export const tokenF1Scorer = defineScorer({
  kind: 'token_f1',
  revision: 1,
  settings: {
    ...comparisonSettings,
    /** Whether the articles a, an and the are left out. */
    drop_articles: z.boolean().default(true),
  },
  needsExpected: comparesWithCase,
  compile: config => (scored, output) =>
    gradeComparison(config, scored, output, (actual, expected) => {
      const own = listTokens(writeAsText(actual), config.drop_articles)
      const wanted = listTokens(writeAsText(expected), config.drop_articles)
      const shared = countShared(own, wanted)
      const total = own.length + wanted.length
      const explanation = `${writeCount(shared, 'word')} in common; the output has ${own.length}, the expected answer ${wanted.length}.`
      return { value: total === 0 ? 1 : (2 * shared) / total, explanation }
    }),
})

function listTokens(text: string, dropArticles: boolean): string[] {
  const words = text
    .toLowerCase()
    .replace(/[\p{P}\p{S}]/gu, '')
    .split(/\s+/u)
  return words.filter(word => word !== '' && !(dropArticles && /^(a|an|the)$/.test(word)))
}

function countShared(one: string[], other: string[]): number {
  const left = new Map<string, number>()
  for (const word of other) left.set(word, (left.get(word) ?? 0) + 1)
  let shared = 0
  for (const word of one) {
    const rest = left.get(word) ?? 0
    if (rest === 0) continue
    shared++
    left.set(word, rest - 1)
  }
  return shared
}
