import { z } from '@hono/zod-openapi'
import sql, { type Sql } from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { Invalid } from '#errors.ts'
import { timeSchema } from '#http/schemas.ts'
import type { Queue } from '#queue/queue.ts'
import { dispatchRun } from './adhoc.ts'
import { computeConfigHash } from './config-hash.ts'
import { previewInput } from './matrix-texts.ts'
import { buildCellConfig, type VariantStage } from './pipeline.ts'
import { chooseFarPage, choosePage, countListedRuns, RUN_ORDER, type RunFilter, type RunWindow } from './run-page.ts'
import { listScores, missingRun, scoreSchema } from './scores.ts'
import { readStageResults, stageResultSchema } from './stage-results.ts'

export const experimentRunStatusSchema = z.enum(['pending', 'running', 'completed', 'failed'])

export const experimentRunSchema = z
  .object({
    id: z.string(),
    experiment_id: z.string(),
    config: z.record(z.string(), z.unknown()),
    config_hash: z.string().openapi({ description: 'SHA-256, hexadecimal, of what decides the work' }),
    status: experimentRunStatusSchema,
    started_at: timeSchema.nullable(),
    completed_at: timeSchema.nullable(),
    duration_ms: z.int().nullable(),
    tokens_in: z.int().nullable(),
    tokens_out: z.int().nullable(),
    cost_estimate: z.number().nullable().openapi({ description: 'US dollars; null when the price is unknown' }),
    cached: z.boolean().openapi({ description: 'Whether no call of it was paid for now' }),
    error: z.string().nullable(),
    error_kind: z.string().nullable(),
    score_mean: z.number().nullable().openapi({ description: 'Over its scorers, of each the newest value' }),
    weighted_score: z.number().nullable(),
    variant: z.int().nullable().openapi({ description: 'Of a sweep: which variant' }),
    case_id: z.string().nullable(),
    case_name: z.string().nullable().openapi({ description: 'The id that its dataset gives the case' }),
    case_preview: z.string().nullable().openapi({ description: "How the case's input begins" }),
    repeat: z.int(),
  })
  .openapi('Run')
export type ExperimentRun = z.infer<typeof experimentRunSchema>

export const runPageSchema = z.object({ items: z.array(experimentRunSchema), total: z.int() }).openapi('RunPage')

export const runDetailSchema = experimentRunSchema
  .extend({ stage_results: z.array(stageResultSchema), scores: z.array(scoreSchema) })
  .openapi('RunDetail')

export const experimentRunInputSchema = z
  .object({ experiment_id: z.string(), config: z.record(z.string(), z.unknown()) })
  .openapi('ExperimentRunInput')

/** Hands a run by itself in; it is `pending` when this returns. @throws NotFound, Invalid as `dispatchRun`. */
export async function submitRun(
  db: Db,
  queue: Queue,
  projectId: number,
  userId: number,
  input: { experiment_id: string; config: { [field: string]: unknown } },
): Promise<ExperimentRun> {
  const { run_id } = await dispatchRun(db, queue, projectId, userId, input)
  // As it was handed in: a worker may have taken it up by now.
  return {
    ...{ id: run_id, experiment_id: input.experiment_id, config: input.config, status: 'pending' },
    config_hash: computeConfigHash(input.config),
    ...{
      started_at: null,
      completed_at: null,
      duration_ms: null,
      tokens_in: null,
      tokens_out: null,
      cost_estimate: null,
    },
    ...{ cached: false, error: null, error_kind: null, score_mean: null, weighted_score: null },
    ...{ variant: null, case_id: null, case_name: null, case_preview: null, repeat: 0 },
  }
}

/**
 * A page of runs: those that started last first, those that have not started last. Without a filter beyond the experiment
 * the total comes from the experiments' counters, else it is counted.
 *
 * @throws Invalid when min_score is above max_score.
 */
export async function listExperimentRuns(
  db: Db,
  projectId: number,
  { experiment_id, ...filter }: RunFilter & { experiment_id?: string | undefined },
  window: RunWindow,
): Promise<z.infer<typeof runPageSchema>> {
  const { min_score = 0, max_score = 1 } = filter
  if (min_score > max_score) throw new Invalid('min_score must not be above max_score.', ['query', 'min_score'])
  const experimentNo = await findNumber(db, projectId, experiment_id)
  if (experimentNo === null) return { items: [], total: 0 }
  const isPlain = Object.values(filter).every(value => value === undefined)
  const counting = countListedRuns(db, projectId, experimentNo, filter)
  const isFar = isPlain && window.offset > (await counting) / 2
  const page = isFar
    ? chooseFarPage(projectId, experimentNo, window)
    : choosePage(projectId, experimentNo, filter, window)
  const [rows, total] = await Promise.all([
    query<RunRow>(db, sql`${selectRuns(projectId, page)} order by ${RUN_ORDER}`),
    counting,
  ])
  return { items: rows.map(describeRun), total }
}

/** A run with its stages' results and all scores. @throws NotFound */
export async function getExperimentRun(
  db: Db,
  projectId: number,
  runId: string,
): Promise<z.infer<typeof runDetailSchema>> {
  const one = sql`select run_no from runs where project_id = ${projectId} and run_id = ${runId}::uuid`
  const row = await queryOne<RunRow>(db, selectRuns(projectId, one))
  if (row === null) throw missingRun(runId)
  const [stage_results, scores] = await Promise.all([
    readStageResults(db, projectId, row.id, row.run_no),
    listScores(db, projectId, row),
  ])
  return { ...describeRun(row), stage_results, scores }
}

/** A run's row; a cell's configuration is that of its variant on its case. */
export interface RunRow extends Omit<ExperimentRun, 'config' | 'case_preview'> {
  run_no: number
  experiment_no: number
  config: { [field: string]: unknown } | null
  stages: VariantStage[] | null
  input: unknown
}

/** The rows of runs that a statement names by `run_no`. */
export function selectRuns(projectId: number, chosen: Sql): Sql {
  return sql`
    select r.run_no, r.experiment_no, r.run_id as id, e.experiment_id, r.config, encode(r.config_hash, 'hex') as config_hash,
      r.status, r.started_at, r.completed_at, r.duration_ms, r.tokens_in, r.tokens_out, r.cost_usd::float8 as cost_estimate,
      r.cached, r.error, r.error_kind, r.score_mean, r.weighted as weighted_score, r.variant_no as variant, c.case_id,
      c.id as case_name, r.repeat, v.stages, c.input
    from (${chosen}) chosen
    join runs r on r.project_id = ${projectId} and r.run_no = chosen.run_no
    join experiments e on e.project_id = r.project_id and e.experiment_no = r.experiment_no
    left join variants v
      on v.project_id = r.project_id and v.experiment_no = r.experiment_no and v.variant_no = r.variant_no
    left join cases c on c.project_id = r.project_id and c.case_no = r.case_no`
}

/** The row in the wire's shape. */
export function describeRun({
  run_no: _run,
  experiment_no: _experiment,
  config,
  stages,
  input,
  ...run
}: RunRow): ExperimentRun {
  const case_preview = run.case_id === null ? null : previewInput(input)
  return { ...run, case_preview, config: config ?? buildCellConfig(stages ?? [], input) }
}

/** The experiment's number, `undefined` where none is named; null where there is no such experiment. */
async function findNumber(db: Db, projectId: number, id: string | undefined): Promise<number | null | undefined> {
  if (id === undefined) return undefined
  const row = await queryOne<{ experiment_no: number }>(
    db,
    sql`select experiment_no from experiments where project_id = ${projectId} and experiment_id = ${id}::uuid`,
  )
  return row?.experiment_no ?? null
}
