/** Batches of runs that get scores which they have not. */
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import type { Queue } from '#queue/queue.ts'
import { BATCH_CELLS, enqueueBatches } from './batches.ts'
import type { ExperimentKey } from './experiments.ts'
import type { BatchRef } from './run-tasks.ts'

/** Batches of one experiment that have a job at the same time. */
const WINDOW = 8

/** Hands all runs that have ended out to be scored. Returns how many they are. */
export async function planScoreBatches(
  tx: Db,
  { project_id, experiment_no }: ExperimentKey,
  scorerNos: readonly number[],
): Promise<number> {
  const rows = await query<{ runs: number }>(
    tx,
    sql`
      insert into run_batches (project_id, experiment_no, kind, lane, run_nos, scorer_nos)
      select ${project_id}, ${experiment_no}, 'score', 'score', array_agg(run_no order by run_no), ${scorerNos}::smallint[]
      from (
        select run_no, (row_number() over (order by run_no) - 1) / ${BATCH_CELLS} as chunk from runs
        where project_id = ${project_id} and experiment_no = ${experiment_no} and status in ('completed', 'failed')
      ) placed
      group by chunk order by chunk
      returning cardinality(run_nos) as runs`,
  )
  return rows.reduce((sum, { runs }) => sum + runs, 0)
}

/** Gives jobs to the next of an experiment's batches to be scored. */
export async function fillScoreWindow(
  tx: Db,
  queue: Queue,
  { project_id, experiment_no }: ExperimentKey,
): Promise<void> {
  const rows = await query<BatchRef>(
    tx,
    sql`
      update run_batches b set queued = true
      from (
        select batch_no from run_batches
        where project_id = ${project_id} and experiment_no = ${experiment_no} and lane = 'score' and state = 'pending'
          and not queued
        order by batch_no
        limit (
          select greatest(0, ${WINDOW} - count(*)) from run_batches
          where project_id = ${project_id} and experiment_no = ${experiment_no} and lane = 'score' and queued
            and state in ('pending', 'running')
        )
        for no key update skip locked
      ) next
      where b.project_id = ${project_id} and b.experiment_no = ${experiment_no} and b.batch_no = next.batch_no
      returning b.project_id, b.experiment_no, b.batch_no`,
  )
  await enqueueBatches(tx, queue, rows)
}

/** Finds batches whose turn nobody gave them, since the process that should have went away. */
export async function sweepScoreBatches(db: Db, queue: Queue): Promise<void> {
  const keys = await query<ExperimentKey>(
    db,
    sql`
      select distinct project_id, experiment_no from run_batches
      where kind = 'score' and state = 'pending' and not queued limit 1000`,
  )
  for (const key of keys) await transact(db, tx => fillScoreWindow(tx, queue, key))
  if (keys.length > 0) queue.wake()
}
