/** The scorers that an experiment names, under their numbers. */
import type { Location } from '#errors.ts'
import { describeScorer, prepareDeclaredScorers } from './declared-scorers.ts'
import type { ScoringConfig } from './definition.ts'
import type { ExperimentScorer } from './weights.ts'

const SCORING: Location = ['body', 'scoring_config']

/**
 * The scorers of an experiment: those that are declared, then the names that only have a weight, which people score
 * under.
 *
 * @throws Invalid at the field's path.
 */
export function declareScorers({ scorers, weights }: Pick<ScoringConfig, 'scorers' | 'weights'>): ExperimentScorer[] {
  const weight = (name: string) => (Object.hasOwn(weights, name) ? (weights[name] ?? null) : null)
  const declared = prepareDeclaredScorers(scorers, [...SCORING, 'scorers']).map(describeScorer)
  const others = Object.keys(weights)
    .filter(name => !declared.some(one => one.name === name))
    .map(name => ({ name, version: null, config: null, declared: false }))
  return [...declared, ...others].map((one, index) => ({ scorer_no: index + 1, ...one, weight: weight(one.name) }))
}
