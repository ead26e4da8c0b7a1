import sql, { empty } from 'sql-template-tag'
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

/** Why a unit is not taken up: with it the run could pass its ceiling, or nobody knows what the run has cost so far. */
export type Ceiling = 'over_budget' | 'cost_unknown'

/**
 * Takes a unit up, also one that another worker had in hand and lost. Null when there is nothing to do: it is done, the
 * run has ended, or its ceiling leaves room only if what is in hand takes less than estimated; the sweep then brings the
 * unit again. A ceiling that leaves no room while nothing is in hand is answered with its name.
 */
export async function claimUnit(db: Db, ref: UnitRef): Promise<ClaimedUnit | Ceiling | null> {
  // Only a ceiling needs the run's row, for which all its units would wait.
  const row = (await takeUnit(db, ref, false)) ?? (await takeUnit(db, ref, true))
  if (row === null || row.within) return row
  if (row.others) return null
  return row.unpriced > 0 ? 'cost_unknown' : 'over_budget'
}

type TakenUnit = ClaimedUnit & { within: boolean; others: boolean; unpriced: number }

/**
 * What is in hand is told by what it has reserved: that stands in the row which is held, where a look at the other units
 * would miss one that is being taken up at the same moment.
 *
 * @param limited which runs: those with a ceiling, whose row it then holds, or those without.
 */
function takeUnit(db: Db, ref: UnitRef, limited: boolean): Promise<TakenUnit | null> {
  const within = sql`(u.state = 'running' or (r.unpriced = 0 and r.cost_usd + r.reserved_usd + u.reserved_usd <= r.max_cost_usd))`
  const reserve = sql`
    reserved as (
      update eval_runs r set reserved_usd = r.reserved_usd + unit.reserved_usd
      from unit
      where r.project_id = unit.project_id and r.run_id = unit.run_id and unit.state = 'pending' and unit.within
    ),`
  return queryOne<TakenUnit>(
    db,
    sql`
      with unit as (
        select u.*, ${limited ? within : sql`true`} as within, r.reserved_usd > 0 as others, r.unpriced,
          r.backend, r.judge_model, r.pins_id, r.started_at as run_started_at
        from eval_units u join eval_runs r using (project_id, run_id)
        where u.project_id = ${ref.project_id} and u.run_id = ${ref.run_id}::uuid and u.unit_no = ${ref.unit_no}
          and u.state in ('pending', 'running') and r.state = 'running' and (r.max_cost_usd is not null) = ${limited}
        for update of ${limited ? sql`u, r` : sql`u`}
      ),
      ${limited ? reserve : empty}
      taken as (
        update eval_units u set state = 'running', fence = u.fence + 1, started_at = coalesce(u.started_at, clock_timestamp())
        from unit
        where u.project_id = unit.project_id and u.run_id = unit.run_id and u.unit_no = unit.unit_no and unit.within
      )
      select session_no, session_id, again, within, others, unpriced, fence + 1 as fence, backend, judge_model, pins_id,
        run_started_at, secret
      from unit join projects using (project_id)`,
  )
}

/**
 * Counts that judging the unit broke by a bug.
 *
 * @returns how often it did; null when the unit is not the caller's any more.
 */
export async function countFault(db: Db, ref: UnitRef, fence: number): Promise<number | null> {
  const row = await queryOne<{ faults: number }>(
    db,
    sql`
      update eval_units set faults = faults + 1
      where project_id = ${ref.project_id} and run_id = ${ref.run_id}::uuid and unit_no = ${ref.unit_no}
        and state = 'running' and fence = ${fence}
      returning faults`,
  )
  return row?.faults ?? null
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
      update eval_runs r set pending = pending - 1, ok = ok + ${ok ? 1 : 0}, failed = failed + ${ok ? 0 : 1},
        reserved_usd = case when max_cost_usd is null then 0 else r.reserved_usd - unit.reserved_usd end, calls = calls + ${usage.calls},
        unpriced = unpriced + ${usage.unpriced}, tokens_in = tokens_in + ${usage.tokens_in},
        tokens_out = tokens_out + ${usage.tokens_out}, cost_usd = cost_usd + ${usage.cost_usd}::numeric,
        state = case when pending = 1 then 'done' else state end,
        finished_at = case when pending = 1 then clock_timestamp() end
      from unit
      where r.project_id = unit.project_id and r.run_id = unit.run_id and state = 'running'
      returning state`,
  )
  if (run === null) return false
  if (run.state === 'done') await settleRun(tx, ref.project_id, ref.run_id)
  return true
}

/** Holds units' rows until the transaction ends. False for each that is not the caller's any more. */
export async function holdUnits(tx: Db, units: (UnitRef & { fence: number })[]): Promise<boolean[]> {
  const rows = await query<{ turn: number }>(
    tx,
    sql`
      select turn from unnest(
        ${units.map(unit => unit.project_id)}::integer[], ${units.map(unit => unit.run_id)}::uuid[],
        ${units.map(unit => unit.unit_no)}::integer[], ${units.map(unit => unit.fence)}::integer[]
      ) with ordinality as mine (project_id, run_id, unit_no, fence, turn)
      join eval_units u using (project_id, run_id, unit_no)
      where u.state = 'running' and u.fence = mine.fence
      order by project_id, run_id, unit_no for update of u`,
  )
  const held = new Set(rows.map(row => row.turn))
  return units.map((_, index) => held.has(index + 1))
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
  await settleLateCalls(db)
}

/**
 * Brings the bills of ended runs up to date with answers that came after their end, where the process that had asked was
 * killed before it could. The margin is for answers that were being written while the bill was made.
 */
async function settleLateCalls(db: Db): Promise<void> {
  const runs = await query<RunRef>(
    db,
    sql`
      select project_id, run_id from (
        select * from eval_runs where state <> 'running' order by finished_at desc limit 200
      ) r
      where exists (
        select from ledger l
        where l.project_id = r.project_id and l.paid_by = r.run_id and l.created_at > r.settled_at - interval '10 seconds'
      )`,
  )
  for (const { project_id, run_id } of runs) await settleRun(db, project_id, run_id)
}

async function enqueueUnits(tx: Db, queue: Queue, ref: RunRef, units: { unit_no: number }[]): Promise<void> {
  const pieces = units
    .map(({ unit_no }) => ({ key: `${ref.run_id}/${unit_no}`, payload: { ...ref, unit_no } }))
    .sort((a, b) => a.payload.unit_no - b.payload.unit_no)
  await enqueue(queue, tx, judgeUnitTask, pieces)
}
