/** How runs that ended are written. */
import sql, { type Sql } from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import type { LedgerAnswer } from '#models/ledger.ts'
import type { ClaimedBatch } from './batches.ts'
import type { StageOutcome } from './cell.ts'
import type { ExperimentEnd } from './control.ts'
import type { GradedScore } from './grading.ts'
import { compareCells, type RunCell } from './run-cells.ts'

/** What came of one run, to be written. */
export interface RunConclusion {
  batch: ClaimedBatch
  /** Of a run by itself. */
  run_no: number | null
  cell: RunCell | null
  started_at: Date
  status: 'completed' | 'failed'
  /** Why it failed, or why it lacks a score. */
  error: string | null
  error_kind: string | null
  stages: StageOutcome[]
  scores: GradedScore[]
  grades: (number | null)[]
  score_mean: number | null
  weighted: number | null
  /** All answers behind it, those of judges included. */
  calls: LedgerAnswer[]
  /** What every other run would meet as well. */
  end: ExperimentEnd | null
}

/** A run that ended just now, with its number. */
export interface WrittenRun {
  run_no: number
  /** Whether it had no row before. */
  is_new: boolean
  conclusion: RunConclusion
}

/** Writes how runs ended; those that had ended already are left alone and not returned. */
export async function writeRuns(tx: Db, conclusions: RunConclusion[]): Promise<WrittenRun[]> {
  const cells = conclusions.flatMap(conclusion =>
    conclusion.cell === null ? [] : { conclusion, cell: conclusion.cell },
  )
  const alone = conclusions.filter(conclusion => conclusion.run_no !== null)
  return [...(await writeCells(tx, cells)), ...(await writeAlone(tx, alone))]
}

/** Of each run the stages that were asked. */
export async function insertStageResults(tx: Db, written: WrittenRun[]): Promise<void> {
  const rows = written.flatMap(({ run_no, conclusion: { batch, stages } }) =>
    stages.map((stage, index) => ({ project_id: batch.project_id, run_no, index, ...stage })),
  )
  if (rows.length === 0) return
  await query(
    tx,
    sql`
      insert into stage_results (
        project_id, run_no, stage_index, stage_name, backend, model, question, ledger_repeat, tokens_in, tokens_out,
        cost_usd, duration_ms, cached, error
      )
      select project_id, run_no, stage_index, stage_name, backend, model, decode(question, 'hex'), ledger_repeat,
        tokens_in, tokens_out, cost_usd, duration_ms, cached, error
      from unnest(
        ${rows.map(row => row.project_id)}::integer[], ${rows.map(row => row.run_no)}::bigint[],
        ${rows.map(row => row.index)}::smallint[], ${rows.map(row => row.stage_name)}::text[],
        ${rows.map(row => row.backend)}::text[], ${rows.map(row => row.model)}::text[],
        ${rows.map(row => row.call?.question ?? null)}::text[], ${rows.map(row => row.call?.repeat ?? null)}::integer[],
        ${rows.map(row => row.call?.answer.tokens_in ?? null)}::integer[],
        ${rows.map(row => row.call?.answer.tokens_out ?? null)}::integer[],
        ${rows.map(row => row.call?.cost_usd ?? null)}::numeric[],
        ${rows.map(row => row.call?.duration_ms ?? null)}::integer[],
        ${rows.map(row => row.call?.replayed ?? false)}::boolean[], ${rows.map(row => row.error)}::text[]
      ) as stage (
        project_id, run_no, stage_index, stage_name, backend, model, question, ledger_repeat, tokens_in, tokens_out,
        cost_usd, duration_ms, cached, error
      )`,
  )
}

/** Of each run the scores that it got by itself. */
export async function insertScores(tx: Db, written: WrittenRun[]): Promise<void> {
  const rows = written.flatMap(({ run_no, conclusion: { batch, scores } }) =>
    scores.map(score => ({ project_id: batch.project_id, run_no, ...score })),
  )
  if (rows.length === 0) return
  await query(
    tx,
    sql`
      insert into scores (project_id, run_no, scorer_no, scorer_version, value, metadata)
      select project_id, run_no, scorer_no, version, value, metadata::json
      from unnest(
        ${rows.map(row => row.project_id)}::integer[], ${rows.map(row => row.run_no)}::bigint[],
        ${rows.map(row => row.scorer_no)}::smallint[], ${rows.map(row => row.version)}::text[],
        ${rows.map(row => row.value)}::float8[], ${rows.map(row => JSON.stringify(row.metadata))}::text[]
      ) as score (project_id, run_no, scorer_no, version, value, metadata)`,
  )
}

interface ConcludedCell {
  conclusion: RunConclusion
  cell: RunCell
}

async function writeCells(tx: Db, cells: ConcludedCell[]): Promise<WrittenRun[]> {
  if (cells.length === 0) return []
  const sorted = cells.toSorted(compareConcluded)
  const values = describeEnds(sorted.map(one => one.conclusion))
  const rows = await query<Omit<WrittenRun, 'conclusion'> & Omit<RunCell, 'config_hash'> & { experiment_no: number }>(
    tx,
    sql`
      insert into runs as r (
        project_id, experiment_no, variant_no, case_no, repeat, config_hash, started_at, started_xid, ended_xid,
        completed_at, status, duration_ms, tokens_in, tokens_out, cost_usd, cached, error, error_kind, grades,
        score_mean, weighted
      )
      select project_id, experiment_no, variant_no, case_no, repeat, decode(hash, 'hex'), started_at,
        pg_current_xact_id(), pg_current_xact_id(), clock_timestamp(), status, duration_ms, tokens_in, tokens_out,
        cost_usd, cached, error, error_kind, grades::float8[], score_mean, weighted
      from unnest(
        ${sorted.map(one => one.conclusion.batch.project_id)}::integer[],
        ${sorted.map(one => one.conclusion.batch.experiment_no)}::bigint[],
        ${sorted.map(one => one.cell.variant_no)}::integer[], ${sorted.map(one => one.cell.case_no)}::bigint[],
        ${sorted.map(one => one.cell.repeat)}::smallint[], ${sorted.map(one => one.cell.config_hash)}::text[],
        ${sorted.map(one => one.conclusion.started_at.toISOString())}::timestamptz[], ${values}
      ) as c (project_id, experiment_no, variant_no, case_no, repeat, hash, started_at, ${END_NAMES})
      on conflict (project_id, experiment_no, variant_no, case_no, repeat) do update set
        completed_at = excluded.completed_at, ended_xid = excluded.ended_xid, status = excluded.status,
        started_at = coalesce(r.started_at, excluded.started_at),
        started_xid = coalesce(r.started_xid, excluded.started_xid), duration_ms = excluded.duration_ms,
        tokens_in = excluded.tokens_in, tokens_out = excluded.tokens_out, cost_usd = excluded.cost_usd,
        cached = excluded.cached, error = excluded.error, error_kind = excluded.error_kind, grades = excluded.grades,
        score_mean = excluded.score_mean, weighted = excluded.weighted
        where r.status in ('pending', 'running')
      returning r.run_no, r.experiment_no, r.variant_no, r.case_no, r.repeat, r.xmax = 0 as is_new`,
  )
  const byCell = new Map(
    sorted.map(one => [keyConcluded(one.conclusion.batch.experiment_no, one.cell), one.conclusion]),
  )
  return rows.flatMap(({ run_no, is_new, experiment_no, ...cell }) => {
    const conclusion = byCell.get(keyConcluded(experiment_no, cell))
    return conclusion === undefined ? [] : [{ run_no, is_new, conclusion }]
  })
}

async function writeAlone(tx: Db, conclusions: RunConclusion[]): Promise<WrittenRun[]> {
  if (conclusions.length === 0) return []
  const sorted = conclusions.toSorted((one, other) => (one.run_no ?? 0) - (other.run_no ?? 0))
  const rows = await query<{ run_no: number }>(
    tx,
    sql`
      update runs r set status = c.status, completed_at = clock_timestamp(), ended_xid = pg_current_xact_id(),
        duration_ms = c.duration_ms, tokens_in = c.tokens_in, tokens_out = c.tokens_out, cost_usd = c.cost_usd,
        cached = c.cached, error = c.error, error_kind = c.error_kind, grades = c.grades::float8[],
        score_mean = c.score_mean, weighted = c.weighted
      from unnest(
        ${sorted.map(one => one.batch.project_id)}::integer[], ${sorted.map(one => one.run_no)}::bigint[],
        ${describeEnds(sorted)}
      ) as c (project_id, run_no, ${END_NAMES})
      where r.project_id = c.project_id and r.run_no = c.run_no and r.status in ('pending', 'running')
      returning r.run_no`,
  )
  const byNo = new Map(sorted.map(conclusion => [conclusion.run_no, conclusion]))
  return rows.flatMap(({ run_no }) => {
    const conclusion = byNo.get(run_no)
    return conclusion === undefined ? [] : [{ run_no, is_new: false, conclusion }]
  })
}

const END_NAMES = sql`
  status, duration_ms, tokens_in, tokens_out, cost_usd, cached, error, error_kind, grades, score_mean, weighted`

function describeEnds(conclusions: RunConclusion[]): Sql {
  const sums = conclusions.map(sumStages)
  return sql`
    ${conclusions.map(one => one.status)}::text[], ${sums.map(sum => sum.duration_ms)}::integer[],
    ${sums.map(sum => sum.tokens_in)}::integer[], ${sums.map(sum => sum.tokens_out)}::integer[],
    ${sums.map(sum => sum.cost_usd)}::numeric[], ${sums.map(sum => sum.cached)}::boolean[],
    ${conclusions.map(one => one.error)}::text[], ${conclusions.map(one => one.error_kind)}::text[],
    ${conclusions.map(one => writeArray(one.grades))}::text[], ${conclusions.map(one => one.score_mean)}::float8[],
    ${conclusions.map(one => one.weighted)}::float8[]`
}

function keyConcluded(experimentNo: number, { variant_no, case_no, repeat }: Omit<RunCell, 'config_hash'>): string {
  return `${experimentNo} ${variant_no} ${case_no} ${repeat}`
}

function compareConcluded(one: ConcludedCell, other: ConcludedCell): number {
  const experiments = one.conclusion.batch.experiment_no - other.conclusion.batch.experiment_no
  return experiments || compareCells(one.cell, other.cell)
}

/** What a run took: of its stages alone, as their answers took when they were paid for. */
function sumStages({ stages }: RunConclusion) {
  const calls = stages.flatMap(({ call }) => call ?? [])
  return {
    duration_ms: calls.length === 0 ? null : calls.reduce((sum, call) => sum + call.duration_ms, 0),
    tokens_in: addKnown(calls.map(call => call.answer.tokens_in)),
    tokens_out: addKnown(calls.map(call => call.answer.tokens_out)),
    cost_usd: addKnown(calls.map(call => call.cost_usd)),
    cached: calls.length > 0 && calls.every(call => call.replayed),
  }
}

/** Null when one of them is not known, or there is none. */
function addKnown(values: (number | null)[]): number | null {
  return values.reduce<number | null>(
    (sum, value) => (sum === null || value === null ? null : sum + value),
    values.length === 0 ? null : 0,
  )
}

function writeArray(values: (number | null)[]): string {
  return `{${values.map(value => value ?? 'NULL').join(',')}}`
}
