import sql from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { isOutage } from '#db/outage.ts'
import { liftDeadline, transact } from '#db/transact.ts'
import { Invalid } from '#errors.ts'
import type { Backends } from '#models/backend.ts'
import type { Queue } from '#queue/queue.ts'
import { hasPass, type Rate, rateSession, selectScope, tokensIn } from './estimate.ts'
import type { RunRef } from './run-tasks.ts'
import { BASELINE, endRun, type Scope } from './runs.ts'
import { fillWindow } from './units.ts'
import { findVersionPair } from './versions.ts'

interface OpenRun {
  scope: Scope
  backend: string
  judge_model: string
  pins_id: number
  max_cost_usd: number | null
}

/**
 * Prepares a run: looks whether its backend is there, looks up its sessions and gives jobs to the first of them. Ends the
 * run if one of these cannot be, or if it would cost more than its ceiling. Doing it twice changes nothing.
 */
export async function prepareRun(db: Db, queue: Queue, backends: Backends, ref: RunRef): Promise<void> {
  try {
    await openRun(db, queue, backends, ref)
  } catch (error) {
    if (isOutage(error)) throw error
    const faults = await countFault(db, ref)
    if (faults === null) return
    if (faults < FAULTS) throw error
    await endRun(db, ref.project_id, ref.run_id, 'bug', 'not judged: an internal error; the log says more')
  }
}

/** A bug must not keep a run open for ever; this often its cause may be one that passes. */
const FAULTS = 5

async function countFault(db: Db, ref: RunRef): Promise<number | null> {
  const row = await queryOne<{ faults: number }>(
    db,
    sql`
      update eval_runs set faults = faults + 1
      where project_id = ${ref.project_id} and run_id = ${ref.run_id}::uuid and state = 'running' and not resolved
      returning faults`,
  )
  return row?.faults ?? null
}

async function openRun(db: Db, queue: Queue, backends: Backends, ref: RunRef): Promise<void> {
  const run = await queryOne<OpenRun>(
    db,
    sql`
      select scope, backend, judge_model, pins_id, max_cost_usd::float8 as max_cost_usd from eval_runs
      where project_id = ${ref.project_id} and run_id = ${ref.run_id}::uuid and state = 'running' and not resolved`,
  )
  if (run === null) return
  const absence = await findAbsence(backends, run.backend)
  const versions = await findVersionPair(db, ref.project_id, run.pins_id)
  const rate = absence === null ? rateSession(backends, run.backend, run.judge_model, versions) : null
  await transact(db, async tx => {
    const count = await resolveSessions(tx, ref, run, rate)
    if (count === null) return
    const end = (because: string, error: string) => endRun(tx, ref.project_id, ref.run_id, because, error)
    if (count === 0 && run.scope.scope === 'session') {
      return end('unresolved', `There is no session "${run.scope.session_id}".`)
    }
    if (absence !== null) return end('backend', `backend not available: ${absence}`)
    const excess = await findExcess(tx, ref, run, rate)
    if (excess !== null) return end('max_cost_usd', excess)
    return count === 0 ? finishEmptyRun(tx, ref) : fillWindow(tx, queue, ref)
  })
  queue.wake()
}

/** Why the backend cannot be used, null if it can. Makes no chat completion. */
async function findAbsence(backends: Backends, name: string): Promise<string | null> {
  if (name === BASELINE) return null
  try {
    return (await backends.get(name).check()).error
  } catch (error) {
    if (error instanceof Invalid) return error.message
    throw error
  }
}

/** Writes the run's units; null if another worker has done so. */
async function resolveSessions(tx: Db, ref: RunRef, run: OpenRun, rate: Rate | null): Promise<number | null> {
  const mine = await queryOne(
    tx,
    sql`
      update eval_runs set resolved = true
      where project_id = ${ref.project_id} and run_id = ${ref.run_id}::uuid and state = 'running' and not resolved
      returning run_id`,
  )
  if (mine === null) return null
  const again = run.scope.scope === 'all' ? sql`true` : hasPass(run.pins_id)
  const price = rate === null || rate.usd_in === null || rate.usd_out === null ? null : rate
  const reserved =
    price === null
      ? sql`0`
      : sql`(${tokensIn(price)} * ${price.usd_in}::float8 + ${price.experts * price.tokens_out * (price.usd_out ?? 0)}::float8)`
  const { count } = await queryRow<{ count: number }>(
    await liftDeadline(tx),
    sql`
      with added as (
        insert into eval_units (project_id, run_id, unit_no, session_no, session_id, again, reserved_usd)
        select ${ref.project_id}, ${ref.run_id}::uuid,
          row_number() over (order by s.pinned desc, s.last_active desc, s.session_id) - 1,
          s.session_no, s.session_id, ${again}, ${reserved}
        ${selectScope(ref.project_id, run.scope, run.pins_id)}
        returning 1
      )
      update eval_runs set pending = (select count(*) from added)
      where project_id = ${ref.project_id} and run_id = ${ref.run_id}::uuid
      returning pending as count`,
  )
  return count
}

/** Why the run may not start for its cost, null if it may. */
async function findExcess(tx: Db, ref: RunRef, run: OpenRun, rate: Rate | null): Promise<string | null> {
  if (run.max_cost_usd === null || rate === null) return null
  if (rate.usd_in === null || rate.usd_out === null) {
    return `not judged: max_cost_usd cannot be kept, since no price is known for ${run.judge_model}; state one in whetstone.yaml`
  }
  const { expected } = await queryRow<{ expected: number }>(
    tx,
    sql`
      select coalesce(sum(reserved_usd), 0)::float8 as expected from eval_units
      where project_id = ${ref.project_id} and run_id = ${ref.run_id}::uuid`,
  )
  if (expected <= run.max_cost_usd) return null
  return `not judged: about $${expected < 1 ? expected.toPrecision(2) : expected.toFixed(2)} expected, more than max_cost_usd of $${run.max_cost_usd}`
}

async function finishEmptyRun(tx: Db, ref: RunRef): Promise<void> {
  await query(
    tx,
    sql`
      update eval_runs set state = 'done', finished_at = clock_timestamp()
      where project_id = ${ref.project_id} and run_id = ${ref.run_id}::uuid`,
  )
}
