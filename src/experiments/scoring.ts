/** What an experiment's runs are scored by, changed after the fact. */
import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { liftDeadline, transact } from '#db/transact.ts'
import { Conflict, NotFound } from '#errors.ts'
import type { Backends } from '#models/backend.ts'
import type { Queue } from '#queue/queue.ts'
import { listAskedJudges } from './asked-judges.ts'
import { checkModels } from './backend-check.ts'
import { describeScorer, prepareDeclaredScorers } from './declared-scorers.ts'
import { type ExperimentInput, scoringConfigSchema } from './definition.ts'
import { type ExperimentKey, type ExperimentStatus, getExperiment } from './experiments.ts'
import { readScorers } from './load-runs.ts'
import { refreshBest } from './regrade.ts'
import { fillScoreWindow, planScoreBatches } from './score-batches.ts'
import type { ExperimentScorer } from './weights.ts'

const { weights, scorers } = scoringConfigSchema.shape

export const rescoringSchema = z
  .strictObject({ scorers: scorers.unwrap().min(1), weights: weights.unwrap().exactOptional() })
  .openapi('Rescoring')

export const rescoredSchema = z
  .object({
    scorers: z.array(
      z.object({
        name: z.string(),
        version: z.string().nullable(),
        change: z
          .enum(['new', 'changed', 'none'])
          .openapi({ description: 'none: this very version was there already' }),
      }),
    ),
    runs: z.int().openapi({ description: 'Runs that are scored in the background' }),
  })
  .openapi('Rescored')

export const experimentChangeSchema = z
  .strictObject({ scoring_config: z.strictObject({ weights: weights.unwrap() }) })
  .openapi('ExperimentChange')

/**
 * Scores runs that have ended with scorers that were not there, or not in this version, without asking their pipelines again.
 * What a scorer is, is its version by content; one that is there already changes nothing. Later runs are scored by them too.
 *
 * @throws NotFound; Invalid at the field's path; Conflict while runs are under way.
 */
export async function rescoreExperiment(
  db: Db,
  queue: Queue,
  backends: Backends,
  projectId: number,
  experimentId: string,
  input: z.infer<typeof rescoringSchema>,
): Promise<z.infer<typeof rescoredSchema>> {
  const wanted = prepareDeclaredScorers(input.scorers, ['body', 'scorers']).map(describeScorer)
  await checkModels(backends, listAskedJudges(input.scorers, ['body', 'scorers']))
  const done = await transact(db, async plain => {
    const tx = await liftDeadline(plain)
    const experiment = await holdQuiet(tx, projectId, experimentId)
    const known = await readScorers(tx, experiment)
    let next = Math.max(0, ...known.map(one => one.scorer_no))
    const changes = wanted.map(one => {
      const before = known.find(other => other.name === one.name)
      const isSame = before !== undefined && before.version === one.version && before.declared === one.declared
      const change = before === undefined ? ('new' as const) : isSame ? ('none' as const) : ('changed' as const)
      return { ...one, change, scorer_no: before?.scorer_no ?? ++next }
    })
    const changed = changes.filter(one => one.change !== 'none')
    await writeScorers(tx, experiment, changed)
    const scoring = scoringConfigSchema.parse(experiment.definition.scoring_config ?? {})
    const named = new Set(changed.map(one => one.name))
    const scorers = [
      ...scoring.scorers.filter(one => !named.has(nameEntry(one))),
      ...input.scorers.filter(one => named.has(nameEntry(one))),
    ]
    const weights = { ...scoring.weights, ...input.weights }
    await writeDefinition(tx, experiment, { ...scoring, scorers, weights })
    if (input.weights !== undefined || changed.length > 0) await reweigh(tx, experiment, weights)
    const numbers = changed.filter(one => one.declared).map(one => one.scorer_no)
    const runs = numbers.length === 0 ? 0 : await planScoreBatches(tx, experiment, numbers)
    await fillScoreWindow(tx, queue, experiment)
    return { scorers: changes.map(({ name, version, change }) => ({ name, version, change })), runs }
  })
  queue.wake()
  return done
}

/**
 * Gives an experiment other weights, all at once: those that are not named have none any more. Runs, sums and the best score
 * follow in the same transaction.
 *
 * @throws NotFound; Conflict while runs are under way.
 */
export async function changeWeights(
  db: Db,
  projectId: number,
  experimentId: string,
  { scoring_config: { weights } }: z.infer<typeof experimentChangeSchema>,
) {
  await transact(db, async plain => {
    const tx = await liftDeadline(plain)
    const experiment = await holdQuiet(tx, projectId, experimentId)
    const scoring = scoringConfigSchema.parse(experiment.definition.scoring_config ?? {})
    await writeDefinition(tx, experiment, { ...scoring, weights })
    await reweigh(tx, experiment, weights)
  })
  return getExperiment(db, projectId, experimentId)
}

interface HeldExperiment extends ExperimentKey {
  status: ExperimentStatus
  definition: ExperimentInput
}

/** Holds an experiment that nothing works on. Its batches and new runs wait until the transaction ends. */
async function holdQuiet(tx: Db, projectId: number, experimentId: string): Promise<HeldExperiment> {
  const experiment = await queryOne<HeldExperiment>(
    tx,
    sql`
      select project_id, experiment_no, status, definition from experiments
      where project_id = ${projectId} and experiment_id = ${experimentId}::uuid for update`,
  )
  if (experiment === null) throw new NotFound(`There is no experiment "${experimentId}".`)
  const open = await query<{ state: string }>(
    tx,
    sql`
      select state from run_batches
      where project_id = ${projectId} and experiment_no = ${experiment.experiment_no} and state <> 'done'
      order by batch_no for update`,
  )
  if (experiment.status === 'running' || open.some(({ state }) => state === 'running')) {
    throw new Conflict('Runs of this experiment are under way: pause it, or wait for them, and try again.')
  }
  return experiment
}

function nameEntry(entry: string | Record<string, unknown>): string {
  return typeof entry === 'string' ? entry : String(entry.name ?? entry.kind)
}

async function writeDefinition(tx: Db, experiment: HeldExperiment, scoring_config: object): Promise<void> {
  const definition = JSON.stringify({ ...experiment.definition, scoring_config })
  await query(
    tx,
    sql`
      update experiments set definition = ${definition}::json
      where project_id = ${experiment.project_id} and experiment_no = ${experiment.experiment_no}`,
  )
}

async function writeScorers(
  tx: Db,
  { project_id, experiment_no }: ExperimentKey,
  changed: Omit<ExperimentScorer, 'weight'>[],
): Promise<void> {
  for (const { scorer_no, name, version, config, declared } of changed) {
    await query(
      tx,
      sql`
        insert into experiment_scorers (project_id, experiment_no, scorer_no, name, version, config, declared)
        values (
          ${project_id}, ${experiment_no}, ${scorer_no}, ${name}, ${version}, ${JSON.stringify(config)}::json, ${declared}
        )
        on conflict (project_id, experiment_no, scorer_no) do update set version = excluded.version,
          config = excluded.config, declared = excluded.declared`,
    )
  }
}

/** A statement holds the runs that it changes in memory, before and after. */
const RUNS_AT_ONCE = 20_000

/** Writes the weights and what they make of every run. */
async function reweigh(tx: Db, key: ExperimentKey, weights: { [name: string]: number }): Promise<void> {
  const { project_id, experiment_no } = key
  const entries = Object.entries(weights)
  const given = sql`unnest(${entries.map(([name]) => name)}::text[], ${entries.map(([, weight]) => weight)}::float8[])`
  await query(
    tx,
    sql`
      insert into experiment_scorers (project_id, experiment_no, scorer_no, name, declared)
      select ${project_id}, ${experiment_no}, row_number() over () + (
        select coalesce(max(scorer_no), 0) from experiment_scorers
        where project_id = ${project_id} and experiment_no = ${experiment_no}
      ), name, false
      from ${given} as given (name, weight)
      where name not in (
        select name from experiment_scorers where project_id = ${project_id} and experiment_no = ${experiment_no}
      )`,
  )
  await query(
    tx,
    sql`
      update experiment_scorers s set weight = (select weight from ${given} as given (name, weight) where given.name = s.name)
      where project_id = ${project_id} and experiment_no = ${experiment_no}`,
  )
  for (let after: number | null = 0; after !== null; ) after = await reweighSome(tx, key, after)
  await refreshBest(tx, key)
}

/** Weighs the next runs anew; the number of the last of them, null at the end. */
async function reweighSome(
  tx: Db,
  { project_id, experiment_no }: ExperimentKey,
  after: number,
): Promise<number | null> {
  const row = await queryOne<{ last: number | null }>(
    tx,
    sql`
      with scorers as materialized (
        select coalesce(array_agg(weight order by scorer_no), '{}') as weights,
          coalesce(array_agg(case when declared or weight is not null then 0::float8 end order by scorer_no), '{}') as zeros
        from experiment_scorers where project_id = ${project_id} and experiment_no = ${experiment_no}
      ),
      picked as materialized (
        select run_no, status = 'failed' and variant_no is not null as counts_zero, grades, weighted from runs
        where project_id = ${project_id} and experiment_no = ${experiment_no} and run_no > ${after}
        order by run_no limit ${RUNS_AT_ONCE}
      ),
      changed as (
        update runs r set grades = n.grades, weighted = n.weighted
        from (
          select run_no, case when counts_zero then zeros else grades end as grades,
            case when counts_zero then 0 else w.weighted end as weighted
          from picked cross join scorers cross join lateral weigh_grades(picked.grades, scorers.weights) w
        ) n
        where r.project_id = ${project_id} and r.run_no = n.run_no
          and (r.grades, r.weighted) is distinct from (n.grades, n.weighted)
      )
      select max(run_no) as last from picked`,
  )
  return row?.last ?? null
}
