/** The scorers that an experiment names: those that need nothing, judges, and places for people's scores. */
import { Invalid, type Location } from '#errors.ts'
import { canonicalJson, isJsonObject } from '#json.ts'
import type { ScoringConfig } from './definition.ts'
import { type HumanScorer, prepareHumanScorer } from './scorers/human.ts'
import { type JudgeScorer, prepareJudgeScorer } from './scorers/llm-judge.ts'
import { PURE_SCORERS, prepareScorer } from './scorers/registry.ts'
import type { PreparedScorer } from './scorers/scorer.ts'
import type { ExperimentScorer } from './weights.ts'

/** A scorer that is ready: `grade` or `judges` say how it grades, a person's has neither. */
export type DeclaredScorer = PreparedScorer | JudgeScorer | HumanScorer

const KINDS = [...PURE_SCORERS.map(({ kind }) => kind), 'llm_judge', 'human']

/**
 * Makes an experiment's scorers ready; an entry is a kind, or an object with `kind`, an optional `name` (the kind without
 * it) and the kind's settings.
 *
 * @throws Invalid at the field's path below `loc`: a kind that is not there, settings that do not fit, two equal names.
 */
export function prepareDeclaredScorers(list: ScoringConfig['scorers'], loc: Location): DeclaredScorer[] {
  const prepared = list.map((entry, index) => prepareDeclared(entry, [...loc, index]))
  for (const [index, { name }] of prepared.entries()) {
    if (prepared.findIndex(other => other.name === name) === index) continue
    throw new Invalid(`There is a scorer "${name}" already: give this one another name.`, [...loc, index, 'name'])
  }
  return prepared
}

/** What is kept of a scorer: enough to make it ready again, and its version. */
export function describeScorer(scorer: DeclaredScorer): Omit<ExperimentScorer, 'scorer_no' | 'weight'> {
  const { name, kind, config } = scorer
  const settings = { kind, ...(isJsonObject(config) ? config : {}) }
  if (!('version' in scorer)) return { name, version: null, config: settings, declared: false }
  return { name, version: scorer.version, config: settings, declared: true }
}

/**
 * The scorer of a row, ready; null where it is a name alone, for people to score. Compiling a schema or pattern takes far
 * longer than a grade, so that the process keeps those it used last.
 */
export function restoreScorer({ name, config }: Pick<ExperimentScorer, 'name' | 'config'>): DeclaredScorer | null {
  if (!isJsonObject(config)) return null
  const key = canonicalJson({ ...config, name })
  const known = restored.get(key)
  if (known !== undefined) return known
  const scorer = prepareDeclared({ ...config, name }, ['scorer', name])
  if (restored.size >= KEPT) restored.clear()
  restored.set(key, scorer)
  return scorer
}

const KEPT = 500
const restored = new Map<string, DeclaredScorer>()

function prepareDeclared(entry: string | Record<string, unknown>, loc: Location): DeclaredScorer {
  const settings: Record<string, unknown> = typeof entry === 'string' ? { kind: entry } : entry
  if (settings.kind === 'human') return prepareHumanScorer(settings, loc)
  if (settings.kind === 'llm_judge') return prepareJudgeScorer(settings, loc)
  if (PURE_SCORERS.some(({ kind }) => kind === settings.kind)) return prepareScorer(settings, loc)
  const place = typeof entry === 'string' ? loc : [...loc, 'kind']
  throw new Invalid(`There is no scorer of this kind; there are ${KINDS.join(', ')}.`, place, 'scorer_unknown')
}
