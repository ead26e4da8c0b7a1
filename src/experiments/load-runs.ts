import sql from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import type { ClaimedBatch } from './batches.ts'
import { computeConfigHash } from './config-hash.ts'
import { type Grader, prepareGrader } from './grading.ts'
import type { ExperimentMemory } from './memory.ts'
import { buildCellConfig } from './pipeline.ts'
import { keyCell, type RunCell } from './run-cells.ts'
import { readRunConfig } from './run-config.ts'
import type { PreparedStage } from './stages.ts'
import type { ExperimentScorer } from './weights.ts'

/** A run that has not ended, with all that it needs. */
export interface LoadedRun {
  /** Of a run by itself; that of a cell is made when it is written first. */
  run_no: number | null
  cell: RunCell | null
  repeat: number
  stages: readonly PreparedStage[]
  input: unknown
  /** Without a field where the case expects nothing. */
  expected: { expected?: unknown }
}

export interface LoadedBatch {
  runs: LoadedRun[]
  grader: Grader
  scorers: ExperimentScorer[]
}

/** The runs of a batch that have not ended. */
export async function loadRuns(db: Db, batch: ClaimedBatch, memory: ExperimentMemory): Promise<LoadedBatch> {
  const scorers = await readScorers(db, batch)
  const runs = batch.kind === 'alone' ? await loadAlone(db, batch) : await loadCells(db, batch, memory)
  return { runs, grader: prepareGrader(scorers), scorers }
}

/** The scorers of an experiment by their number. */
export function readScorers(
  db: Db,
  { project_id, experiment_no }: Pick<ClaimedBatch, 'project_id' | 'experiment_no'>,
): Promise<ExperimentScorer[]> {
  return query<ExperimentScorer>(
    db,
    sql`
      select scorer_no, name, version, config, weight, declared from experiment_scorers
      where project_id = ${project_id} and experiment_no = ${experiment_no} order by scorer_no`,
  )
}

interface CellCase {
  case_no: number
  input: unknown
  expected: unknown
}

async function loadCells(db: Db, batch: ClaimedBatch, memory: ExperimentMemory): Promise<LoadedRun[]> {
  const variants = await memory.readVariants(db, batch, batch.variant_nos)
  const cases = await query<CellCase>(
    db,
    sql`
      select case_no, input, expected from cases
      where project_id = ${batch.project_id} and case_no = any(${[...new Set(batch.case_nos)]}::bigint[])`,
  )
  const byNo = new Map(cases.map(one => [one.case_no, one]))
  const runs = batch.variant_nos.map((variant_no, index) => {
    const variant = variants.get(variant_no)
    const one = byNo.get(batch.case_nos[index] ?? 0)
    if (variant === undefined || one === undefined) {
      throw new Error(`Batch ${batch.batch_no} has a cell that is not there.`)
    }
    const repeat = batch.repeats[index] ?? 0
    const config_hash = computeConfigHash(buildCellConfig(variant.stages, one.input))
    const expected = one.expected === null ? {} : { expected: one.expected }
    const cell = { variant_no, case_no: one.case_no, repeat, config_hash }
    return { run_no: null, cell, repeat, stages: variant.prepared, input: one.input, expected }
  })
  // Only a batch that was taken up before has runs already.
  const ended = batch.fence === 1 ? new Set<string>() : await listEndedCells(db, batch)
  return runs.filter(({ cell }) => !ended.has(keyCell(cell)))
}

async function listEndedCells(db: Db, batch: ClaimedBatch): Promise<Set<string>> {
  const { project_id, experiment_no, variant_nos, case_nos, repeats } = batch
  const rows = await query<Omit<RunCell, 'config_hash'>>(
    db,
    sql`
      select variant_no, case_no, repeat
      from unnest(${variant_nos}::integer[], ${case_nos}::bigint[], ${repeats}::smallint[]) as cell (variant_no, case_no, repeat)
      join runs r using (variant_no, case_no, repeat)
      where r.project_id = ${project_id} and r.experiment_no = ${experiment_no} and r.status in ('completed', 'failed')`,
  )
  return new Set(rows.map(keyCell))
}

/** A run by itself. Its configuration was checked when it was handed in. */
async function loadAlone(db: Db, batch: ClaimedBatch): Promise<LoadedRun[]> {
  const run_no = batch.run_nos[0] ?? 0
  const row = await queryOne<{ config: { [field: string]: unknown } }>(
    db,
    sql`
      update runs set status = 'running', started_at = coalesce(started_at, clock_timestamp()),
        started_xid = coalesce(started_xid, pg_current_xact_id())
      where project_id = ${batch.project_id} and run_no = ${run_no} and status in ('pending', 'running')
      returning config`,
  )
  if (row === null) return []
  const { stages, input } = await readRunConfig(db, batch.project_id, row.config)
  return [{ run_no, cell: null, repeat: 0, stages, input, expected: {} }]
}
