import sql from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { enqueue, type Queue } from '#queue/queue.ts'
import { judgeUnitTask, prepareRunTask, type RunRef, type UnitRef } from './run-tasks.ts'
import { settleRun } from './runs.ts'

/** How many of a run's units have a job at the same time: enough for full slots, few enough to let another run in. */
const WINDOW = 256
/** How many of them get theirs at the same time, see `refillWindow`. */
const REFILL = 32

/** A unit in hand, with what its run says about it. */
export interface ClaimedUnit {
  session_no: number
  session_id: string
  /** Whoever holds the newest fence may finish the unit. */
  fence: number
  again: boolean
  backend: string
  judge_model: string
  pins_id: number
  run_started_at: string
  secret: Buffer
}

/** The end of a unit's work. */
export type UnitOutcome =
  | { state: 'ok'; pass_no: number; avg: (number | null)[] }
  | { state: 'failed'; error: string; error_kind: string }

/** What a unit's work used, as far as this run pays for it. */
export interface Usage {
  calls: number
  unpriced: number
  tokens_in: number
  tokens_out: number
  cost_usd: number
}

/**
 * Takes a unit up, also one that another worker had in hand and lost. Null when there is nothing to do: it is done, the
 * run has ended, or (`over_budget`) its cost could pass the run's ceiling.
 */
export async function claimUnit(db: Db, ref: UnitRef): Promise<ClaimedUnit | 'over_budget' | null> {
  const row = await queryOne<ClaimedUnit & { within: boolean }>(
    db,
    sql`
      with unit as (
        select u.*, r.max_cost_usd is null or r.cost_usd + r.reserved_usd
          + case when u.state = 'pending' then u.reserved_usd else 0 end <= r.max_cost_usd as within
        from eval_units u join eval_runs r using (project_id, run_id)
        where u.project_id = ${ref.project_id} and u.run_id = ${ref.run_id}::uuid and u.unit_no = ${ref.unit_no}
          and u.state in ('pending', 'running') and r.state = 'running'
        for update of u, r
      ),
      taken as (
        update eval_units u set state = 'running', fence = u.fence + 1, started_at = coalesce(u.started_at, clock_timestamp())
        from unit
        where u.project_id = unit.project_id and u.run_id = unit.run_id and u.unit_no = unit.unit_no and unit.within
        returning u.fence
      ),
      counted as (
        update eval_runs r set pending = r.pending - 1, running = r.running + 1, reserved_usd = r.reserved_usd + unit.reserved_usd
        from unit
        where r.project_id = unit.project_id and r.run_id = unit.run_id and unit.state = 'pending' and unit.within
      )
      select unit.session_no, unit.session_id, unit.again, unit.within, unit.fence + 1 as fence, r.backend, r.judge_model,
        r.pins_id, r.started_at as run_started_at, p.secret
      from unit join eval_runs r using (project_id, run_id) join projects p using (project_id)`,
  )
  if (row === null) return null
  if (!row.within) return 'over_budget'
  return row
}

/**
 * Finishes a unit in the caller's transaction, and with the last one the run. False when the unit is not the caller's any
 * more; then nothing is written.
 */
export async function finishUnit(
  tx: Db,
  ref: UnitRef,
  fence: number,
  outcome: UnitOutcome,
  usage: Usage,
): Promise<boolean> {
  const ok = outcome.state === 'ok'
  const run = await queryOne<{ state: string }>(
    tx,
    sql`
      with unit as (
        update eval_units set state = ${outcome.state}, finished_at = clock_timestamp(),
          avg = ${ok ? outcome.avg : null}::smallint[], pass_no = ${ok ? outcome.pass_no : null}::bigint,
          error = ${ok ? null : outcome.error}, error_kind = ${ok ? null : outcome.error_kind}
        where project_id = ${ref.project_id} and run_id = ${ref.run_id}::uuid and unit_no = ${ref.unit_no}
          and state = 'running' and fence = ${fence}
        returning project_id, run_id, reserved_usd
      )
      update eval_runs r set running = running - 1, ok = ok + ${ok ? 1 : 0}, failed = failed + ${ok ? 0 : 1},
        reserved_usd = r.reserved_usd - unit.reserved_usd, calls = calls + ${usage.calls},
        unpriced = unpriced + ${usage.unpriced}, tokens_in = tokens_in + ${usage.tokens_in},
        tokens_out = tokens_out + ${usage.tokens_out}, cost_usd = cost_usd + ${usage.cost_usd}::numeric,
        state = case when pending + running = 1 then 'done' else state end,
        finished_at = case when pending + running = 1 then clock_timestamp() end
      from unit
      where r.project_id = unit.project_id and r.run_id = unit.run_id and state = 'running'
      returning state`,
  )
  if (run === null) return false
  if (run.state === 'done') await settleRun(tx, ref.project_id, ref.run_id)
  return true
}

/** Holds the unit's row until the transaction ends. False when the unit is not the caller's any more. */
export async function holdUnit(tx: Db, ref: UnitRef, fence: number): Promise<boolean> {
  const row = await queryOne(
    tx,
    sql`
      select from eval_units
      where project_id = ${ref.project_id} and run_id = ${ref.run_id}::uuid and unit_no = ${ref.unit_no}
        and state = 'running' and fence = ${fence} for update`,
  )
  return row !== null
}

/**
 * Gives jobs to the next units as one ends, in the caller's transaction: many for every so many units rather than one for
 * each. Where this leaves a gap in the window, the sweep closes it.
 */
export async function refillWindow(tx: Db, queue: Queue, ref: UnitRef): Promise<void> {
  const { unit_no, ...run } = ref
  if (unit_no % REFILL === 0) await fillWindow(tx, queue, run, REFILL)
}

/** Gives jobs to a run's next units, as many as its window has room for. */
export async function fillWindow(tx: Db, queue: Queue, ref: RunRef, room = WINDOW): Promise<void> {
  // Materialised: as a subquery it may be run once for each unit, to choose other units each time.
  const units = await query<{ unit_no: number }>(
    tx,
    sql`
      with next as materialized (
        select unit_no from eval_units
        where project_id = ${ref.project_id} and run_id = ${ref.run_id}::uuid and state = 'pending' and not queued
        order by unit_no limit ${room} for update skip locked
      )
      update eval_units u set queued = true
      from next
      where u.project_id = ${ref.project_id} and u.run_id = ${ref.run_id}::uuid and u.unit_no = next.unit_no
      returning u.unit_no`,
  )
  await enqueueUnits(tx, queue, ref, units)
}

/**
 * Finds work that lost its job: runs that were never looked up, units that should have a job. Enqueueing again what has one
 * does nothing, so this may err on the side of too much.
 */
export async function sweepRuns(db: Db, queue: Queue): Promise<void> {
  const runs = await query<RunRef & { resolved: boolean }>(
    db,
    sql`select project_id, run_id, resolved from eval_runs where state = 'running' order by run_no limit 1000`,
  )
  for (const { resolved, ...ref } of runs) {
    await transact(db, async tx => {
      if (!resolved) return enqueue(queue, tx, prepareRunTask, [{ key: ref.run_id, payload: ref }])
      const units = await query<{ unit_no: number }>(
        tx,
        sql`
          select unit_no from eval_units
          where project_id = ${ref.project_id} and run_id = ${ref.run_id}::uuid and state in ('pending', 'running') and queued
          order by unit_no limit ${2 * WINDOW}`,
      )
      await enqueueUnits(tx, queue, ref, units)
      if (units.length < WINDOW) await fillWindow(tx, queue, ref, WINDOW - units.length)
    })
  }
  if (runs.length > 0) queue.wake()
}

async function enqueueUnits(tx: Db, queue: Queue, ref: RunRef, units: { unit_no: number }[]): Promise<void> {
  const pieces = units
    .map(({ unit_no }) => ({ key: `${ref.run_id}/${unit_no}`, payload: { ...ref, unit_no } }))
    .sort((a, b) => a.payload.unit_no - b.payload.unit_no)
  await enqueue(queue, tx, judgeUnitTask, pieces)
}
