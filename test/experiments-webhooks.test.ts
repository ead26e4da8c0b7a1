import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import sql from 'sql-template-tag'
import { query, queryRow } from '#db/connect.ts'
import { openWebhookCaller, type WebhookCaller } from '#experiments/webhook-call.ts'
import type { WebhookDelivery } from '#experiments/webhook-deliveries.ts'
import { chooseWait, deliverWebhook } from '#experiments/webhook-delivery.ts'
import type { Webhook } from '#experiments/webhooks.ts'
import { openTestApp, type TestApp } from './app.ts'
import { assertDetail, assertRefused } from './contract.ts'
import {
  beginSeededRun,
  endSeededRun,
  findSettled,
  type SeededExperiment,
  seedExperiment,
  seedRun,
} from './run-rows.ts'
import { isSigned, openReceiver, type Receiver } from './webhook-receiver.ts'

let app: TestApp
let receiver: Receiver
let experiment: SeededExperiment
let caller: WebhookCaller

before(async () => {
  receiver = await openReceiver()
  app = await openTestApp({ yaml: 'webhooks: { allow_private: true }' })
  experiment = await seedExperiment(app.db)
  caller = openWebhookCaller({ allowPrivate: true, resolve: async () => [] }, 2_000)
})
after(async () => {
  await caller.close()
  await app.close()
  await receiver.close()
})
afterEach(async () => {
  await query(app.db, sql`delete from webhooks`)
  receiver.calls.length = 0
  receiver.answer = (_call, response) => void response.end()
})

async function make(input: object = {}) {
  const url = `http://127.0.0.1:${receiver.port}/hook`
  const made = await app.send<Webhook & { secret: string }>('POST', '/api/webhooks', { url, ...input })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const ref = await queryRow<{ project_id: number; webhook_no: number }>(
    app.db,
    sql`select project_id, webhook_no from webhooks where webhook_id = ${made.body.id}::uuid`,
  )
  const path = `/api/webhooks/${made.body.id}`
  return {
    ...made.body,
    ref,
    path,
    deliver: async (signal = new AbortController().signal) => {
      await findSettled(app.db)
      await deliverWebhook(app.db, caller, ref, signal, 0)
    },
    log: async () => (await app.send<WebhookDelivery[]>('GET', `${path}/deliveries`)).body,
    /** Takes the wait before the next attempt away. */
    hurry: () => query(app.db, sql`update webhooks set due_at = '-infinity', held_until = '-infinity'`),
  }
}

function heard(): string[] {
  return receiver.calls.map(call => `${call.event} ${call.run_id}`)
}

test('a webhook is told its events in their order, each once, signed, and shows its secret only when it is made', async () => {
  const hook = await make({ events: ['run.completed', 'new_best_found', 'run.failed'] })
  const other = await make({ experiment_id: (await seedExperiment(app.db, 'quiet')).experiment_id })
  const best = await seedRun(app.db, experiment.experiment_no, { new_best: true, weighted: 0.5 })
  const failed = await seedRun(app.db, experiment.experiment_no, { failed: true })
  await Promise.all([hook.deliver(), other.deliver()])
  assert.deepEqual(heard(), [
    `run.completed ${best.run_id}`,
    `new_best_found ${best.run_id}`,
    `run.failed ${failed.run_id}`,
  ])
  for (const call of receiver.calls) {
    assert.ok(isSigned(call, hook.secret))
    assert.equal(call.id, `${call.event.replace('.', '_')}_${call.run_id}`)
    assert.equal(call.headers['content-type'], 'application/json')
    assert.ok(Math.abs(Number(call.headers['webhook-timestamp']) - Date.now() / 1000) < 5)
  }
  assert.deepEqual(JSON.parse(receiver.calls[0]?.body ?? ''), {
    ...JSON.parse(receiver.calls[1]?.body ?? ''),
    event: 'run.completed',
    score: 0.5,
    status: 'completed',
  })
  const shown = await app.send<object>('GET', hook.path)
  assert.ok(!('secret' in shown.body))
  assert.ok(!JSON.stringify(await (await app.fetch('/api/webhooks')).json()).includes(hook.secret))
  assert.deepEqual(
    (await hook.log()).map(({ event, status, attempts, http_status }) => [event, status, attempts, http_status]),
    [
      ['run.failed', 'delivered', 1, 200],
      ['new_best_found', 'delivered', 1, 200],
      ['run.completed', 'delivered', 1, 200],
    ],
  )
  await hook.deliver()
  assert.equal(receiver.calls.length, 3)
})

test('what fails is tried again under the same id before anything that came later', async () => {
  const hook = await make({ events: ['run.completed'] })
  const runs = [await seedRun(app.db, experiment.experiment_no), await seedRun(app.db, experiment.experiment_no)]
  receiver.answer = (_call, response) => void response.writeHead(503).end('not now')
  await hook.deliver()
  await hook.deliver()
  assert.equal(receiver.calls.length, 1, 'it is not its time yet')
  const [failing] = await hook.log()
  assert.deepEqual(
    [failing?.status, failing?.http_status, failing?.response, failing?.error],
    ['failing', 503, 'not now', 'It answered 503.'],
  )
  const { body } = await app.send<Webhook>('GET', hook.path)
  assert.equal(body.failures, 1)
  assert.ok(Date.parse(body.next_attempt_at ?? '') > Date.now())
  await hook.hurry()
  await hook.deliver()
  receiver.answer = (_call, response) => void response.end()
  await hook.hurry()
  await hook.deliver()
  const [first, second] = runs
  assert.deepEqual(heard(), [
    ...Array.from({ length: 3 }, () => `run.completed ${first?.run_id}`),
    `run.completed ${second?.run_id}`,
  ])
  assert.equal(new Set(receiver.calls.map(call => call.id)).size, 2)
  const log = await hook.log()
  assert.deepEqual(
    log.map(({ status, attempts, error }) => [status, attempts, error]),
    [
      ['delivered', 1, null],
      ['delivered', 3, null],
    ],
  )
  assert.equal((await app.send<Webhook>('GET', hook.path)).body.failures, 0)
})

test('waits double up to an hour, and by chance are half as long', () => {
  assert.deepEqual(
    [1, 2, 5, 11, 12, 40].map(failures => chooseWait(failures, 1)),
    [2, 4, 32, 2048, 3600, 3600],
  )
  assert.equal(chooseWait(3, 0), 4)
})

test('of two workers one delivers, and one that lost the webhook changes nothing any more', async () => {
  const hook = await make({ events: ['run.started'] })
  for (let n = 0; n < 5; n++) await seedRun(app.db, experiment.experiment_no)
  await Promise.all([hook.deliver(), hook.deliver(), hook.deliver()])
  assert.equal(receiver.calls.length, 5)
  assert.equal(new Set(heard()).size, 5)

  const hanging = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  receiver.answer = async (_call, response) => {
    arrived.resolve()
    await hanging.promise
    response.writeHead(500).end()
  }
  const late = await seedRun(app.db, experiment.experiment_no)
  const slow = hook.deliver()
  await arrived.promise
  await hook.deliver()
  assert.equal(receiver.calls.length, 6, 'it is held')
  receiver.answer = (_call, response) => void response.end()
  await query(app.db, sql`update webhooks set held_until = clock_timestamp() - interval '1 s'`)
  await hook.deliver()
  hanging.resolve()
  await slow
  assert.deepEqual(heard().slice(5), [`run.started ${late.run_id}`, `run.started ${late.run_id}`])
  const [row] = await hook.log()
  assert.deepEqual([row?.status, row?.attempts], ['delivered', 1])
  assert.equal((await app.send<Webhook>('GET', hook.path)).body.failures, 0)
})

test('a worker that is stopped counts nothing and lets the next one go on at once', async () => {
  const hook = await make({ events: ['run.started'] })
  const run = await seedRun(app.db, experiment.experiment_no)
  const stop = new AbortController()
  receiver.answer = () => stop.abort()
  await hook.deliver(stop.signal)
  assert.deepEqual(await hook.log(), [])
  receiver.answer = (_call, response) => void response.end()
  await hook.deliver()
  assert.deepEqual(heard(), [`run.started ${run.run_id}`, `run.started ${run.run_id}`])
})

test('after a day an event is given up with all that is as old, and what is recent is still told', async () => {
  const hook = await make({ events: ['run.completed'] })
  for (let n = 0; n < 130; n++) {
    const run = await beginSeededRun(app.db, experiment.experiment_no)
    await endSeededRun(app.db, run, { ago: '25 h' })
  }
  const recent = await seedRun(app.db, experiment.experiment_no)
  receiver.answer = (_call, response) => void response.writeHead(410).end()
  await hook.deliver()
  const [skipped, ...others] = await hook.log()
  assert.deepEqual(others, [])
  assert.equal(skipped?.status, 'skipped')
  assert.match(skipped?.error ?? '', /410.* 130 events were more than a day old and given up/)
  receiver.answer = (_call, response) => void response.end()
  await hook.hurry()
  await hook.deliver()
  assert.deepEqual(heard().slice(1), [`run.completed ${recent.run_id}`])
})

test('what happens while a webhook is off is never sent; a change is in force for the next event', async () => {
  const hook = await make({ events: ['run.completed'] })
  await app.send('PATCH', hook.path, { enabled: false })
  await seedRun(app.db, experiment.experiment_no)
  await hook.deliver()
  await app.send('PATCH', hook.path, { enabled: true })
  await app.send('PATCH', hook.path, { enabled: true, events: ['run.started'] })
  const run = await seedRun(app.db, experiment.experiment_no)
  await hook.deliver()
  assert.deepEqual(heard(), [`run.started ${run.run_id}`])
  const moved = await openReceiver()
  await app.send('PATCH', hook.path, { url: `http://127.0.0.1:${moved.port}` })
  await seedRun(app.db, experiment.experiment_no)
  await hook.deliver()
  assert.equal(moved.calls.length, 1)
  await moved.close()
  assertRefused(await app.send('PATCH', hook.path, {}), ['body'])
  assert.equal((await app.send('DELETE', hook.path)).status, 200)
  assertDetail(await app.send('DELETE', hook.path), 404, /no webhook/)
  assertDetail(await app.send('GET', `${hook.path}/deliveries`), 404, /no webhook/)
})

test('a test is sent at once and says what became of it', async () => {
  const hook = await make()
  const sent = await app.send<WebhookDelivery>('POST', `${hook.path}/test`)
  assert.deepEqual([sent.status, sent.body.status, sent.body.http_status], [200, 'delivered', 200])
  assert.equal(receiver.calls[0]?.event, 'webhook.test')
  assert.ok(receiver.calls[0] && isSigned(receiver.calls[0], hook.secret))
  receiver.answer = (_call, response) => void response.writeHead(404).end('nothing here')
  const refused = await app.send<WebhookDelivery>('POST', `${hook.path}/test`)
  assert.deepEqual([refused.body.status, refused.body.response], ['skipped', 'nothing here'])
  assert.equal((await hook.log()).length, 2)
})

test('the log keeps the newest deliveries alone', async () => {
  const hook = await make({ events: ['run.started'] })
  for (let n = 0; n < 205; n++) await beginSeededRun(app.db, experiment.experiment_no)
  await hook.deliver()
  const row = await queryRow<{ n: number }>(app.db, sql`select count(*)::int as n from webhook_deliveries`)
  assert.equal(row.n, 200)
  assert.equal(receiver.calls.length, 205)
})

test('without the word of the operator private addresses are refused, and bad fields are named', async () => {
  const strict = await openTestApp()
  try {
    const url = `http://127.0.0.1:${receiver.port}`
    assertRefused(await strict.send('POST', '/api/webhooks', { url }), ['body', 'url'])
    assertRefused(await strict.send('POST', '/api/webhooks', { url: 'https://8.8.8.8', events: ['x'] }), [
      'body',
      'events',
      0,
    ])
    assertRefused(await strict.send('POST', '/api/webhooks', { url: 'https://8.8.8.8', secret: 'x' }), [
      'body',
      'secret',
    ])
    const experiment_id = '00000000-0000-4000-8000-000000000000'
    const unknown = await strict.send('POST', '/api/webhooks', { url: 'https://8.8.8.8', experiment_id })
    assertDetail(unknown, 404, /no experiment/)
    const made = await strict.send<Webhook>('POST', '/api/webhooks', { url: 'https://8.8.8.8' })
    assert.equal(made.status, 201)
    assertRefused(await strict.send('PATCH', `/api/webhooks/${made.body.id}`, { url }), ['body', 'url'])
  } finally {
    await strict.close()
  }
})

test('a worker finds by itself that there is something to tell', async () => {
  const working = await openTestApp({ worker: true, env: { WHETSTONE_WEBHOOKS_ALLOW_PRIVATE: 'true' } })
  try {
    const { experiment_no } = await seedExperiment(working.db)
    await working.send('POST', '/api/webhooks', { url: `http://127.0.0.1:${receiver.port}`, events: ['run.completed'] })
    await seedRun(working.db, experiment_no)
    for (let round = 0; receiver.calls.length < 1 && round < 200; round++) await sleep(50)
    const since = performance.now()
    await seedRun(working.db, experiment_no)
    for (let round = 0; receiver.calls.length < 2 && round < 200; round++) await sleep(20)
    assert.equal(receiver.calls.length, 2)
    assert.ok(performance.now() - since < 3_000, 'while events come, they are told soon')
  } finally {
    await working.close()
  }
})
