import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import sql from 'sql-template-tag'
import { connect, disconnect, query, queryRow } from '#db/connect.ts'
import type { PinsPreview } from '#judging/pins-preview.ts'
import type { RunStatus } from '#judging/runs.ts'
import { readShipped } from '#judging/shipped.ts'
import { closeLedger, openLedger } from '#models/ledger.ts'
import { closeQueue, openQueue } from '#queue/queue.ts'
import { startTasks, TASKS } from '#tasks.ts'
import { openTestApp, type TestApp } from './app.ts'
import { type Fake, startFake } from './openai-fake.ts'
import { replyToPrompt } from './verdicts.ts'

let app: TestApp
let fake: Fake
let latency = 0
let usage: { [name: string]: number } | null = null
let number = 0

before(async () => {
  fake = await startFake({ reply: call => ({ text: replyToPrompt(call.text), latency_ms: latency, usage }) })
  const prices = '{ m: { input: 1, output: 2 } }'
  app = await openTestApp({
    worker: true,
    yaml: `backends: [{ name: fake, base_url: '${fake.url}', concurrency: 6, prices: ${prices} }]`,
  })
})
after(async () => {
  await app.close()
  await fake.close()
})
beforeEach(async () => {
  await query(app.db, sql`delete from sessions`)
  latency = 0
  usage = { prompt_tokens: 100, completion_tokens: 20 }
  number++
})

test('a cancelled run sends nothing more, keeps what was judged, and a later run replays what was paid', async () => {
  await save(60)
  latency = 100
  const before = fake.count()
  const run = await start()
  while ((await look(run.run_id)).counts.ok < 2) await sleep(10)
  const { body: cancelled } = await app.send<RunStatus>('POST', `/api/eval/run/${run.run_id}/cancel`)
  assert.deepEqual([cancelled.state, cancelled.ended_because], ['failed', 'cancelled'])
  assert.equal(cancelled.counts.ok + cancelled.counts.failed, 60)
  // The worker learns of it within half a second.
  await sleep(900)
  const sent = fake.count() - before
  assert.ok(sent < 150, `${sent} calls`)
  await sleep(200)
  assert.equal(fake.count() - before, sent)
  assert.equal((await look(run.run_id)).calls, sent, 'what was on its way is recorded and on the bill')
  const rest = await judge()
  assert.deepEqual([rest.state, rest.counts.ok], ['done', 60 - cancelled.counts.ok])
  assert.equal(rest.calls, 180 - sent)
  assert.equal(fake.count() - before, 180)
})

test('a run that would cost more than max_cost_usd asks nothing and fails with the estimate', async () => {
  await save(2)
  const before = fake.count()
  const run = await judge({ max_cost_usd: 0.000001 })
  assert.deepEqual([run.state, run.ended_because, run.calls], ['failed', 'max_cost_usd', 0])
  assert.match(run.sessions[0]?.error ?? '', /expected, more than max_cost_usd/)
  assert.equal(fake.count(), before)
})

test('a run whose calls cost more than estimated ends at max_cost_usd; over it goes only what was in hand', {
  timeout: 40_000,
}, async () => {
  await save(20)
  const { body: estimate } = await app.send<{ cost_usd: number }>('POST', '/api/eval/estimate', {
    backend: 'fake',
    model: 'm',
  })
  // A ninth of the ceiling for each call, many times the estimate.
  const ceiling = estimate.cost_usd * 1.01
  usage = { prompt_tokens: Math.round((ceiling / 9) * 1e6), completion_tokens: 0 }
  latency = 200
  const run = await judge({ max_cost_usd: ceiling })
  assert.deepEqual([run.state, run.ended_because], ['failed', 'max_cost_usd'])
  assert.ok(run.counts.ok >= 3 && run.counts.ok <= 8, JSON.stringify(run.counts))
  await sleep(200)
  const { calls } = await look(run.run_id)
  assert.ok(
    calls <= 48,
    `nine calls reach the ceiling and sixteen sessions are in hand; of sixty ${calls} were made, ${run.counts.ok} sessions judged`,
  )
})

test('a run that costs nothing stays within a ceiling of 0', async () => {
  await save(50)
  const run = await judge({ backend: 'baseline', max_cost_usd: 0 })
  assert.deepEqual([run.state, run.counts.ok, run.cost_usd], ['done', 50, 0])
})

test('a run with a ceiling stops when the backend does not say what its answers took', {
  timeout: 40_000,
}, async () => {
  await save(20)
  usage = null
  latency = 20
  const run = await judge({ max_cost_usd: 100 })
  assert.equal(run.ended_because, 'max_cost_usd')
  assert.match(run.error ?? '', /cannot be kept/)
  assert.ok(run.counts.ok < 20)
})

test('two runs at the same time, with workers of two processes, pay once and make one pass each session', async () => {
  await save(12)
  latency = 60
  const before = fake.count()
  const other = await startOtherWorker()
  try {
    const [one, two] = await Promise.all([judge(), judge()])
    assert.deepEqual([one.counts.ok, two.counts.ok], [12, 12])
    assert.equal(fake.count() - before, 36)
    assert.equal(one.calls + two.calls, 36)
    assert.equal(await countPasses(), 12)
  } finally {
    await other.stop()
  }
})

test('unevaluated leaves out what has a pass; all asks again with new calls and keeps the old pass', async () => {
  await save(2)
  assert.equal((await judge()).counts.ok, 2)
  const before = fake.count()
  const nothing = await judge()
  assert.deepEqual([nothing.state, nothing.sessions, nothing.calls], ['done', [], 0])
  assert.equal(fake.count(), before)
  const all = await judge({ scope: 'all' })
  assert.deepEqual([all.counts.ok, all.calls], [2, 6])
  assert.equal(fake.count(), before + 6)
  const { body } = await app.send<{ evaluations: unknown[] }>('GET', `/api/eval/sessions/t${number}-0`)
  assert.equal(body.evaluations.length, 6)
})

test('a session that grew is stale by its content and can be judged again; feedback alone changes no status', async () => {
  await save(1)
  await judge()
  const session_id = `t${number}-0`
  await app.send('POST', '/api/eval/feedback', { session_id, message_index: 1, rating: -1 })
  assert.equal((await row()).eval_status, 'evaluated')
  await app.send('POST', '/api/sessions', {
    session_id,
    append: true,
    messages: [{ role: 'user', content: 'Thanks.' }],
  })
  const grown = await row()
  assert.deepEqual([grown.eval_status, grown.stale_because], ['stale', 'content'])
  assert.equal((await judge()).counts.ok, 1)
  assert.equal((await row()).eval_status, 'evaluated')
})

test('pins on another rubric make sessions stale, pinned back they are evaluated without a call', async () => {
  await save(1)
  await judge()
  const { rubric } = readShipped()
  const yaml = JSON.stringify({ ...rubric, name: 'other' })
  const { body: added } = await app.send<{ version: string }>('POST', '/api/eval/rubrics', { yaml })
  const { body: former } = await app.send<{ rubric_version: string }>('GET', '/api/eval/pins')
  const before = fake.count()
  const { body: preview } = await app.send<PinsPreview>('POST', '/api/eval/pins/preview', { rubric: added.version })
  assert.deepEqual([preview.rubric_version, preview.in_force], [added.version, false])
  assert.deepEqual([preview.stale, preview.calls, preview.backend, preview.judge_model], [1, 3, 'fake', 'm'])
  assert.ok(preview.cost_usd !== null && preview.cost_usd > 3 * 600 * 2e-6 && preview.cost_usd < 0.1)
  assert.equal((await row()).eval_status, 'evaluated', 'asking changes nothing')
  const { body: same } = await app.send<PinsPreview>('POST', '/api/eval/pins/preview', {})
  assert.deepEqual([same.in_force, same.stale, same.cost_usd], [true, 0, 0])
  const { body: free } = await app.send<PinsPreview>('POST', '/api/eval/pins/preview', { panel: 'baseline' })
  assert.deepEqual([free.stale, free.calls, free.cost_usd], [1, 0, 0])
  await app.send('PUT', '/api/eval/pins', { rubric: added.version })
  const stale = await row()
  assert.deepEqual([stale.eval_status, stale.stale_because], ['stale', 'rubric'])
  const back = { rubric: former.rubric_version }
  assert.equal((await app.send<PinsPreview>('POST', '/api/eval/pins/preview', back)).body.stale, 0)
  await app.send('PUT', '/api/eval/pins', { rubric: former.rubric_version })
  assert.equal((await row()).eval_status, 'evaluated')
  assert.equal(fake.count(), before)
})

test('a session that is deleted while it is judged fails its unit; its answers stay paid and recorded', async () => {
  await save(2)
  latency = 300
  const run = await start()
  const before = fake.count()
  while (fake.count() < before + 6) await sleep(5)
  await query(app.db, sql`delete from sessions where session_id = ${`t${number}-0`}`)
  const end = await wait(run.run_id)
  assert.deepEqual([end.state, end.counts.ok, end.counts.failed, end.calls], ['done', 1, 1, 6])
  assert.match(end.sessions.find(one => one.state === 'failed')?.error ?? '', /deleted/)
})

async function startOtherWorker(): Promise<{ stop: () => Promise<void> }> {
  const db = connect(app.url)
  const queue = await openQueue(db, TASKS, app.app.log, { supervise: false })
  const ledger = openLedger(db)
  const worker = startTasks({ ...app.app, db, queue, ledger })
  return {
    stop: async () => {
      await worker.stop()
      await closeQueue(queue)
      await closeLedger(ledger)
      await disconnect(db)
    },
  }
}

async function save(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const messages = [
      { role: 'user', content: `Test ${number}: where is order ${index}?` },
      { role: 'assistant', content: 'On its way.' },
    ]
    await app.send('POST', '/api/sessions', { session_id: `t${number}-${index}`, profile_id: 'support', messages })
  }
}

async function start(input: object = {}): Promise<RunStatus> {
  return (await app.send<RunStatus>('POST', '/api/eval/run', { backend: 'fake', model: 'm', ...input })).body
}

async function look(runId: string): Promise<RunStatus> {
  return (await app.send<RunStatus>('GET', `/api/eval/run/${runId}`)).body
}

async function wait(runId: string): Promise<RunStatus> {
  for (;;) {
    const run = await look(runId)
    if (run.state !== 'running') return run
    await sleep(20)
  }
}

async function judge(input: object = {}): Promise<RunStatus> {
  return wait((await start(input)).run_id)
}

async function row(): Promise<{ eval_status: string; stale_because: string }> {
  const { body } = await app.send<{ eval_status: string; stale_because: string }[]>('GET', '/api/eval/sessions')
  const [only] = body
  assert.ok(only)
  return only
}

async function countPasses(): Promise<number> {
  return (await queryRow<{ count: number }>(app.db, sql`select count(*) as count from passes`)).count
}
