import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import sql from 'sql-template-tag'
import { queryRow } from '#db/connect.ts'
import { findWatermark } from '#experiments/events.ts'
import { type Listening, serve } from '#http/serve.ts'
import { createApi } from '../src/api.ts'
import { openTestApp, type TestApp } from './app.ts'
import { assertDetail, assertRefused } from './contract.ts'
import { type SeededExperiment, seedExperiment, seedRun } from './run-rows.ts'

let app: TestApp
let server: Listening
let experiment: SeededExperiment

before(async () => {
  app = await openTestApp()
  const api = createApi(app.app)
  server = await serve(request => api.fetch(request), '127.0.0.1', 0)
  experiment = await seedExperiment(app.db)
})
after(async () => {
  await server.close()
  await app.close()
})

interface Listener {
  /** The next event. */
  next: () => Promise<{ id: string; event: string; run_id: string }>
  leave: () => void
  /** Resolves when the stream is over, for whatever reason. */
  over: Promise<void>
}

/**
 * Waits until no transaction, of whatever database on this server, is older than all that was written: until then what is written
 * has not happened for any stream.
 */
async function settle(): Promise<void> {
  const { id } = await queryRow<{ id: string }>(app.db, sql`select pg_current_xact_id()::text as id`)
  while (BigInt(await findWatermark(app.db)) <= BigInt(id)) await sleep(10)
}

/** Listens; resolves once the stream has begun, so that what happens from then on is heard. */
async function listen(path: string, headers: Record<string, string> = {}, url = server.url): Promise<Listener> {
  await settle()
  const controller = new AbortController()
  const response = await fetch(url + path, { headers, signal: controller.signal })
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
  const begun = Promise.withResolvers<void>()
  const bytes = response.body?.pipeThrough(new TextDecoderStream()) ?? assert.fail()
  const watched = bytes.pipeThrough(
    new TransformStream<string, string>({
      transform: (chunk, output) => {
        output.enqueue(chunk)
        begun.resolve()
      },
    }),
  )
  const messages = watched.pipeThrough(new EventSourceParserStream()).getReader()
  const queue: ReturnType<typeof messages.read>[] = []
  const over = Promise.withResolvers<void>()
  const pull = () => {
    const message = messages.read()
    queue.push(message)
    message.then(
      ({ done }) => (done ? over.resolve() : pull()),
      () => over.resolve(),
    )
  }
  pull()
  await begun.promise
  return {
    leave: () => controller.abort(),
    over: over.promise,
    next: async () => {
      const { value } = (await queue.shift()) ?? assert.fail()
      assert.ok(value !== undefined)
      const { event, run_id } = JSON.parse(value.data)
      assert.equal(value.event, event)
      return { id: value.id ?? '', event, run_id }
    },
  }
}

test('events come as they happen, and a listener who comes back gets what it missed', async () => {
  const path = `/api/experiments/${experiment.experiment_id}/events`
  await seedRun(app.db, experiment.experiment_no)
  const listener = await listen(path)
  const run = await seedRun(app.db, experiment.experiment_no, { new_best: true })
  const started = await listener.next()
  assert.deepEqual([started.event, started.run_id], ['run.started', run.run_id])
  listener.leave()
  const later = await seedRun(app.db, experiment.experiment_no, { failed: true })
  const names = ['run.completed', 'new_best_found', 'run.started', 'run.failed']
  for (const again of [
    await listen(path, { 'last-event-id': started.id }),
    await listen(`${path}?after=${started.id}`),
    await listen(`${path}?after=start`, { 'last-event-id': started.id }),
    await listen(`/api/v1/runs/events?after=${started.id}`),
  ]) {
    for (const name of names) {
      const event = await again.next()
      assert.deepEqual([event.event, event.run_id], [name, names.indexOf(name) < 2 ? run.run_id : later.run_id])
    }
    again.leave()
  }
  const whole = await listen(`${path}?after=start`)
  for (const name of ['run.started', 'run.completed', 'run.started']) assert.equal((await whole.next()).event, name)
  whole.leave()
})

test("a project's stream tells of all its experiments, an experiment's of its own runs alone", async () => {
  const other = await seedExperiment(app.db, 'other')
  const whole = await listen('/api/runs/events')
  const own = await listen(`/api/experiments/${experiment.experiment_id}/events`)
  await seedRun(app.db, other.experiment_no)
  const run = await seedRun(app.db, experiment.experiment_no)
  const heard = [await whole.next(), await whole.next(), await whole.next(), await whole.next()]
  assert.equal(heard.filter(event => event.run_id === run.run_id).length, 2)
  assert.equal((await own.next()).run_id, run.run_id)
  whole.leave()
  own.leave()
})

test('many listeners cost two statements in each half second, and none once all have left', async t => {
  const path = `/api/experiments/${experiment.experiment_id}/events`
  const listeners = await Promise.all(Array.from({ length: 50 }, () => listen(path)))
  // All of them have to have come to the same look.
  await sleep(1_200)
  const asked = t.mock.method(app.db.pool, 'query')
  const since = performance.now()
  const runs = []
  for (let n = 0; n < 6; n++) {
    runs.push(await seedRun(app.db, experiment.experiment_no))
    await sleep(250)
  }
  for (const run of runs)
    for (const name of ['run.started', 'run.completed'])
      for (const listener of listeners) {
        const heard = await listener.next()
        assert.deepEqual([heard.event, heard.run_id], [name, run.run_id])
      }
  const seeded = 2 * runs.length
  const looks = Math.ceil((performance.now() - since) / 500) + 1
  const statements = asked.mock.callCount() - seeded
  assert.ok(statements <= 2 * looks, `${statements} statements in ${looks} looks`)
  for (const listener of listeners) listener.leave()
  await sleep(1_200)
  const before = asked.mock.callCount()
  await sleep(1_200)
  assert.equal(asked.mock.callCount(), before)
})

test('a server that stops ends its streams at once', async () => {
  const api = createApi(app.app)
  const own = await serve(request => api.fetch(request), '127.0.0.1', 0)
  const listener = await listen('/api/runs/events', {}, own.url)
  const since = performance.now()
  await own.close()
  await listener.over
  // A second is what connections get that do not end by themselves.
  assert.ok(performance.now() - since < 950, `${performance.now() - since} ms`)
})

test('a place that no stream gave out, and an experiment that is not there, are refused', async () => {
  const path = `/api/experiments/${experiment.experiment_id}/events`
  assertRefused(await app.send('GET', `${path}?after=x`), ['query', 'after'])
  assertRefused(await app.send('GET', '/api/runs/events?after=1-2'), ['query', 'after'])
  const answer = await app.fetch(path, { headers: { 'last-event-id': '7' } })
  assertRefused({ status: answer.status, body: await answer.json() }, ['header', 'last-event-id'])
  const unknown = await app.send('GET', '/api/experiments/00000000-0000-4000-8000-000000000000/events')
  assertDetail(unknown, 404, /There is no experiment/)
})
