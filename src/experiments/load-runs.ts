import sql from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { type ClaimedBatch, holdBatches } from './batches.ts'
import { computeConfigHash } from './config-hash.ts'
import { type Grader, prepareGrader } from './grading.ts'
import type { ExperimentMemory } from './memory.ts'
import { buildCellConfig } from './pipeline.ts'
import { readRunConfig } from './run-config.ts'
import type { PreparedStage } from './stages.ts'
import type { ExperimentScorer } from './weights.ts'

/** A run that has not ended, with all that it needs. */
export interface LoadedRun {
  run_no: number
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

/** The runs of a batch that have not ended; cells that have none yet get one, which is then under way. */
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
  const cells = batch.variant_nos.map((variant_no, index) => {
    const variant = variants.get(variant_no)
    const one = byNo.get(batch.case_nos[index] ?? 0)
    if (variant === undefined || one === undefined)
      throw new Error(`Batch ${batch.batch_no} has a cell that is not there.`)
    const config_hash = computeConfigHash(buildCellConfig(variant.stages, one.input))
    return { variant_no, repeat: batch.repeats[index] ?? 0, variant, one, config_hash }
  })
  const numbers = await transact(db, tx =>
    openCells(
      tx,
      batch,
      cells.map(cell => cell.config_hash),
    ),
  )
  return cells.flatMap(({ variant, one, repeat }, index) => {
    const run_no = numbers[index]
    if (run_no == null) return []
    const expected = one.expected === null ? {} : { expected: one.expected }
    return [{ run_no, repeat, stages: variant.prepared, input: one.input, expected }]
  })
}

/** The numbers of the cells' runs in their order, null for those that have ended. */
async function openCells(tx: Db, batch: ClaimedBatch, hashes: string[]): Promise<(number | null)[]> {
  const [mine] = await holdBatches(tx, [batch])
  if (!mine) return []
  const { project_id, experiment_no, variant_nos, case_nos, repeats } = batch
  const cells = sql`
    unnest(${variant_nos}::integer[], ${case_nos}::bigint[], ${repeats}::smallint[], ${hashes}::text[]) with ordinality
      as cell (variant_no, case_no, repeat, hash, turn)`
  const added = await query(
    tx,
    sql`
      insert into runs (
        project_id, experiment_no, variant_no, case_no, repeat, config_hash, status, started_at, started_xid
      )
      select ${project_id}, ${experiment_no}, variant_no, case_no, repeat, decode(hash, 'hex'), 'running',
        clock_timestamp(), pg_current_xact_id()
      from ${cells} order by turn on conflict do nothing returning run_no`,
  )
  if (added.length < variant_nos.length) await reopenCells(tx, batch)
  const rows = await query<{ run_no: number | null }>(
    tx,
    sql`
      select case when r.status = 'running' then r.run_no end as run_no
      from ${cells} join runs r on r.project_id = ${project_id} and r.experiment_no = ${experiment_no}
        and r.variant_no = cell.variant_no and r.case_no = cell.case_no and r.repeat = cell.repeat
      order by turn`,
  )
  if (added.length > 0) {
    await query(
      tx,
      sql`
        update experiments set runs = runs + ${added.length}
        where project_id = ${project_id} and experiment_no = ${experiment_no}`,
    )
  }
  return rows.map(row => row.run_no)
}

/** Runs that were let go when their experiment was paused are under way again. */
async function reopenCells(
  tx: Db,
  { project_id, experiment_no, variant_nos, case_nos, repeats }: ClaimedBatch,
): Promise<void> {
  await query(
    tx,
    sql`
      update runs r set status = 'running', started_at = clock_timestamp(), started_xid = pg_current_xact_id()
      from unnest(${variant_nos}::integer[], ${case_nos}::bigint[], ${repeats}::smallint[]) as cell (variant_no, case_no, repeat)
      where r.project_id = ${project_id} and r.experiment_no = ${experiment_no} and r.variant_no = cell.variant_no
        and r.case_no = cell.case_no and r.repeat = cell.repeat and r.status = 'pending'`,
  )
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
  return [{ run_no, repeat: 0, stages, input, expected: {} }]
}
