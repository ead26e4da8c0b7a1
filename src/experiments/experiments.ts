import { z } from '@hono/zod-openapi'
import sql, { type Sql } from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { NotFound } from '#errors.ts'
import { timeSchema } from '#http/schemas.ts'
import type { Backends } from '#models/backend.ts'
import { type ExperimentInput, scoringConfigSchema } from './definition.ts'
import { keepInlineCases } from './inline-cases.ts'
import { prepareQuestion, type Question } from './question.ts'

export const experimentStatusSchema = z.enum(['draft', 'running', 'paused', 'completed', 'stopped', 'failed'])
export type ExperimentStatus = z.infer<typeof experimentStatusSchema>

const conclusionSchema = z
  .object({
    leader: z.object({
      variant_no: z.int(),
      label: z.string(),
      estimate: z.number(),
      low: z.number().nullable(),
      high: z.number().nullable(),
      cases: z.int(),
    }),
    tied: z.int().openapi({ description: "Others that can't be separated from the leader" }),
    verdict: z.string().nullable(),
  })
  .openapi('ExperimentConclusion')
export type ExperimentConclusion = z.infer<typeof conclusionSchema>

export const experimentSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()).nullable(),
    status: experimentStatusSchema,
    ended_because: z.string().nullable(),
    error: z.string().nullable(),
    scoring_config: scoringConfigSchema,
    pipeline: z.unknown(),
    parameter_space: z.unknown(),
    dataset: z.unknown(),
    dataset_version: z.string().nullable().openapi({ description: 'The version that it is pinned to' }),
    sweep: z.unknown(),
    baseline: z.unknown(),
    round: z.int(),
    variants: z.int(),
    cells: z.int().openapi({ description: 'Variants × cases × repeats, as far as they are planned' }),
    completed: z.int(),
    failed: z.int(),
    runs: z.int().openapi({ description: 'All of its runs, also those that are no part of its sweep' }),
    calls: z.int().openapi({ description: 'Answers that were paid for' }),
    cached: z.int().openapi({ description: 'Answers that were there already' }),
    tokens_in: z.int(),
    tokens_out: z.int(),
    cost_usd: z.number().nullable().openapi({ description: 'Null when a price is unknown' }),
    best: z.number().nullable().openapi({ description: 'The best weighted score of a run so far' }),
    conclusion: conclusionSchema.nullable().openapi({
      description:
        'Who leads, by the leaderboard as it stood when it ended or was scored last; null before, and without ranks',
    }),
    created_at: timeSchema,
    started_at: timeSchema.nullable(),
    finished_at: timeSchema.nullable(),
  })
  .openapi('Experiment')
export type Experiment = z.infer<typeof experimentSchema>

/** An experiment by the numbers of its row. */
export interface ExperimentKey {
  project_id: number
  experiment_no: number
}

/** An experiment's row, as its work needs it. */
export interface ExperimentRow extends ExperimentKey {
  experiment_id: string
  status: ExperimentStatus
  definition: ExperimentInput
}

/**
 * Records an experiment as a draft, after all checks that can be made before it starts. Cases that stand in it become a
 * version of a dataset.
 *
 * @throws Invalid at the field's path.
 */
export async function createExperiment(
  db: Db,
  backends: Backends,
  projectId: number,
  userId: number,
  input: ExperimentInput,
): Promise<Experiment> {
  const question = await prepareQuestion(db, backends, projectId, input)
  return transact(db, async tx => {
    const { experiment_id } = await insertDraft(tx, projectId, userId, input, question)
    return getExperiment(tx, projectId, experiment_id)
  })
}

/** Writes a draft whose question has been prepared, with its scorers and the cases that stand in it. */
export async function insertDraft(
  tx: Db,
  projectId: number,
  userId: number,
  input: ExperimentInput,
  question: Question,
): Promise<ExperimentRow> {
  const definition = await keepInlineCases(tx, projectId, userId, input)
  const row = await queryRow<Omit<ExperimentRow, 'definition'>>(
    tx,
    sql`
      insert into experiments (
        project_id, user_id, name, definition, pass_threshold, max_cost_usd, max_tokens, concurrency
      )
      values (
        ${projectId}, ${userId}, ${input.name}, ${JSON.stringify(definition)}, ${question.scoring.pass_threshold},
        ${input.sweep?.max_cost_usd ?? null}::numeric, ${input.sweep?.max_tokens ?? null}::bigint,
        ${input.sweep?.concurrency ?? null}::integer
      )
      returning project_id, experiment_no, experiment_id, status`,
  )
  await insertScorers(tx, row, question)
  return { ...row, definition }
}

/** @throws NotFound */
export async function getExperiment(db: Db, projectId: number, experimentId: string): Promise<Experiment> {
  const condition = sql`e.project_id = ${projectId} and e.experiment_id = ${experimentId}::uuid`
  const row = await queryOne<SelectedExperiment>(db, selectExperiments(condition))
  if (row === null) throw missing(experimentId)
  return shapeExperiment(row)
}

/** The newest first. `before` is the id of the last one seen. */
export async function listExperiments(
  db: Db,
  projectId: number,
  window: { limit: number; offset: number; status?: ExperimentStatus | undefined; name?: string | undefined },
): Promise<Experiment[]> {
  const { status = null, name = null } = window
  const rows = await query<SelectedExperiment>(
    db,
    sql`
      ${selectExperiments(sql`
        e.project_id = ${projectId} and (${status}::text is null or e.status = ${status})
        and (${name}::text is null or e.name = ${name})`)}
      order by e.experiment_no desc limit ${window.limit} offset ${window.offset}`,
  )
  return rows.map(shapeExperiment)
}

/** The row behind an id, held until the transaction ends if `hold` says so. @throws NotFound */
export async function findExperiment(
  db: Db,
  projectId: number,
  experimentId: string,
  hold = false,
): Promise<ExperimentRow> {
  const row = await queryOne<ExperimentRow>(
    db,
    sql`
      select project_id, experiment_no, experiment_id, status, definition from experiments
      where project_id = ${projectId} and experiment_id = ${experimentId}::uuid
      ${hold ? sql`for no key update` : sql``}`,
  )
  if (row === null) throw missing(experimentId)
  return row
}

/** Writes the scorers of an experiment that has none yet. */
export async function insertScorers(tx: Db, key: ExperimentKey, { scorers }: Question): Promise<void> {
  await query(
    tx,
    sql`
      insert into experiment_scorers (project_id, experiment_no, scorer_no, name, version, config, weight, declared)
      select ${key.project_id}, ${key.experiment_no}, scorer_no, name, version, config::json, weight, declared
      from unnest(
        ${scorers.map(one => one.scorer_no)}::smallint[], ${scorers.map(one => one.name)}::text[],
        ${scorers.map(one => one.version)}::text[],
        ${scorers.map(one => (one.config === null ? null : JSON.stringify(one.config)))}::text[],
        ${scorers.map(one => one.weight)}::float8[], ${scorers.map(one => one.declared)}::boolean[]
      ) as scorer (scorer_no, name, version, config, weight, declared)`,
  )
}

function missing(experimentId: string): NotFound {
  return new NotFound(`There is no experiment "${experimentId}".`)
}

/** Experiments as they stand, by a condition on `experiments e`; see `shapeExperiment`. */
export function selectExperiments(condition: Sql): Sql {
  return sql`
    select e.experiment_id as id, e.name, e.definition, e.status, e.ended_because, e.error, v.version as dataset_version,
      e.round,
      (
        select count(*)::integer from variants t where t.project_id = e.project_id and t.experiment_no = e.experiment_no
      ) as variants,
      e.cells, e.completed, e.failed, e.runs, e.calls, e.cached, e.tokens_in, e.tokens_out,
      case when e.unpriced = 0 then e.cost_usd::float8 end as cost_usd, e.best, e.conclusion,
      e.created_at, e.started_at, e.finished_at
    from experiments e
    left join dataset_versions v on v.project_id = e.project_id and v.dataset_no = e.dataset_no and v.version_no = e.version_no
    where ${condition}`
}

/** A row of `selectExperiments`. The definition comes whole: PostgreSQL cannot look into JSON that holds a NUL. */
export interface SelectedExperiment extends Omit<Experiment, keyof ExperimentInput | 'scoring_config'> {
  name: string
  definition: ExperimentInput
}

/** The row in the wire's shape. */
export function shapeExperiment({ id, name, definition, ...row }: SelectedExperiment): Experiment {
  const { status, ended_because, error, ...counts } = row
  return {
    ...{ id, name, description: definition.description ?? null, metadata: definition.metadata ?? null },
    ...{ status, ended_because, error, scoring_config: definition.scoring_config ?? NO_SCORING },
    ...{ pipeline: definition.pipeline ?? null, parameter_space: definition.parameter_space ?? null },
    ...{ dataset: definition.dataset ?? null, sweep: definition.sweep ?? null, baseline: definition.baseline ?? null },
    ...counts,
  }
}

const NO_SCORING: Experiment['scoring_config'] = { weights: {}, scorers: [], pass_threshold: 0.5 }
