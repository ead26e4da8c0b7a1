/** How batches end, and with the last one the round or the experiment. */
import sql from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { liftDeadline, transact } from '#db/transact.ts'
import type { Backends } from '#models/backend.ts'
import type { Queue } from '#queue/queue.ts'
import {
  type ClaimedBatch,
  closeBatch,
  enqueueBatches,
  fillLane,
  hasOpenBatch,
  holdBatch,
  planPace,
} from './batches.ts'
import { concludeExperiments } from './conclusions.ts'
import { dropUnfinished, fillLanes, settleExperiment } from './control.ts'
import type { ExperimentKey, ExperimentStatus } from './experiments.ts'
import { planNextRound } from './rounds.ts'
import type { BatchRef } from './run-tasks.ts'
import { fillScoreWindow } from './score-batches.ts'

interface Hands {
  queue: Queue
  backends: Backends
}

/** Ends a batch whose runs have all ended. The next ones get their jobs; the last one ends its round, or the experiment. */
export async function finishBatch(db: Db, { queue, backends }: Hands, batch: ClaimedBatch): Promise<void> {
  let ended = false
  const woken = await transact(db, async tx => {
    if (!(await closeBatch(tx, batch))) return false
    if (batch.kind !== 'sweep') {
      // Judges are not on the bill yet; after a crash, neither is what the process before paid for.
      if (batch.fence > 1 || batch.kind === 'score') await settleExperiment(tx, batch)
      if (batch.kind === 'score') await fillScoreWindow(tx, queue, batch)
      return batch.kind === 'score'
    }
    const status = await holdExperiment(tx, batch)
    if (status === 'running') {
      await fillLane(tx, queue, batch, batch.lane, planPace(backends, batch))
      if (!(await hasOpenBatch(tx, batch, 'sweep')))
        ended = await endRound(await liftDeadline(tx), { queue, backends }, batch)
    } else if (status !== 'paused') await settleExperiment(tx, batch)
    return true
  })
  if (woken) queue.wake()
  if (ended) await concludeExperiments(db)
}

/**
 * Lets a batch go whose experiment does not run: for later when it is paused, for good when it is over. Its runs that have
 * not ended wait again, or are taken away.
 */
export async function releaseBatch(db: Db, { queue, backends }: Hands, batch: ClaimedBatch): Promise<void> {
  await transact(db, async tx => {
    if (!(await holdBatch(tx, batch))) return
    const open = await listOpenRuns(tx, batch)
    await query(
      tx,
      sql`
        update runs set status = 'pending', started_at = null, started_xid = null
        where project_id = ${batch.project_id} and run_no = any(${open}::bigint[])`,
    )
    const status = await holdExperiment(tx, batch)
    if (status === 'running' || status === 'paused') {
      await query(
        tx,
        sql`
          update run_batches set state = 'pending', queued = false, admitted = 0
          where project_id = ${batch.project_id} and experiment_no = ${batch.experiment_no} and batch_no = ${batch.batch_no}`,
      )
      // It went on before all of its work had been let go.
      if (status === 'running') await fillLane(tx, queue, batch, batch.lane, planPace(backends, batch))
      return
    }
    await dropUnfinished(tx, batch, open)
    await closeBatch(tx, batch)
    await settleExperiment(tx, batch)
  })
  queue.wake()
}

/**
 * Finds work that lost its job: batches that should have one, lanes with room for more, experiments whose bill lacks answers
 * that came late. Enqueueing again what has a job does nothing, so this may err on the side of too much.
 */
export async function sweepRunBatches(db: Db, queue: Queue, backends: Backends): Promise<void> {
  const open = await query<BatchRef>(
    db,
    sql`
      select project_id, experiment_no, batch_no from run_batches
      where queued and state in ('pending', 'running') order by batch_no limit 2000`,
  )
  if (open.length > 0) await transact(db, tx => enqueueBatches(tx, queue, open))
  const running = await query<ExperimentKey>(
    db,
    sql`select project_id, experiment_no from experiments where status = 'running' order by experiment_no limit 1000`,
  )
  for (const key of running) {
    await transact(db, async tx => {
      if ((await holdExperiment(tx, key)) !== 'running') return
      await fillLanes(tx, queue, backends, key)
      // The last batch was ended by a process that did not come to end the experiment.
      if (!(await hasOpenBatch(tx, key, 'sweep'))) await endRound(await liftDeadline(tx), { queue, backends }, key)
    })
  }
  if (open.length + running.length > 0) queue.wake()
  await settleLate(db)
}

/** The margin is for answers that were being written while the bill was made. */
async function settleLate(db: Db): Promise<void> {
  const late = await query<ExperimentKey>(
    db,
    sql`
      select project_id, experiment_no from (
        select * from experiments where status not in ('running', 'paused') order by experiment_no desc limit 200
      ) e
      where exists (
        select from ledger l
        where l.project_id = e.project_id and l.paid_by = e.experiment_id and l.created_at > e.settled_at - interval '10 seconds'
      )`,
  )
  for (const key of late) await transact(db, async tx => settleExperiment(await liftDeadline(tx), key))
}

/** Plans the next round of an experiment whose row is held, or ends it when there is none, which it tells. */
async function endRound(tx: Db, { queue, backends }: Hands, key: ExperimentKey): Promise<boolean> {
  if (await planNextRound(tx, key)) {
    await fillLanes(tx, queue, backends, key)
    return false
  }
  await query(
    tx,
    sql`
      update experiments set status = 'completed', finished_at = clock_timestamp()
      where project_id = ${key.project_id} and experiment_no = ${key.experiment_no} and status = 'running'`,
  )
  await settleExperiment(tx, key)
  return true
}

async function holdExperiment(tx: Db, { project_id, experiment_no }: ExperimentKey): Promise<ExperimentStatus | null> {
  const row = await queryOne<{ status: ExperimentStatus }>(
    tx,
    sql`
      select status from experiments
      where project_id = ${project_id} and experiment_no = ${experiment_no} for no key update`,
  )
  return row?.status ?? null
}

async function listOpenRuns(tx: Db, batch: ClaimedBatch): Promise<number[]> {
  const { project_id, experiment_no, variant_nos, case_nos, repeats } = batch
  const rows = await query<{ run_no: number }>(
    tx,
    sql`
      select run_no
      from unnest(${variant_nos}::integer[], ${case_nos}::bigint[], ${repeats}::smallint[]) as cell (variant_no, case_no, repeat)
      join runs r using (variant_no, case_no, repeat)
      where r.project_id = ${project_id} and r.experiment_no = ${experiment_no} and r.status in ('pending', 'running')
      order by run_no for update of r`,
  )
  return rows.map(row => row.run_no)
}
