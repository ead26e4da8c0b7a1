import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { query } from '#db/connect.ts'
import type { OverviewRow } from '#judging/overview.ts'
import type { RunStatus } from '#judging/runs.ts'
import type { Stats } from '#judging/stats.ts'
import { createScriptedModel } from '#models/scripted.ts'
import { openTestApp, type TestApp } from './app.ts'
import { assertFields, EXPERTS, replyAsAsked, waitForRun } from './contract.ts'

interface Evaluation {
  [field: string]: unknown
  expert_id: string
  eval_run_id: string
  eval_date: string
  comment: string
  judge_model: string
  scores: { [axis: string]: number | null }
}

const model = createScriptedModel({ default: { reply: replyAsAsked } })
let app: TestApp
before(async () => {
  app = await openTestApp({
    worker: true,
    env: { OLLAMA_BASE_URL: 'http://127.0.0.1:9/v1' },
    yaml: 'backends: [{ name: scripted, kind: scripted, script: {} }]',
    backends: { scripted: { model } },
  })
})
after(() => app.close())

async function save(session_id: string, content: string, fields: object = {}): Promise<void> {
  const messages = [{ role: 'user', content }]
  await app.send('POST', '/api/sessions', { session_id, profile_id: 'support', messages, ...fields })
}

async function run(request: object): Promise<RunStatus> {
  const { status, body } = await app.send<RunStatus>('POST', '/api/eval/run', {
    backend: 'scripted',
    model: 'm1',
    ...request,
  })
  assert.equal(status, 200, JSON.stringify(body))
  return waitForRun(app, body.run_id)
}

async function readRow(session: string): Promise<OverviewRow> {
  const { body } = await app.send<OverviewRow[]>('GET', '/api/eval/sessions?limit=500')
  const row = body.find(one => one.session_id === session)
  assert.ok(row)
  return row
}

async function readEvaluations(session: string): Promise<Evaluation[]> {
  return (await app.send<{ evaluations: Evaluation[] }>('GET', `/api/eval/sessions/${session}`)).body.evaluations
}

const RUN_FIELDS = {
  run_id: 'uuid',
  state: 'text',
  started_at: 'time',
  finished_at: 'time?',
  judge_model: 'text',
  judge_version: 'text',
  rubric_version: 'text',
  sessions: 'list',
} as const

test('a run answers at once as running, with every field, and is found by its id in any case', async () => {
  await save('one', 'strict_critic=40 pragmatist=70 tech_lead=61 no agents')
  const { status, body } = await app.send<RunStatus>('POST', '/api/eval/run', {
    scope: 'session',
    session_id: 'one',
    since: '2099-01-01',
    limit: 1,
    backend: 'scripted',
    model: 'm1',
  })
  assert.equal(status, 200)
  assert.deepEqual([body.state, body.finished_at, body.judge_model], ['running', null, 'm1'])
  assertFields(body, RUN_FIELDS)
  const done = await waitForRun(app, body.run_id)
  assertFields(done, { ...RUN_FIELDS, finished_at: 'time' })
  assert.equal(done.state, 'done')
  const [entry] = done.sessions
  assert.ok(entry && done.sessions.length === 1)
  assertFields(entry, { session_id: 'text', state: 'text', avg: 'axes', error: 'text?' })
  assert.deepEqual([entry.session_id, entry.state, entry.error], ['one', 'ok', null])
  assert.equal((await app.send('GET', `/eval/run/${body.run_id.toUpperCase()}`)).status, 200)
})

test('an evaluation has every field; the experts of a pass share its id and its date', async () => {
  const evaluations = await readEvaluations('one')
  assert.deepEqual(evaluations.map(one => one.expert_id).sort(), [...EXPERTS].sort())
  for (const one of evaluations) {
    assertFields(one, {
      id: 'uuid',
      session_id: 'text',
      eval_run_id: 'uuid',
      eval_date: 'time',
      judge_model: 'text',
      judge_version: 'text',
      rubric_version: 'text',
      expert_id: 'text',
      scores: 'axes',
      comment: 'text',
    })
    assert.equal(one.scores.subagent_orchestration, null)
  }
  assert.equal(new Set(evaluations.map(one => one.eval_run_id)).size, 1)
  assert.equal(new Set(evaluations.map(one => one.eval_date)).size, 1)
})

test('the latest average is the mean over experts, half to even, without nulls, null where all are null', async () => {
  // 40, 70 and 61 have the mean 57; self_extension has one score alone.
  const row = await readRow('one')
  assertFields(row, {
    latest_avg: 'axes',
    latest_eval_date: 'time',
    latest_judge_version: 'text',
    latest_rubric_version: 'text',
  })
  assert.deepEqual(row.latest_avg, {
    task_complexity: 57,
    goal_completion: 57,
    tool_usage_quality: 57,
    efficiency: 57,
    communication: 57,
    subagent_orchestration: null,
    self_extension: 31,
  })
  assert.equal(row.eval_status, 'evaluated')
})

test('unevaluated takes what has no pass, all judges again what has one, newest evaluations first', async () => {
  await save('two', 'strict_critic=10 pragmatist=10 tech_lead=11')
  const first = await run({})
  assert.deepEqual(
    first.sessions.map(one => one.session_id),
    ['two'],
  )
  assert.equal((await run({})).sessions.length, 0)
  const calls = model.calls.length
  const again = await run({ scope: 'all', model: 'm2' })
  assert.deepEqual(again.sessions.map(one => one.session_id).sort(), ['one', 'two'])
  assert.equal(model.calls.length - calls, 6)
  const evaluations = await readEvaluations('one')
  assert.deepEqual(
    evaluations.map(one => one.judge_model),
    ['m2', 'm2', 'm2', 'm1', 'm1', 'm1'],
  )
  const runs = (await app.send<RunStatus[]>('GET', '/api/eval/runs')).body
  assert.ok(Array.isArray(runs))
  assert.equal(runs[0]?.run_id, again.run_id)
  for (const one of runs) assertFields(one, RUN_FIELDS)
  assert.deepEqual(
    runs.map(one => one.started_at),
    runs
      .map(one => one.started_at)
      .sort()
      .reverse(),
  )
  assert.equal((await app.send<RunStatus[]>('GET', '/api/eval/runs?limit=1')).body.length, 1)
})

test('since compares the time of creation, and a limit takes the first of the overview', async () => {
  await save('early', 'x', { created_at: '2020-01-01T00:00:00Z', last_active: '2020-01-05', profile_id: 'dated' })
  await save('late', 'x', { created_at: '2020-01-03T02:00:00+02:00', last_active: '2020-01-04', profile_id: 'dated' })
  const ids = async (request: object) => (await run(request)).sessions.map(one => one.session_id)
  assert.deepEqual(await ids({ since: '2020-01-03T00:00:00.001Z' }), [])
  assert.deepEqual(await ids({ since: '2020-01-03' }), ['late'])
  await save('late', 'y')
  assert.deepEqual(await ids({ limit: 1 }), ['late', 'early'].slice(0, 1))
  assert.deepEqual(await ids({ since: '2020-01-01T01:00:00+01:00' }), ['early'])
})

test('a changed session is stale because of its content, and judging it again makes it evaluated', async () => {
  await save('two', 'strict_critic=10 pragmatist=10 tech_lead=11 and more')
  const row = await readRow('two')
  assert.deepEqual([row.eval_status, row.stale_because], ['stale', 'content'])
  assert.ok(row.latest_avg)
  const { body } = await app.send<OverviewRow[]>('GET', '/api/eval/sessions?status=stale')
  assert.deepEqual(
    body.map(one => one.session_id),
    ['two'],
  )
  await run({})
  assert.equal((await readRow('two')).eval_status, 'evaluated')
})

test('a session that cannot be found makes a failed run with one nameless entry that says why', async () => {
  const failed = await run({ scope: 'session', session_id: 'nobody' })
  assert.equal(failed.state, 'failed')
  assert.equal(failed.sessions.length, 1)
  assert.deepEqual([failed.sessions[0]?.session_id, failed.sessions[0]?.state], ['', 'failed'])
  assert.match(failed.sessions[0]?.error ?? '', /nobody/)
  assertFields(failed, { ...RUN_FIELDS, finished_at: 'time' })
})

for (const backend of ['ollama', 'there-is-none']) {
  test(`without its backend (${backend}) a run fails, and every session of it with the reason`, async () => {
    const failed = await run({ scope: 'all', backend })
    assert.equal(failed.state, 'failed')
    assert.equal(failed.sessions.length, 4)
    for (const one of failed.sessions) {
      assert.deepEqual([one.state, one.avg], ['failed', null])
      assert.match(one.error ?? '', /^backend not available: /)
    }
  })
}

test("one session's failure fails that session only, and the run is done", async () => {
  await save('bad', 'say nonsense')
  await save('good', 'fine')
  const done = await run({})
  assert.equal(done.state, 'done')
  const states = new Map(done.sessions.map(one => [one.session_id, one.state]))
  assert.deepEqual([states.get('bad'), states.get('good')], ['failed', 'ok'])
  assert.deepEqual(done.counts, { pending: 0, running: 0, ok: 1, failed: 1 })
  assert.equal((await readEvaluations('bad')).length, 0)
  const shown = async (sessions: string) =>
    (await app.send<RunStatus>('GET', `/api/eval/run/${done.run_id}?sessions=${sessions}`)).body.sessions
  assert.deepEqual(
    (await shown('failed')).map(one => one.session_id),
    ['bad'],
  )
  assert.deepEqual(await shown('none'), [])
})

test('stats: each session weighs the same, only its newest pass counts, buckets by unrounded complexity', async () => {
  // Bucket borders: 25 is in the lowest, 25 1/3 in the next.
  await save('border', 'strict_critic=25 pragmatist=25 tech_lead=25', { profile_id: 'stats' })
  await save('above', 'strict_critic=25 pragmatist=25 tech_lead=26', { profile_id: 'stats' })
  await save('high', 'strict_critic=100 pragmatist=100 tech_lead=100', { profile_id: 'stats' })
  await run({})
  await run({ scope: 'session', session_id: 'border' })
  const read = async (options: string) => (await app.send<Stats>('GET', `/api/eval/stats?profile=stats${options}`)).body
  const plain = await read('')
  assert.deepEqual(plain.buckets, ['overall'])
  assert.equal(plain.weekly.length, 1)
  const [week] = plain.weekly
  assert.ok(week)
  assertFields(week, { week_start: 'text', bucket: 'text', sample_count: 'count', axis_means: 'axes' })
  assert.equal(new Date(week.week_start).getUTCDay(), 1)
  assert.deepEqual([week.bucket, week.sample_count, week.axis_means.task_complexity], ['overall', 3, 50])
  const bucketed = await read('&by_complexity_bucket=1')
  assert.deepEqual(bucketed.buckets, ['0-25', '26-50', '51-75', '76+'])
  assert.deepEqual(
    bucketed.weekly.map(row => [row.bucket, row.sample_count, row.axis_means.efficiency]),
    [
      ['overall', 3, 50],
      ['0-25', 1, 25],
      ['26-50', 1, 25],
      ['76+', 1, 100],
    ],
  )
  assert.deepEqual((await read('&model=other')).weekly, [])
})

test('a mean of a half is rounded to the even number', async () => {
  await save('half1', 'strict_critic=2 pragmatist=2 tech_lead=2 no agents', { profile_id: 'half' })
  await save('half2', 'strict_critic=3 pragmatist=3 tech_lead=3 no agents', { profile_id: 'half' })
  await run({})
  const { body } = await app.send<Stats>('GET', '/api/eval/stats?profile=half')
  assert.equal(body.weekly[0]?.axis_means.efficiency, 2)
  assert.equal(body.weekly[0]?.axis_means.subagent_orchestration, null)
})

test('stats by the time of the session place it there, and the window ends where it is told to', async () => {
  const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString()
  for (const ago of [2, 20, 45])
    await save(`ago-${ago}`, 'x', { profile_id: 'window', created_at: day(ago), last_active: day(ago) })
  await run({})
  const count = async (options: string) => {
    const { body } = await app.send<Stats>('GET', `/api/eval/stats?profile=window&${options}`)
    return body.weekly.reduce((sum, week) => sum + week.sample_count, 0)
  }
  assert.equal(await count('time=judged&days=1'), 3)
  assert.deepEqual(
    [await count('time=last_active'), await count('time=last_active&days=7'), await count('time=last_active&days=365')],
    [2, 1, 3],
  )
  const { body } = await app.send<Stats>('GET', '/api/eval/stats?profile=window&days=365&time=last_active')
  const weeks = body.weekly.map(week => week.week_start)
  assert.deepEqual(weeks, [...weeks].sort())
})

test('a pass of the panel is written whole: three evaluations for each', async () => {
  const rows = await query<{ n: number }>(
    app.app.db,
    sql`select count(e.*)::integer as n from passes p left join evaluations e using (project_id, pass_no) group by p.project_id, p.pass_no`,
  )
  assert.ok(rows.length > 0 && rows.every(row => row.n === 3))
})
