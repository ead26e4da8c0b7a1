import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import sql from 'sql-template-tag'
import { type Db, query, queryRow } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { prepareRun } from '#judging/prepare.ts'
import type { RunRef } from '#judging/run-tasks.ts'
import { cancelRun, getRun, type RunStatus, settleRun } from '#judging/runs.ts'
import { claimUnit } from '#judging/units.ts'
import { openTestApp, type TestApp } from './app.ts'

/** What two transactions do to each other, each order forced. There is no worker: the tests take its steps. */

const PROJECT = 1

let app: TestApp
let db: Db

before(async () => {
  app = await openTestApp({
    yaml: `backends: [{ name: fake, kind: scripted, script: {}, prices: { m: { input: 1, output: 2 } } }]`,
  })
  db = app.db
})
after(() => app.close())
beforeEach(async () => {
  await query(db, sql`delete from sessions`)
  for (const session_id of ['a', 'b', 'c']) {
    const messages = [{ role: 'user', content: 'Where is my order?' }]
    await app.send('POST', '/api/sessions', { session_id, profile_id: 'support', messages })
  }
})

test('a run that is cancelled while its sessions are looked up leaves none of them pending', async () => {
  const ref = await start()
  const work: Promise<unknown>[] = []
  await transact(db, async tx => {
    await query(tx, sql`lock table passes in access exclusive mode`)
    work.push(prepareRun(db, app.app.queue, app.app.backends, ref))
    await waitForLocked(1)
    work.push(cancelRun(db, PROJECT, ref.run_id))
    await waitForLocked(2)
  })
  await Promise.all(work)
  const run = await getRun(db, PROJECT, ref.run_id)
  assert.deepEqual([run.state, run.ended_because], ['failed', 'cancelled'])
  assert.deepEqual(run.counts, { pending: 0, running: 0, ok: 0, failed: 3 })
  assert.deepEqual([...new Set(run.sessions.map(session => session.state))], ['failed'])
})

test('a run whose sessions cannot be looked up for a bug is tried five times, then it fails and says so', async () => {
  const ref = await start()
  const broken = { ...app.app.backends, get: () => assert.fail('a bug') }
  for (let fault = 1; fault < 5; fault++) {
    await assert.rejects(prepareRun(db, app.app.queue, broken, ref), /a bug/)
    assert.equal((await getRun(db, PROJECT, ref.run_id)).state, 'running')
  }
  await prepareRun(db, app.app.queue, broken, ref)
  const run = await getRun(db, PROJECT, ref.run_id)
  assert.deepEqual([run.state, run.ended_because], ['failed', 'bug'])
})

test('a ceiling that has room for one session more does not end the run when two are taken up at once', async () => {
  const ref = await start({ max_cost_usd: 1 })
  await prepareRun(db, app.app.queue, app.app.backends, ref)
  await query(
    db,
    sql`
      update eval_runs set cost_usd = 1 - (select max(reserved_usd) from eval_units u where u.run_id = eval_runs.run_id)
      where run_id = ${ref.run_id}::uuid`,
  )
  const others: ReturnType<typeof claimUnit>[] = []
  await transact(db, async tx => {
    const first = await claimUnit(tx, { ...ref, unit_no: 0 })
    assert.ok(first !== null && typeof first === 'object')
    others.push(claimUnit(db, { ...ref, unit_no: 1 }))
    await waitForLocked(1)
  })
  assert.equal(await others[0], null, 'later again: what is in hand may take less than estimated')
})

test('the bill of a run that goes on is not taken from the ledger, whose answers its units are about to add', async () => {
  const ref = await start({ max_cost_usd: 1 })
  await query(
    db,
    sql`
      insert into ledger (project_id, question, repeat, backend, origin, model, request, answer, cost_usd, duration_ms, attempts, paid_by)
      values (${PROJECT}, sha256('q'), 0, 'fake', '', 'm', '{}', '{}', 0.5, 1, '[]', ${ref.run_id}::uuid)`,
  )
  await settleRun(db, PROJECT, ref.run_id)
  assert.deepEqual([(await look(ref)).calls, (await look(ref)).cost_usd], [0, 0])
  await cancelRun(db, PROJECT, ref.run_id)
  assert.deepEqual([(await look(ref)).calls, (await look(ref)).cost_usd], [1, 0.5])
})

test('trends of sessions that change places do not wait for each other in a circle', async () => {
  const pass = sql`
    insert into passes (project_id, session_no, pins_id, backend, judge_model, content_hash, msg_count, means, avg)
    select project_id, session_no, 1, 'fake', 'm', content_hash, 1, array[0, 0, 0, 0, 0, 0, 0], array[0, 0, 0, 0, 0, 0, 0]
    from sessions returning *`
  await query(
    db,
    sql`
      with pass as (${pass})
      insert into trend_entries
      select project_id, session_no, pins_id, pass_no, '2026-01-01', '2026-01-01', 'x', 'm', means from pass`,
  )
  const moveTo = (session: string, profile: string) =>
    query(
      db,
      sql`
        update trend_entries set profile_id = ${profile}
        where session_no = (select session_no from sessions where session_id = ${session})`,
    )
  await moveTo('b', 'y')
  for (let round = 0; round < 100; round++) {
    const [one, other] = round % 2 === 0 ? ['y', 'x'] : ['x', 'y']
    await Promise.all([moveTo('a', one), moveTo('b', other)])
  }
})

async function start(input: object = {}): Promise<RunRef> {
  const { body } = await app.send<RunStatus>('POST', '/api/eval/run', { backend: 'fake', model: 'm', ...input })
  return { project_id: PROJECT, run_id: body.run_id }
}

function look({ project_id, run_id }: RunRef): Promise<RunStatus> {
  return getRun(db, project_id, run_id)
}

/** Waits until that many statements of this database wait for a lock. */
async function waitForLocked(count: number): Promise<void> {
  for (;;) {
    const { locked } = await queryRow<{ locked: number }>(
      db,
      sql`
        select count(*) as locked from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if (locked >= count) return
    await sleep(10)
  }
}
