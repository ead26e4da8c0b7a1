import sql from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import type { Backends } from '#models/backend.ts'
import { enqueue, type Queue } from '#queue/queue.ts'
import type { ExperimentKey, ExperimentStatus } from './experiments.ts'
import { type BatchRef, workBatchTask } from './run-tasks.ts'

/** Cells that are handed out together: one claim, one end and one job for all of them. */
export const BATCH_CELLS = 32

/** A batch in hand. */
export interface ClaimedBatch extends BatchRef {
  kind: 'sweep' | 'alone' | 'score'
  lane: string
  /** Whoever holds the newest fence may write to its runs. */
  fence: number
  variant_nos: number[]
  case_nos: number[]
  repeats: number[]
  run_nos: number[]
  scorer_nos: number[]
  faults: number
  experiment_id: string
  status: ExperimentStatus
  concurrency: number | null
  lanes: number
  /** Whether the experiment has a ceiling of dollars or tokens. */
  limited: boolean
  secret: Buffer
}

/**
 * The transaction does not wait for the disk: should the database be killed at once, who had a batch in hand is forgotten with
 * nothing lost but the time, since runs and answers are written in transactions of their own.
 */
const FORGETFUL = sql`set_config('synchronous_commit', 'off', true) as forgetful`

/** Takes a batch up, also one that another worker had in hand and lost. Null when it is done. */
export async function claimBatch(db: Db, ref: BatchRef): Promise<ClaimedBatch | null> {
  return queryOne<ClaimedBatch>(
    db,
    sql`
      update run_batches b set state = 'running', fence = b.fence + 1, admitted = 0
      from experiments e join projects p using (project_id)
      where b.project_id = ${ref.project_id} and b.experiment_no = ${ref.experiment_no} and b.batch_no = ${ref.batch_no}
        and b.state in ('pending', 'running') and e.project_id = b.project_id and e.experiment_no = b.experiment_no
      returning b.project_id, b.experiment_no, b.batch_no, b.kind, b.lane, b.fence, b.variant_nos, b.case_nos::text[],
        b.repeats, b.run_nos::text[], b.scorer_nos, b.faults, ${FORGETFUL}, e.experiment_id, e.status, e.concurrency, e.lanes,
        e.max_cost_usd is not null or e.max_tokens is not null as limited, p.secret`,
  ).then(row => row && { ...row, case_nos: row.case_nos.map(Number), run_nos: row.run_nos.map(Number) })
}

/** Holds a batch until the transaction ends; false when it is not the caller's any more. */
export async function holdBatch(
  tx: Db,
  { project_id, experiment_no, batch_no, fence }: ClaimedBatch,
): Promise<boolean> {
  const row = await queryOne(
    tx,
    sql`
      select from run_batches
      where project_id = ${project_id} and experiment_no = ${experiment_no} and batch_no = ${batch_no}
        and fence = ${fence} and state = 'running'
      for no key update`,
  )
  return row !== null
}

/** Whether batches are still the caller's, in the given order. */
export async function checkFences(tx: Db, batches: readonly ClaimedBatch[]): Promise<boolean[]> {
  const keys = [...new Map(batches.map(batch => [batch.batch_no, batch])).values()]
  const rows = await query<{ batch_no: number; fence: number }>(
    tx,
    sql`
      select b.batch_no, b.fence
      from unnest(
        ${keys.map(key => key.project_id)}::integer[], ${keys.map(key => key.experiment_no)}::bigint[],
        ${keys.map(key => key.batch_no)}::bigint[]
      ) as wanted (project_id, experiment_no, batch_no)
      join run_batches b using (project_id, experiment_no, batch_no)
      where b.state = 'running'`,
  )
  const fences = new Map(rows.map(row => [row.batch_no, row.fence]))
  return batches.map(batch => fences.get(batch.batch_no) === batch.fence)
}

/** Counts that the work on a batch broke by a bug. */
export async function countBatchFault(
  db: Db,
  { project_id, experiment_no, batch_no, fence }: ClaimedBatch,
): Promise<void> {
  await query(
    db,
    sql`
      update run_batches set faults = faults + 1
      where project_id = ${project_id} and experiment_no = ${experiment_no} and batch_no = ${batch_no} and fence = ${fence}`,
  )
}

/** Ends a batch; false when it is not the caller's any more. */
export async function closeBatch(
  tx: Db,
  { project_id, experiment_no, batch_no, fence }: ClaimedBatch,
): Promise<boolean> {
  const row = await queryOne(
    tx,
    sql`
      update run_batches set state = 'done', queued = false, admitted = 0
      where project_id = ${project_id} and experiment_no = ${experiment_no} and batch_no = ${batch_no}
        and fence = ${fence} and state = 'running'
      returning ${FORGETFUL}`,
  )
  return row !== null
}

/** How the cells of a lane are worked on. */
export interface Pace {
  /** Batches that have a job at the same time. */
  batches: number
  /** Cells of each that are worked on at the same time. */
  cells: number
  /** Cells of the lane that a process has begun at the same time. */
  places: number
}

/** Batches that one lane has in hand at most, and least. */
const MOST_BATCHES = 64
const LEAST_BATCHES = 4

/**
 * The pace of a lane. Without a ceiling of the experiment's own there are several times as many cells in hand as its backends
 * take at once, so that they stay busy while the slowest cells of a batch end. A ceiling is shared by the lanes, and
 * batches × cells stay within it.
 */
export function planPace(
  backends: Backends,
  { lane, concurrency, lanes }: Pick<ClaimedBatch, 'lane' | 'concurrency' | 'lanes'>,
): Pace {
  if (concurrency !== null) {
    const share = Math.max(1, Math.floor(concurrency / lanes))
    const batches = Math.min(MOST_BATCHES, share)
    return { batches, cells: Math.floor(share / batches), places: share }
  }
  const names = lane.split(' ').filter(name => backends.names().includes(name))
  const most = Math.max(16, ...names.map(name => backends.get(name).config.concurrency))
  const batches = Math.ceil((most * 6) / BATCH_CELLS)
  const places = 2 * most
  return { batches: Math.min(MOST_BATCHES, Math.max(LEAST_BATCHES, batches)), cells: BATCH_CELLS, places }
}

/**
 * Gives jobs to the next batches of a lane, as many as its window has room for. The caller holds the experiment's row, so that
 * a ceiling is not passed by two that count at the same time.
 */
export async function fillLane(tx: Db, queue: Queue, key: ExperimentKey, lane: string, pace: Pace): Promise<void> {
  const { project_id, experiment_no } = key
  const rows = await query<BatchRef>(
    tx,
    sql`
      with room as (
        select ${pace.batches} - count(*) as batches from run_batches
        where project_id = ${project_id} and experiment_no = ${experiment_no} and lane = ${lane} and kind = 'sweep'
          and queued and state in ('pending', 'running')
      ),
      next as materialized (
        select batch_no from run_batches
        where project_id = ${project_id} and experiment_no = ${experiment_no} and lane = ${lane} and state = 'pending'
          and not queued
        order by batch_no limit (select greatest(0, batches) from room)
      )
      update run_batches b set queued = true from next
      where b.project_id = ${project_id} and b.experiment_no = ${experiment_no} and b.batch_no = next.batch_no
      returning b.project_id, b.experiment_no, b.batch_no`,
  )
  await enqueueBatches(tx, queue, rows)
}

/** Gives jobs to batches; those that have one keep it. */
export async function enqueueBatches(tx: Db, queue: Queue, refs: readonly BatchRef[]): Promise<void> {
  const pieces = refs
    .toSorted((one, other) => one.batch_no - other.batch_no)
    .map(({ project_id, experiment_no, batch_no }) => ({
      key: String(batch_no),
      payload: { project_id, experiment_no, batch_no },
    }))
  await enqueue(queue, tx, workBatchTask, pieces)
}

/** The lanes of an experiment in which batches wait without a job. */
export async function listWaitingLanes(tx: Db, key: ExperimentKey): Promise<string[]> {
  const rows = await query<{ lane: string }>(
    tx,
    sql`
      select distinct lane from run_batches
      where project_id = ${key.project_id} and experiment_no = ${key.experiment_no} and state = 'pending' and not queued
        and kind = 'sweep'`,
  )
  return rows.map(row => row.lane)
}

/** Adds one batch that is no part of a sweep, with its job. */
export async function addBatch(
  tx: Db,
  queue: Queue,
  key: ExperimentKey,
  batch: { kind: 'alone' | 'score'; lane: string; run_nos: number[]; scorer_nos?: number[] },
): Promise<void> {
  const { project_id, experiment_no } = key
  const row = await queryRow<BatchRef>(
    tx,
    sql`
      insert into run_batches (project_id, experiment_no, kind, lane, run_nos, scorer_nos, queued)
      values (
        ${project_id}, ${experiment_no}, ${batch.kind}, ${batch.lane}, ${batch.run_nos}::bigint[],
        ${batch.scorer_nos ?? []}::smallint[], true
      )
      returning project_id, experiment_no, batch_no`,
  )
  await enqueueBatches(tx, queue, [row])
}

/** Whether any batch of the experiment is not done; of one kind if it is named. */
export async function hasOpenBatch(
  tx: Db,
  key: ExperimentKey,
  kind: ClaimedBatch['kind'] | null = null,
): Promise<boolean> {
  const { open } = await queryRow<{ open: boolean }>(
    tx,
    sql`
      select exists (
        select from run_batches
        where project_id = ${key.project_id} and experiment_no = ${key.experiment_no} and state <> 'done'
          and (${kind}::text is null or kind = ${kind})
      ) as open`,
  )
  return open
}
