/** An experiment as its leaderboard needs it: who takes part, and what counts. */
import sql from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { Invalid, type Location, NotFound } from '#errors.ts'
import { canonicalJson, isJsonObject } from '#json.ts'
import type { ExperimentStatus } from './experiments.ts'
import { DEFAULT_LABEL, resolvePrompt } from './prompts.ts'
import { labelVariants } from './variant-labels.ts'

/** A scorer of the experiment. */
export interface ContestScorer {
  /** Its place in `grades`. */
  place: number
  name: string
  /** What it counts for in the weighted score; 0: it does not count. */
  weight: number
}

export interface ContestVariant {
  variant_no: number
  label: string
  trial: { [name: string]: unknown }
  prompts: { name: string; version: string }[]
  last_round: number | null
  /** Whether the experiment's document names it as the baseline. */
  baseline: boolean
}

export interface Contest {
  project_id: number
  experiment_no: number
  experiment_id: string
  name: string
  status: ExperimentStatus
  /** Splits below are test. */
  test_below: number
  pass_threshold: number
  planned: number
  done: number
  failed: number
  scorers: ContestScorer[]
  /** Changes when its variants do. */
  variants_state: string
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * Finds an experiment by its id, or the newest of a name.
 *
 * What counts are the scorers with a weight; where none has one, those that grade every run by themselves, all the same;
 * without such, all there are.
 *
 * @throws NotFound
 */
export async function readContest(db: Db, projectId: number, reference: string): Promise<Contest> {
  const condition = UUID.test(reference)
    ? sql`e.experiment_id = ${reference.toLowerCase()}::uuid`
    : sql`e.name = ${reference}`
  const row = await queryOne<Omit<Contest, 'scorers'> & { scorers: RawScorer[] }>(
    db,
    sql`
      select e.project_id, e.experiment_no, e.experiment_id, e.name, e.status, e.test_below, e.pass_threshold,
        e.cells as planned, e.completed + e.failed as done, e.failed,
        (
          select coalesce(json_agg(json_build_object(
            'scorer_no', s.scorer_no, 'name', s.name, 'weight', s.weight, 'declared', s.declared
          ) order by s.scorer_no), '[]')
          from experiment_scorers s where s.project_id = e.project_id and s.experiment_no = e.experiment_no
        ) as scorers,
        (
          select count(*) || ':' || coalesce(sum(v.last_round), 0) || ':' || count(v.last_round)
          from variants v where v.project_id = e.project_id and v.experiment_no = e.experiment_no
        ) as variants_state
      from experiments e where e.project_id = ${projectId} and ${condition}
      order by e.experiment_no desc limit 1`,
  )
  if (row === null) throw new NotFound(`There is no experiment "${reference}".`)
  return { ...row, scorers: weighScorers(row.scorers) }
}

/** The variants by number, each with a label that says what sets it apart. */
export async function readContestVariants(db: Db, contest: Contest): Promise<ContestVariant[]> {
  const rows = await query<Omit<ContestVariant, 'label'>>(
    db,
    sql`
      select variant_no, trial, prompts, last_round, baseline from variants
      where project_id = ${contest.project_id} and experiment_no = ${contest.experiment_no} order by variant_no`,
  )
  const labels = labelVariants(rows)
  return rows.map((row, index) => ({ ...row, label: labels[index] ?? `variant ${row.variant_no}` }))
}

/**
 * The variant that others are compared with: the one that is asked for by number, label, trial (as JSON, in full or in
 * part) or the word `production`; without a wish the document's, else the one whose prompt carries the label `production`,
 * else the first. Null without a variant.
 *
 * @throws Invalid when nothing fits what is asked for.
 */
export async function chooseBaseline(
  db: Db,
  contest: Contest,
  variants: readonly ContestVariant[],
  wish: string | undefined,
): Promise<ContestVariant | null> {
  if (wish !== undefined && wish !== DEFAULT_LABEL) return pickVariant(variants, wish, ['query', 'baseline'])
  const named = variants.find(({ baseline }) => baseline)
  if (wish === undefined && named !== undefined) return named
  const labelled = await findLabelled(db, contest.project_id, variants)
  if (labelled !== undefined) return labelled
  if (wish === undefined) return variants[0] ?? null
  const known = variants.find(({ label }) => label === wish)
  if (known !== undefined) return known
  throw new Invalid('No variant uses the version of a prompt that carries the label "production".', [
    'query',
    'baseline',
  ])
}

/**
 * A variant by its number, its label, or the values of its trial as JSON.
 *
 * @throws Invalid with the labels that there are.
 */
export function pickVariant(variants: readonly ContestVariant[], wish: string, loc: Location): ContestVariant {
  const byLabel = variants.find(({ label }) => label === wish)
  const byNumber = /^\d{1,9}$/.test(wish) ? variants.find(({ variant_no }) => variant_no === Number(wish)) : undefined
  const found = byNumber ?? byLabel ?? matchTrial(variants, readObject(wish))
  if (found !== undefined) return found
  const some = variants.slice(0, 10).map(({ variant_no, label }) => `${variant_no} (${label})`)
  throw new Invalid(
    `There is no variant "${wish}"; there are ${some.join(', ')}${variants.length > 10 ? ', …' : ''}.`,
    loc,
  )
}

interface RawScorer {
  scorer_no: number
  name: string
  weight: number | null
  declared: boolean
}

function weighScorers(rows: RawScorer[]): ContestScorer[] {
  const hasWeights = rows.some(({ weight }) => (weight ?? 0) > 0)
  const hasDeclared = rows.some(({ declared }) => declared)
  return rows.map(({ scorer_no, name, weight, declared }) => ({
    place: scorer_no - 1,
    name,
    weight: hasWeights ? (weight ?? 0) : declared || !hasDeclared ? 1 : 0,
  }))
}

/** The first variant whose trial has all of these values. */
function matchTrial(
  variants: readonly ContestVariant[],
  values: { [name: string]: unknown } | null,
): ContestVariant | undefined {
  if (values === null || Object.keys(values).length === 0) return undefined
  const wanted = Object.entries(values).map(([name, value]) => [name, canonicalJson(value)] as const)
  return variants.find(({ trial }) =>
    wanted.every(([name, text]) => Object.hasOwn(trial, name) && canonicalJson(trial[name]) === text),
  )
}

async function findLabelled(
  db: Db,
  projectId: number,
  variants: readonly ContestVariant[],
): Promise<ContestVariant | undefined> {
  const names = new Set(variants.flatMap(({ prompts }) => prompts.map(({ name }) => name)))
  for (const name of names) {
    const prompt = await resolvePrompt(db, projectId, { name, label: DEFAULT_LABEL }).catch((error: unknown) => {
      if (error instanceof NotFound) return null
      throw error
    })
    const found = variants.find(({ prompts }) =>
      prompts.some(used => used.name === name && used.version === prompt?.version),
    )
    if (found !== undefined) return found
  }
  return undefined
}

function readObject(text: string): { [name: string]: unknown } | null {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}
