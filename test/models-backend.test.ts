import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { after, test } from 'node:test'
import { type Backend, type BackendParts, openBackend } from '#models/backend.ts'
import { type BackendEntry, readBackends } from '#models/backends.ts'
import { CallFailure } from '#models/call-failure.ts'
import { ModelFailure, type ModelRequest } from '#models/model.ts'
import { createScriptedModel } from '#models/scripted.ts'
import { createManualClock } from './manual-clock.ts'
import { type Fake, type FakeOptions, type FakeReply, findDeadUrl, startFake } from './openai-fake.ts'

const opened: { close(): Promise<void> }[] = []
after(() => Promise.all(opened.map(each => each.close())))

/** Retries without noticeable waits. */
const quick = { retry: { base_ms: 2, longest_ms: 10 } }

const connect = (entry: Partial<BackendEntry>, parts: BackendParts = quick, env = {}): Backend => {
  const config = readBackends([{ name: 'lab', base_url: 'http://127.0.0.1:1', ...entry }], env).at(-1)
  assert.ok(config)
  const backend = openBackend(config, env, parts)
  opened.push(backend)
  return backend
}

const open = async (fakeOptions: FakeOptions, entry: Partial<BackendEntry> = {}, parts: BackendParts = quick) => {
  const fake: Fake = await startFake(fakeOptions)
  opened.push(fake)
  return { fake, backend: connect({ base_url: fake.url, ...entry }, parts) }
}

const request: ModelRequest = {
  model: 'm1',
  messages: [{ role: 'user', content: 'Hello' }],
  parameters: {},
  schema: null,
}

const failCall = async (call: Promise<unknown>): Promise<CallFailure> => {
  const failure = await call.then(
    () => assert.fail('it answered'),
    (error: unknown) => error,
  )
  assert.ok(failure instanceof CallFailure, String(failure))
  return failure
}

const retriedFaults: [string, FakeReply, string][] = [
  ['reset after send', { fault: 'reset' }, 'interrupted'],
  ['truncated body', { fault: 'truncate' }, 'interrupted'],
  ['empty body', { body: '' }, 'interrupted'],
  ['HTML', { body: '<html></html>' }, 'interrupted'],
  ['500', { status: 500, body: '' }, 'failed'],
  ['503', { status: 503, body: '' }, 'overloaded'],
  ['429', { status: 429, body: '' }, 'overloaded'],
  ['429 with Retry-After', { status: 429, body: '', headers: { 'retry-after-ms': '20' } }, 'overloaded'],
]

for (const [name, fault, kind] of retriedFaults) {
  test(`${name}, twice, then an answer: the call is answered, with three attempts on record`, async () => {
    const { backend, fake } = await open({ script: [fault, fault, { text: 'done' }] })
    const { answer, attempts } = await backend.ask(request)
    assert.equal(answer.text, 'done')
    assert.deepEqual(
      attempts.map(attempt => attempt.kind),
      [kind, kind, 'answered'],
    )
    assert.equal(fake.count(), 3)
    assert.ok(
      attempts.every(({ started_at, duration_ms }) => !Number.isNaN(Date.parse(started_at)) && duration_ms >= 0),
    )
  })
}

test('an error that stays is given up after max_attempts, and the message tells how many', async () => {
  const { backend, fake } = await open({ reply: { status: 500, body: '' } }, { max_attempts: 3 })
  const failure = await failCall(backend.ask(request))
  assert.equal(fake.count(), 3)
  assert.equal(failure.attempts.length, 3)
  assert.deepEqual([failure.kind, failure.status, failure.fatal, failure.stopped], ['failed', 500, false, false])
  assert.match(failure.message, /answered 500\. \(3 attempts in /)
})

test('errors of configuration are not repeated, and say that a run ends with them', async () => {
  for (const status of [401, 403, 404]) {
    const { backend, fake } = await open({ reply: { status, body: '' } })
    const failure = await failCall(backend.ask(request))
    assert.deepEqual([failure.fatal, failure.attempts.length, fake.count()], [true, 1, 1])
  }
  const { backend } = await open({ reply: { status: 400, body: 'context length exceeded' } })
  assert.equal((await failCall(backend.ask(request))).fatal, false)
})

test('missing usage, a cut and a refused answer are answers: they are not asked again', async () => {
  const { backend, fake } = await open({ script: [{ usage: null }, { finish_reason: 'length' }, { refusal: 'no' }] })
  assert.equal((await backend.ask(request)).answer.tokens_in, null)
  assert.equal((await backend.ask(request)).answer.finish_reason, 'length')
  assert.equal((await backend.ask(request)).answer.finish_reason, 'content_filter')
  assert.equal(fake.count(), 3)
})

test('nobody listening: each attempt is "unreachable", and the call says so in the end', async () => {
  const backend = connect({ base_url: await findDeadUrl() })
  const failure = await failCall(backend.ask(request))
  assert.deepEqual([failure.kind, failure.attempts.length, failure.fatal], ['unreachable', 5, false])
})

test('the deadline ends a call that hangs, and counts the attempts before', async () => {
  const { backend, fake } = await open({ script: [{ fault: 'reset' }], reply: { fault: 'hang' } })
  const start = performance.now()
  const failure = await failCall(backend.ask(request, { deadlineMs: 150 }))
  assert.ok(performance.now() - start < 1_000)
  assert.deepEqual([failure.kind, fake.count()], ['deadline', 2])
  assert.deepEqual(
    failure.attempts.map(attempt => attempt.kind),
    ['interrupted', 'deadline'],
  )
  assert.match(failure.message, /within 0\.15 s/)
})

test('a Retry-After beyond the deadline ends the call at once and says so', async () => {
  const { backend } = await open({ reply: { status: 429, body: '', headers: { 'retry-after': '3600' } } })
  const failure = await failCall(backend.ask(request, { deadlineMs: 5_000 }))
  assert.equal(failure.attempts.length, 1)
  assert.match(failure.message, /asks to wait 3600 s, longer than the call may take/)
})

test('a call can be given up while it is sent, while it waits for a retry and while it waits for a slot', async () => {
  const { backend, fake } = await open({ reply: { fault: 'hang' } }, { concurrency: 1 })
  const controller = new AbortController()
  const sent = failCall(backend.ask(request, { signal: controller.signal }))
  const queued = failCall(backend.ask(request, { signal: controller.signal }))
  while (fake.count() === 0) await new Promise(resolve => setTimeout(resolve, 2))
  controller.abort()
  assert.deepEqual([(await sent).kind, (await sent).attempts.length], ['cancelled', 1])
  assert.deepEqual([(await queued).kind, (await queued).attempts.length], ['cancelled', 0])
  assert.equal(fake.count(), 1)

  const slow = await open({ reply: { status: 500, body: '' } }, {}, { retry: { base_ms: 60_000 }, random: () => 1 })
  const other = new AbortController()
  const waiting = failCall(slow.backend.ask(request, { signal: other.signal }))
  while (slow.fake.count() === 0) await new Promise(resolve => setTimeout(resolve, 2))
  setTimeout(() => other.abort(), 20)
  assert.equal((await waiting).kind, 'cancelled')
  assert.deepEqual([slow.backend.state().limiter.in_flight, backend.state().limiter.in_flight], [0, 0])
})

test('waiting for a free slot does not use up the deadline', async () => {
  const { backend } = await open({ latency: 60 }, { concurrency: 1 })
  const answers = await Promise.all(Array.from({ length: 5 }, () => backend.ask(request, { deadlineMs: 200 })))
  assert.equal(answers.length, 5)
})

test('retries wait a random time of up to 1, 2, 4, 8 s, and at least what Retry-After says', async () => {
  const clock = createManualClock()
  const model = createScriptedModel({
    steps: [
      { fail: { kind: 'failed' } },
      { fail: { kind: 'failed' } },
      { fail: { kind: 'interrupted' } },
      { fail: { kind: 'overloaded', retry_after_ms: 20_000 } },
    ],
  })
  const backend = connect({}, { model, clock, random: () => 0.5 })
  const call = backend.ask(request)
  const sentAt: number[] = []
  const start = clock.now()
  for (let ms = 0; ms < 30_000; ms += 100) {
    await clock.advance(100)
    while (sentAt.length < model.calls.length) sentAt.push(clock.now() - start - 100)
  }
  assert.equal((await call).attempts.length, 5)
  assert.deepEqual(sentAt, [0, 400, 1400, 3400, 23_400])
  assert.equal((await call).duration_ms, 23_500)
})

test('no more calls are in flight than the backend takes, and all come through an overloaded server', async () => {
  let inFlight = 0
  let most = 0
  let room = 5
  const model = {
    backend: 'lab',
    origin: 'http://lab',
    ask: async () => {
      if (inFlight >= room) throw new ModelFailure('overloaded', 'Too many at once.', { status: 429 })
      most = Math.max(most, ++inFlight)
      await new Promise(resolve => setTimeout(resolve, 3))
      inFlight--
      return {
        text: 'ok',
        finish_reason: 'stop' as const,
        response_model: null,
        tokens_in: 1,
        tokens_out: 1,
        tokens_in_cached: 0,
      }
    },
  }
  const backend = connect({ concurrency: 32 }, { model, retry: { base_ms: 20, longest_ms: 200 } })
  const answers = await Promise.all(Array.from({ length: 400 }, () => backend.ask(request)))
  assert.equal(answers.length, 400)
  assert.ok(most <= 5)
  assert.ok(backend.state().limiter.limit < 32)
  room = 1000
  await Promise.all(Array.from({ length: 600 }, () => backend.ask(request)))
  assert.equal(backend.state().limiter.limit, 32, 'once the server has room again the limit is back at its cap')
  const { fake, backend: other } = await open({ latency: 5 }, { concurrency: 7 })
  await Promise.all(Array.from({ length: 100 }, () => other.ask(request)))
  assert.equal(fake.maxInFlight(), 7)
})

test('a backend that fails throughout is stopped; waiting calls fail at once; it is tried again after 30 s', async () => {
  const clock = createManualClock()
  let broken = true
  const model = createScriptedModel({ default: { reply: () => 'fine' } })
  const ask = model.ask
  model.ask = (asked, signal) => {
    if (!broken) return ask(asked, signal)
    model.calls.push(asked)
    return Promise.reject(new ModelFailure('failed', 'It answered 500.', { status: 500 }))
  }
  const backend = connect({ concurrency: 4 }, { model, clock, random: () => 1 })
  const failures: CallFailure[] = []
  const askInTurn = async () => {
    for (let i = 0; i < 50; i++) failures.push(await failCall(backend.ask(request)))
  }
  const all = Promise.all([askInTurn(), askInTurn(), askInTurn(), askInTurn()])
  await clock.advance(60_000)
  await all
  assert.equal(failures.length, 200)
  const stopped = failures.filter(failure => failure.stopped)
  assert.ok(stopped.length >= 180, `${stopped.length} of 200 were stopped`)
  // Ten calls to the end, and the attempts of those beside them.
  assert.ok(model.calls.length <= 60, `${model.calls.length} attempts`)
  assert.match(stopped[0]?.message ?? '', /"lab" is stopped for a while, as it failed throughout.*500/)

  broken = false
  await clock.advance(30_000)
  const sent = model.calls.length
  const answers = await Promise.all(Array.from({ length: 20 }, () => backend.ask(request)))
  assert.ok(answers.every(({ answer }) => answer.text === 'fine'))
  assert.equal(model.calls.length, sent + 20)
  assert.equal(backend.state().breaker.state, 'closed')
})

test('what is thrown besides failures comes out as it is, and its slot is given back', async () => {
  const model = { backend: 'lab', origin: 'x', ask: () => Promise.reject(new TypeError('a bug')) }
  const backend = connect({ concurrency: 1 }, { model })
  await assert.rejects(backend.ask(request), TypeError)
  await assert.rejects(backend.ask(request), TypeError)
  assert.equal(backend.state().limiter.in_flight, 0)
})

test('thousands of calls leave no listener on the run’s signal and no timer', async () => {
  const clock = createManualClock()
  const warnings: string[] = []
  const onWarning = (warning: Error) => warnings.push(warning.message)
  process.on('warning', onWarning)
  const { fake, backend } = await open({ keep: false, reply: {} }, { concurrency: 64 }, { clock })
  const { signal } = new AbortController()
  for (let i = 0; i < 4; i++) {
    await Promise.all(Array.from({ length: 500 }, () => backend.ask(request, { signal })))
  }
  await new Promise(resolve => setImmediate(resolve))
  process.off('warning', onWarning)
  assert.equal(fake.count(), 2000)
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  assert.equal(clock.pending(), 0)
  assert.deepEqual(warnings, [])
})

test('the check lists models without a chat completion', async () => {
  const { backend, fake } = await open({ models: ['a', 'b'] })
  const { ok, models, error, ms } = await backend.check()
  assert.deepEqual([ok, models, error], [true, ['a', 'b'], null])
  assert.ok(ms >= 0)
  assert.equal(fake.count(), 0)
})

test('a server without a list of models is there all the same', async () => {
  const { backend } = await open({ models: null })
  assert.deepEqual(await backend.check().then(({ ok, models }) => [ok, models]), [true, null])
})

test('the check tells why a backend is not there: refused, wrong key, no key, no answer', async () => {
  const dead = await connect({ base_url: await findDeadUrl() }).check()
  assert.equal(dead.ok, false)
  assert.match(dead.error ?? '', /Nothing listens for the backend "lab"/)

  const { fake } = await open({ key: 'right' })
  const entry = { base_url: fake.url, key_env: 'LAB_KEY' }
  const wrong = await connect(entry, quick, { LAB_KEY: 'wrong-key-123' }).check()
  assert.match(wrong.error ?? '', /key in LAB_KEY is missing or wrong/)
  assert.equal((await connect(entry, quick, { LAB_KEY: 'right' }).check()).ok, true)

  const [, openai] = readBackends([], {})
  assert.ok(openai)
  assert.match((await openBackend(openai, {}).check()).error ?? '', /has no key: set OPENAI_API_KEY/)

  const silent = await connect({ base_url: 'http://127.0.0.1:9/v1' }).check(AbortSignal.timeout(0))
  assert.equal(silent.ok, false)
})
