import sql from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { createGathering } from '#db/gathering.ts'
import { transact } from '#db/transact.ts'
import type { LedgerAnswer } from '#models/ledger.ts'
import type { Watch } from '#queue/watch.ts'
import { type ClaimedBatch, holdBatches } from './batches.ts'
import type { StageOutcome } from './cell.ts'
import { type ExperimentEnd, endExperiment } from './control.ts'
import type { ExperimentStatus } from './experiments.ts'
import type { GradedScore } from './grading.ts'

/** What came of one run, to be written. */
export interface RunConclusion {
  batch: ClaimedBatch
  run_no: number
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

/** Concludes a run; false when its batch is not the caller's any more, or it has ended, and then nothing is written. */
export type RunConcluder = (conclusion: RunConclusion) => Promise<boolean>

/**
 * Concludes runs in short transactions: the run, its stages and scores, its experiment's counts. Runs that end while one is
 * under way go together in the next, since all runs of an experiment share the row of its counts.
 */
export function createRunConcluder(db: Db, watch: Watch): RunConcluder {
  return createGathering({ lanes: 1, most: 64 }, async conclusions => {
    const { written, halted } = await transact(db, tx => concludeRuns(tx, conclusions))
    for (const id of halted) watch.halt(id)
    return written
  })
}

/** Rows are locked in one order by all: batches, runs, sums of cases, experiments. What many share comes last. */
async function concludeRuns(tx: Db, conclusions: RunConclusion[]): Promise<{ written: boolean[]; halted: string[] }> {
  const held = await holdBatches(
    tx,
    conclusions.map(one => one.batch),
  )
  const mine = conclusions.filter((_, index) => held[index]).sort((one, other) => one.run_no - other.run_no)
  const ended = await endRuns(tx, mine)
  const news = mine.filter(one => ended.has(one.run_no))
  await insertStageResults(tx, news)
  await insertScores(tx, news)
  await releaseAdmissions(tx, news)
  const halted: string[] = []
  for (const its of groupByExperiment(news)) {
    if ((await countRuns(tx, its)) !== 'running') halted.push(its[0]?.batch.experiment_id ?? '')
  }
  return { written: conclusions.map(one => ended.has(one.run_no)), halted }
}

/** Writes how runs ended; those that had ended already are left alone. Returns the numbers of the others. */
async function endRuns(tx: Db, conclusions: RunConclusion[]): Promise<Set<number>> {
  if (conclusions.length === 0) return new Set()
  const sums = conclusions.map(sumStages)
  const rows = await query<{ run_no: number }>(
    tx,
    sql`
      update runs r set status = c.status, completed_at = clock_timestamp(), duration_ms = c.duration_ms,
        tokens_in = c.tokens_in, tokens_out = c.tokens_out, cost_usd = c.cost_usd, cached = c.cached, error = c.error,
        error_kind = c.error_kind, grades = c.grades::float8[], score_mean = c.score_mean, weighted = c.weighted,
        ended_xid = pg_current_xact_id()
      from unnest(
        ${conclusions.map(one => one.batch.project_id)}::integer[], ${conclusions.map(one => one.run_no)}::bigint[],
        ${conclusions.map(one => one.status)}::text[], ${sums.map(sum => sum.duration_ms)}::integer[],
        ${sums.map(sum => sum.tokens_in)}::integer[], ${sums.map(sum => sum.tokens_out)}::integer[],
        ${sums.map(sum => sum.cost_usd)}::numeric[], ${sums.map(sum => sum.cached)}::boolean[],
        ${conclusions.map(one => one.error)}::text[], ${conclusions.map(one => one.error_kind)}::text[],
        ${conclusions.map(one => writeArray(one.grades))}::text[], ${conclusions.map(one => one.score_mean)}::float8[],
        ${conclusions.map(one => one.weighted)}::float8[]
      ) as c (
        project_id, run_no, status, duration_ms, tokens_in, tokens_out, cost_usd, cached, error, error_kind, grades,
        score_mean, weighted
      )
      where r.project_id = c.project_id and r.run_no = c.run_no and r.status in ('pending', 'running')
      returning r.run_no`,
  )
  return new Set(rows.map(row => row.run_no))
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

async function insertStageResults(tx: Db, conclusions: RunConclusion[]): Promise<void> {
  const rows = conclusions.flatMap(({ batch, run_no, stages }) =>
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

async function insertScores(tx: Db, conclusions: RunConclusion[]): Promise<void> {
  const rows = conclusions.flatMap(({ batch, run_no, scores }) =>
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

async function releaseAdmissions(tx: Db, conclusions: RunConclusion[]): Promise<void> {
  const limited = conclusions.filter(({ batch }) => batch.limited && batch.kind === 'sweep')
  for (const [batch_no, its] of Map.groupBy(limited, one => one.batch.batch_no)) {
    const [{ batch }] = its as [RunConclusion, ...RunConclusion[]]
    await query(
      tx,
      sql`
        update run_batches set admitted = greatest(0, admitted - ${its.length})
        where project_id = ${batch.project_id} and experiment_no = ${batch.experiment_no} and batch_no = ${batch_no}`,
    )
  }
}

function groupByExperiment(conclusions: RunConclusion[]): RunConclusion[][] {
  const groups = Map.groupBy(conclusions, one => one.batch.experiment_no)
  return [...groups].sort(([one], [other]) => one - other).map(([, its]) => its)
}

/** Adds runs that ended to their experiment's counts. Returns how it stands then. */
async function countRuns(tx: Db, conclusions: RunConclusion[]): Promise<ExperimentStatus | null> {
  const [first] = conclusions
  if (first === undefined) return null
  const key = first.batch
  const cells = conclusions.filter(one => one.batch.kind === 'sweep')
  const done = conclusions.filter(one => one.status === 'completed')
  const top = Math.max(...done.map(one => one.weighted ?? Number.NEGATIVE_INFINITY))
  const best = Number.isFinite(top) ? top : null
  const calls = conclusions.flatMap(one => one.calls)
  // What was paid before a crash comes onto the bill when it is settled; two runs may share an answer.
  const paid = calls.filter(call => !call.replayed && call.paid_by === key.experiment_id)
  const row = await queryOne<{ status: ExperimentStatus; is_best: boolean | null }>(
    tx,
    sql`
      with before as (
        select best, status from experiments
        where project_id = ${key.project_id} and experiment_no = ${key.experiment_no} for no key update
      )
      update experiments e set
        completed = completed + ${cells.filter(one => one.status === 'completed').length},
        failed = failed + ${cells.filter(one => one.status === 'failed').length},
        calls = calls + ${paid.length}, cached = cached + ${calls.length - paid.length},
        unpriced = unpriced + ${paid.filter(call => call.cost_usd === null).length},
        tokens_in = tokens_in + ${sumUp(paid.map(call => call.answer.tokens_in))}::bigint,
        tokens_out = tokens_out + ${sumUp(paid.map(call => call.answer.tokens_out))}::bigint,
        cost_usd = cost_usd + ${sumUp(paid.map(call => call.cost_usd))}::numeric,
        best = greatest(e.best, ${best}::float8)
      from before
      where e.project_id = ${key.project_id} and e.experiment_no = ${key.experiment_no}
      returning before.status, ${best}::float8 > before.best or (before.best is null and ${best}::float8 is not null) as is_best`,
  )
  if (row?.is_best) {
    const winner = done.find(one => one.weighted === best)
    await query(
      tx,
      sql`update runs set new_best = true where project_id = ${key.project_id} and run_no = ${winner?.run_no ?? null}::bigint`,
    )
  }
  const end = cells.find(one => one.end !== null)?.end ?? null
  if (end !== null && row?.status === 'running') {
    await endExperiment(tx, key, end)
    return end.status
  }
  return row?.status ?? null
}

function sumUp(values: (number | null)[]): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0)
}
