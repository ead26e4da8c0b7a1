import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import sql from 'sql-template-tag'
import { query } from '#db/connect.ts'
import type { RunStatus } from '#judging/runs.ts'
import { openTestApp, type TestApp } from './app.ts'
import { type Fake, type FakeCall, type FakeReply, findDeadUrl, startFake } from './openai-fake.ts'
import { replyToPrompt } from './verdicts.ts'

const USAGE = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 }

let app: TestApp
let fake: Fake
/** How the fake answers in the present test. */
let reply: (call: FakeCall, index: number) => FakeReply
let asked = 0
let prefix = 0

before(async () => {
  fake = await startFake({ reply: call => reply(call, asked++) })
  const dead = await findDeadUrl()
  const prices = '{ m: { input: 1, output: 2 } }'
  app = await openTestApp({
    worker: true,
    yaml: `backends:
  - { name: fake, base_url: '${fake.url}', concurrency: 4, max_attempts: 2, deadline_seconds: 1, prices: ${prices} }
  - { name: patient, base_url: '${fake.url}', concurrency: 4, prices: ${prices} }
  - { name: fragile, base_url: '${fake.url}', concurrency: 4, max_attempts: 1, prices: ${prices} }
  - { name: dead, base_url: '${dead}' }`,
    backends: { fake: { retry: { base_ms: 5 } }, patient: { retry: { base_ms: 5 } } },
  })
})
after(async () => {
  await app.close()
  await fake.close()
})
beforeEach(() => {
  reply = call => good(call)
  asked = 0
  prefix++
})

test('a backend that refuses connections: nothing is sent, the run fails, every session says it is not available', async () => {
  await save(3)
  const run = await judge({ backend: 'dead' })
  assert.deepEqual(describe(run), { state: 'failed', because: 'backend', ok: 0, failed: 3, calls: 0, cost: 0 })
  for (const { state, error } of run.sessions) {
    assert.equal(state, 'failed')
    assert.match(error ?? '', /^backend not available: Nothing listens/)
  }
  assert.deepEqual(await countPasses(), 0)
})

const passing: [string, FakeReply][] = [
  ['reset after it was sent', { fault: 'reset' }],
  ['truncated in its body', { fault: 'truncate' }],
  ['cut in its JSON', { fault: 'cut_json' }],
  ['answered with an empty body', { body: '' }],
  ['answered with HTML', { body: '<!doctype html><p>Bad gateway</p>', headers: { 'content-type': 'text/html' } }],
  ['answered with 500', { status: 500, body: { error: { message: 'oops' } } }],
  ['answered with 429 without Retry-After', { status: 429, body: { error: { message: 'slow down' } } }],
  ['answered with 429 and Retry-After', { status: 429, headers: { 'retry-after': '1' }, body: {} }],
]
for (const [what, fault] of passing) {
  test(`a call that is ${what} is sent again; the pass is whole, the answer is paid once, the attempt is recorded`, async () => {
    await save(1)
    reply = (call, index) => (index === 0 ? fault : good(call))
    const started = Date.now()
    const run = await judge({ backend: 'patient' })
    assert.deepEqual(describe(run), { state: 'done', because: null, ok: 1, failed: 0, calls: 3, cost: price(3) })
    assert.equal(asked, 4)
    const attempts = await query<{ count: number }>(
      app.db,
      sql`select json_array_length(attempts) as count from ledger where paid_by = ${run.run_id}::uuid order by 1`,
    )
    assert.deepEqual(
      attempts.map(row => row.count),
      [1, 1, 2],
    )
    assert.equal(await countPasses(), 1)
    if (fault.headers?.['retry-after']) assert.ok(Date.now() - started >= 1_000)
  })

  test(`a call that is always ${what} fails its session alone: no score, the run is done, good answers are replayed later`, async () => {
    await save(2)
    const broken = (call: FakeCall) => call.text.includes('order 0.') && isOf(call, 'tech_lead')
    reply = call => (broken(call) ? fault : good(call))
    const run = await judge({ backend: fault.headers?.['retry-after'] ? 'fake' : 'fragile' })
    assert.deepEqual(describe(run), { state: 'done', because: null, ok: 1, failed: 1, calls: 5, cost: price(5) })
    const [session] = run.sessions.filter(one => one.state === 'failed')
    assert.match(session?.error ?? '', /^tech_lead: /)
    assert.equal(session?.avg, null)
    assert.equal(await countPasses(), 1)
    reply = call => good(call)
    asked = 0
    const again = await judge({ backend: fault.headers?.['retry-after'] ? 'fake' : 'fragile' })
    assert.deepEqual([again.counts.ok, again.calls, asked], [1, 1, 1])
  })
}

test('a call that hangs ends at its deadline and is not sent again: the session fails, nothing is paid', async () => {
  await save(1)
  reply = call => (isOf(call, 'pragmatist') ? { fault: 'hang' } : good(call))
  const run = await judge({ backend: 'fake' })
  assert.deepEqual(describe(run), { state: 'done', because: null, ok: 0, failed: 1, calls: 2, cost: price(2) })
  assert.match(run.sessions[0]?.error ?? '', /^pragmatist: No answer within 1 s/)
  assert.equal(asked, 3)
})

const unusable: [string, FakeReply, RegExp][] = [
  ['of another shape', { text: '{"scores": {"task_complexity": 5}}', usage: USAGE }, /goal_completion/],
  ['that is no JSON', { text: 'I would rather not.', usage: USAGE }, /JSON/],
  ['that was cut by its length', { text: '{"scores": {"task', finish_reason: 'length', usage: USAGE }, /cut off/],
  ['that is a refusal', { refusal: 'I cannot do that.', usage: USAGE }, /.+/],
]
for (const [what, bad, reason] of unusable) {
  test(`a reply ${what} is sent back once with the reason, as a call of its own on the bill`, async () => {
    await save(1)
    const corrections: FakeCall[] = []
    reply = call => {
      if (isCorrection(call)) corrections.push(call)
      return isOf(call, 'tech_lead') && !isCorrection(call) ? bad : good(call)
    }
    const run = await judge()
    assert.deepEqual(describe(run), { state: 'done', because: null, ok: 1, failed: 0, calls: 4, cost: price(4) })
    assert.equal(corrections.length, 1)
    assert.match(JSON.stringify(corrections[0]?.body.messages.at(-1)), reason)
    const [evaluation] = await query<{ calls: unknown[]; tokens_in: number }>(
      app.db,
      sql`
        select e.calls, e.tokens_in from evaluations e join passes p using (project_id, pass_no)
        where p.run_id = ${run.run_id}::uuid and expert_id = 'tech_lead'`,
    )
    assert.equal(evaluation?.calls.length, 2)
    assert.equal(evaluation?.tokens_in, 200)
  })

  test(`a reply ${what} twice fails the session without a score; both answers are kept and paid, and a new run asks anew`, async () => {
    await save(1)
    reply = call => (isOf(call, 'tech_lead') ? bad : good(call))
    const run = await judge()
    assert.deepEqual(describe(run), { state: 'done', because: null, ok: 0, failed: 1, calls: 4, cost: price(4) })
    assert.match(run.sessions[0]?.error ?? '', /^tech_lead: no usable reply, also when asked again/)
    assert.equal(await countPasses(), 0)
    assert.deepEqual(await countAnswers(run), { useless: 2, good: 2 })
    asked = 0
    reply = call => good(call)
    const again = await judge()
    assert.deepEqual([again.counts.ok, again.calls, asked], [1, 1, 1], 'the other two experts are replayed')
    assert.equal(await countPasses(), 1)
  })
}

test('an answer without usage: the scores count, its tokens and so the cost of pass and run are unknown, not 0', async () => {
  await save(1)
  reply = call => ({ ...good(call), usage: isOf(call, 'pragmatist') ? null : USAGE })
  const run = await judge()
  assert.deepEqual(describe(run), { state: 'done', because: null, ok: 1, failed: 0, calls: 3, cost: null })
  const [pass] = await query(app.db, sql`select cost_usd, tokens_in from passes where run_id = ${run.run_id}::uuid`)
  assert.deepEqual(pass, { cost_usd: null, tokens_in: null })
})

const fatal: [string, FakeReply][] = [
  ['401', { status: 401, body: { error: { message: 'Incorrect API key' } } }],
  ['403', { status: 403, body: { error: { message: 'forbidden' } } }],
  [
    'an unknown model',
    { status: 404, body: { error: { message: 'The model `m` does not exist', code: 'model_not_found' } } },
  ],
]
for (const [what, fault] of fatal) {
  test(`${what} fails the run after the calls that are in flight, not after one per session`, async () => {
    await save(40)
    reply = () => fault
    const run = await judge()
    assert.deepEqual(describe(run), { state: 'failed', because: 'configuration', ok: 0, failed: 40, calls: 0, cost: 0 })
    assert.ok(asked <= 4, `${asked} calls with 4 in flight`)
    for (const { error } of run.sessions) assert.match(error ?? '', /not judged: |_critic: |pragmatist: |tech_lead: /)
  })
}

test('a configuration error in a run of one session fails the run as well', async () => {
  await save(1)
  reply = () => ({ status: 401, body: {} })
  assert.equal((await judge()).state, 'failed')
})

test('a backend that goes away in the middle: what was judged is kept, the run ends by the breaker', {
  timeout: 60_000,
}, async () => {
  await save(60)
  reply = (call, index) => (index < 9 ? good(call) : { ...{ fault: 'reset' }, latency_ms: 500 })
  const run = await judge({ backend: 'fragile' })
  assert.deepEqual([run.state, run.ended_because], ['failed', 'breaker'])
  assert.ok(run.counts.ok >= 1 && run.counts.failed >= 40, JSON.stringify(run.counts))
  assert.equal(run.counts.ok, await countPasses())
  assert.ok(asked < 120, `${asked} calls for 180 questions`)
  assert.equal(run.calls, 9)
})

/** US dollars of so many calls. */
function price(calls: number): number {
  return (calls * 140) / 1e6
}

function good(call: FakeCall): FakeReply {
  return { text: replyToPrompt(call.text), usage: USAGE }
}

function isCorrection(call: FakeCall): boolean {
  return call.body.messages.some((message: { role: string }) => message.role === 'assistant')
}

/** The expert that a prompt names first is the one that is asked. */
function isOf(call: FakeCall, expert: 'strict_critic' | 'pragmatist' | 'tech_lead'): boolean {
  return JSON.parse(replyToPrompt(call.text)).expert_id === expert
}

function describe(run: RunStatus) {
  const { ok, failed } = run.counts
  const cost = run.cost_usd === null ? null : Math.round(run.cost_usd * 1e9) / 1e9
  return { state: run.state, because: run.ended_because, ok, failed, calls: run.calls, cost }
}

/** Saves sessions of the present test; those of earlier ones are removed. */
async function save(count: number): Promise<void> {
  await query(app.db, sql`delete from sessions`)
  for (let index = 0; index < count; index++) {
    const messages = [
      { role: 'user', content: `Test ${prefix}: where is order ${index}.` },
      { role: 'assistant', content: 'On its way.' },
    ]
    await app.send('POST', '/api/sessions', { session_id: `t${prefix}-${index}`, profile_id: 'support', messages })
  }
}

async function judge(input: object = {}): Promise<RunStatus> {
  const { body } = await app.send<RunStatus>('POST', '/api/eval/run', { backend: 'patient', model: 'm', ...input })
  for (;;) {
    const run = await app.send<RunStatus>('GET', `/api/eval/run/${body.run_id}`)
    if (run.body.state !== 'running') return run.body
    await sleep(20)
  }
}

async function countPasses(): Promise<number> {
  return (await query(app.db, sql`select from passes`)).length
}

async function countAnswers(run: RunStatus): Promise<{ useless: number; good: number }> {
  const rows = await query<{ useless: boolean }>(
    app.db,
    sql`select useless from ledger where paid_by = ${run.run_id}::uuid`,
  )
  const useless = rows.filter(row => row.useless).length
  return { useless, good: rows.length - useless }
}

test('what all experts fail with alike is said once, with their names', async () => {
  await save(1)
  reply = () => ({ text: 'no verdict', usage: USAGE })
  const run = await judge()
  assert.match(run.sessions[0]?.error ?? '', /^strict_critic, pragmatist, tech_lead: no usable reply[^·]*$/)
})
