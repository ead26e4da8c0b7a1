/** All scorers that need no model and no person. */
import { Invalid, type Location } from '#errors.ts'
import { isJsonObject } from '#json.ts'
import { costScorer, latencyScorer } from './budget.ts'
import { editSimilarityScorer } from './edit-similarity.ts'
import { exactScorer } from './exact.ts'
import { jsonSchemaScorer } from './json-schema.ts'
import { jsonValidScorer } from './json-valid.ts'
import { containsScorer, keywordScorer } from './keyword.ts'
import { lengthScorer } from './length.ts'
import { markdownScorer } from './markdown.ts'
import { numericScorer } from './numeric.ts'
import { regexScorer } from './regex.ts'
import type { PreparedScorer, ScorerKind } from './scorer.ts'
import { tokenF1Scorer } from './token-f1.ts'
import { toolCallsScorer } from './tool-calls.ts'

export const PURE_SCORERS: readonly ScorerKind[] = [
  ...[exactScorer, containsScorer, keywordScorer, regexScorer, numericScorer],
  ...[jsonValidScorer, jsonSchemaScorer, markdownScorer, lengthScorer],
  ...[editSimilarityScorer, tokenF1Scorer, toolCallsScorer, latencyScorer, costScorer],
]

/**
 * Makes one scorer ready from its settings, `{kind, name?, …}`; its name is the kind unless it is given.
 *
 * @throws Invalid at the field's path below `loc`: a kind that is not there, settings that do not fit, a pattern or
 * schema that cannot be compiled.
 */
export function prepareScorer(settings: unknown, loc: Location): PreparedScorer {
  const given = isJsonObject(settings) ? settings.kind : undefined
  const found = PURE_SCORERS.find(({ kind }) => kind === given)
  if (found !== undefined) return found.prepare(settings, loc)
  const kinds = PURE_SCORERS.map(({ kind }) => kind).join(', ')
  throw new Invalid(`There is no scorer of this kind; there are ${kinds}.`, [...loc, 'kind'], 'scorer_unknown')
}
