import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import sql, { raw } from 'sql-template-tag'
import { query } from '#db/connect.ts'
import type { RunStatus } from '#judging/runs.ts'
import { readShipped } from '#judging/shipped.ts'
import type { SessionTrial, TrialEstimate } from '#judging/trial.ts'
import type { ModelRequest } from '#models/model.ts'
import { createScriptedModel } from '#models/scripted.ts'
import { openTestApp, type TestApp } from './app.ts'
import { replyAsExpert } from './verdicts.ts'

const model = createScriptedModel({
  rules: [
    { when: { model: 'gone' }, fail: { kind: 'configuration', status: 404, message: 'There is no such model.' } },
    { when: { model: 'slow' }, delay_ms: 60_000 },
  ],
  default: { reply },
})
let app: TestApp
let rubric = ''
let panel = ''

before(async () => {
  app = await openTestApp({
    worker: true,
    yaml: 'backends: [{ name: scripted, kind: scripted, script: {}, free: false, prices: { m: { input: 1, output: 2 } } }]',
    backends: { scripted: { model } },
  })
  const { rubric: standard, model: trio } = readShipped()
  // The name alone is not in what an expert reads.
  const efficiency = { ...standard.axes.efficiency, description: 'Nothing superfluous.' }
  rubric = await add('rubrics', { ...standard, name: 'stricter', axes: { ...standard.axes, efficiency } })
  panel = await add('panels', { ...trio, name: 'solo', experts: trio.experts.slice(0, 1) })
})
after(() => app.close())

test('a trial says what a version makes of a session beside its pass, and stores nothing but answers on no bill', async () => {
  await save('judged', 'Where is my order?')
  const run = await judge({ scope: 'session', session_id: 'judged' })
  const stored = await readStored()
  const asked = model.calls.length
  const { status, body } = await attempt({ session_id: 'judged', rubric })
  assert.equal(status, 200)
  assert.equal(model.calls.length - asked, 3)
  assert.deepEqual([body.rubric_version, body.judge_model, body.calls], [rubric, 'm', 3])
  assert.deepEqual(
    body.experts.map(one => [one.expert_id, one.scores?.goal_completion, one.error]),
    [
      ['strict_critic', 40, null],
      ['pragmatist', 70, null],
      ['tech_lead', 61, null],
    ],
  )
  assert.deepEqual([body.avg?.goal_completion, body.avg?.self_extension], [57, null])
  for (const { tokens_in, tokens_out, cost_usd, comment } of body.experts) {
    const cost = ((tokens_in ?? 0) + 2 * (tokens_out ?? 0)) / 1e6
    assert.ok(cost > 0 && Math.abs((cost_usd ?? 0) - cost) < 1e-9)
    assert.equal(comment, 'It did what was asked. It took the direct way.')
  }
  assert.deepEqual(await readStored(), stored)
  assert.deepEqual(await look(run.run_id), run)
  const answers = await query<{ paid_by: string | null }>(app.db, sql`select paid_by from ledger where paid_by is null`)
  assert.equal(answers.length, 3)
})

test('the same trial again makes no call, and a run under its versions pays for none of its answers', async () => {
  await save('twice', 'Cancel my order.')
  const [first, asked] = [await attempt({ session_id: 'twice', rubric }), model.calls.length]
  const again = await attempt({ session_id: 'twice', rubric })
  assert.deepEqual([first.body.calls, again.body.calls], [3, 0])
  assert.deepEqual({ ...again.body, calls: 3 }, first.body)
  const former = (await app.send<{ rubric_version: string }>('GET', '/api/eval/pins')).body.rubric_version
  await app.send('PUT', '/api/eval/pins', { rubric })
  const run = await judge({ scope: 'session', session_id: 'twice' })
  await app.send('PUT', '/api/eval/pins', { rubric: former })
  assert.deepEqual([run.counts.ok, run.calls, run.cost_usd], [1, 0, 0])
  assert.equal(model.calls.length, asked)
})

test('an expert that fails is told in its place, without a mean, and is asked again the next time', async () => {
  await save('broken', 'BREAK the third expert.')
  const asked = model.calls.length
  const { status, body } = await attempt({ session_id: 'broken' })
  assert.deepEqual([status, body.avg, model.calls.length - asked], [200, null, 4])
  const [one, two, three] = body.experts
  assert.deepEqual([one?.scores?.efficiency, two?.scores?.efficiency, three?.scores], [40, 70, null])
  assert.match(three?.error ?? '', /no usable reply/)
  assert.ok((three?.tokens_in ?? 0) > 0, 'what it took is told')
  assert.equal((await attempt({ session_id: 'broken' })).body.calls, 2)
  const gone = await attempt({ session_id: 'broken', model: 'gone' })
  assert.deepEqual([gone.status, gone.body.calls], [200, 0])
  for (const { error } of gone.body.experts) assert.equal(error, 'There is no such model.')
})

test('a panel is tried with its own experts, and the baseline without a call', async () => {
  await save('alone', 'Where is my bag?')
  const solo = await attempt({ session_id: 'alone', panel: 'solo' })
  assert.deepEqual([solo.body.judge_version, solo.body.calls, solo.body.avg?.goal_completion], [panel, 1, 40])
  const asked = model.calls.length
  const { body } = await attempt({ session_id: 'alone', backend: 'baseline' })
  assert.deepEqual([body.judge_model, body.calls, body.experts.length, model.calls.length], ['baseline', 0, 1, asked])
  assert.match(body.judge_version, /^baseline@/)
  assert.equal(body.avg?.goal_completion, body.experts[0]?.scores?.goal_completion)
})

test('what a trial would take is told beforehand, and asks nothing', async () => {
  await save('weighed', 'How much is it?')
  const asked = model.calls.length
  const preview = async (input: object) =>
    (await app.send<TrialEstimate>('POST', '/api/eval/try/preview', { session_id: 'weighed', ...SCRIPTED, ...input }))
      .body
  const trio = await preview({ rubric })
  assert.deepEqual([trio.rubric_version, trio.sessions, trio.calls], [rubric, 1, 3])
  assert.ok(trio.cost_usd !== null && trio.cost_usd > 0)
  const solo = await preview({ panel, rubric })
  assert.deepEqual([solo.judge_version, solo.calls, solo.tokens_in * 3], [panel, 1, trio.tokens_in])
  assert.equal((await preview({ model: 'other' })).cost_usd, null)
  const free = await preview({ backend: 'baseline' })
  assert.deepEqual([free.calls, free.tokens_in, free.cost_usd], [0, 0, 0])
  assert.equal(model.calls.length, asked)
})

test('what is not there is refused, and so is a backend that does not suit the panel', async () => {
  await save('there', 'Hello.')
  const asked = model.calls.length
  const refused: [number, object, RegExp][] = [
    [404, { session_id: 'nowhere' }, /There is no session/],
    [404, { rubric: 'none@00000000' }, /There is no rubric/],
    [404, { panel: 'none@00000000' }, /There is no panel/],
    [422, { backend: 'none' }, /There is no backend/],
    [422, { panel: 'baseline' }, /without a model/],
    [422, { panel: 'solo', backend: 'baseline' }, /asks models/],
    [422, { experts: 3 }, /experts/],
  ]
  for (const path of ['/api/eval/try', '/api/eval/try/preview']) {
    for (const [status, input, reason] of refused) {
      const answer = await app.send('POST', path, { session_id: 'there', ...SCRIPTED, ...input })
      assert.equal(answer.status, status, `${path} ${JSON.stringify(input)}`)
      assert.match(JSON.stringify(answer.body), reason)
    }
  }
  assert.equal(model.calls.length, asked)
})

test('a request that is cut off gives up its calls', { timeout: 20_000 }, async () => {
  await save('left', 'Hello?')
  const [asked, leaving] = [model.calls.length, new AbortController()]
  const answer = app.fetch('/api/eval/try', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ session_id: 'left', ...SCRIPTED, model: 'slow' }),
    signal: leaving.signal,
  })
  while (model.calls.length < asked + 3) await sleep(10)
  leaving.abort()
  assert.equal((await answer).status, 400)
  assert.deepEqual(await query(app.db, sql`select from ledger where model = 'slow'`), [])
})

const SCRIPTED = { backend: 'scripted', model: 'm' }

function reply(request: ModelRequest): string {
  const said = replyAsExpert(request)
  const isBroken = request.messages.some(message => message.content.includes('BREAK the third'))
  return isBroken && said.includes('tech_lead') ? 'no verdict' : said
}

/** Everything that a judgement would leave its traces in. */
async function readStored(): Promise<unknown> {
  const tables = [
    'passes',
    'evaluations',
    'eval_units',
    'eval_runs',
    'trend_entries',
    'version_pairs',
    'pins',
    'sessions',
  ]
  const rows = []
  for (const table of tables) rows.push(await query(app.db, sql`select t::text from ${raw(table)} t order by 1`))
  const pages = ['sessions', 'stats?days=30', 'trends', 'separation', 'runs']
  for (const page of pages) rows.push((await app.send('GET', `/api/eval/${page}`)).body)
  return rows
}

async function add(kind: 'rubrics' | 'panels', body: object): Promise<string> {
  const path = `/api/eval/${kind}`
  return (await app.send<{ version: string }>('POST', path, { yaml: JSON.stringify(body) })).body.version
}

async function save(session_id: string, content: string): Promise<void> {
  const messages = [
    { role: 'user', content },
    { role: 'assistant', content: 'It is on its way.' },
  ]
  await app.send('POST', '/api/sessions', { session_id, profile_id: 'support', messages })
}

function attempt(input: object) {
  return app.send<SessionTrial>('POST', '/api/eval/try', { ...SCRIPTED, ...input })
}

async function look(runId: string): Promise<RunStatus> {
  return (await app.send<RunStatus>('GET', `/api/eval/run/${runId}`)).body
}

async function judge(input: object): Promise<RunStatus> {
  const { body } = await app.send<RunStatus>('POST', '/api/eval/run', { ...SCRIPTED, ...input })
  for (;;) {
    const run = await look(body.run_id)
    if (run.state !== 'running') return run
    await sleep(20)
  }
}
