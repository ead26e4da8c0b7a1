import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import sql from 'sql-template-tag'
import { query, queryRow } from '#db/connect.ts'
import type { Regressions } from '#judging/regressions.ts'
import type { FailureCauses } from '#judging/run-failures.ts'
import type { UnitPage } from '#judging/run-units.ts'
import type { RunStatus } from '#judging/runs.ts'
import type { TrendSeries } from '#judging/trend-series.ts'
import { createScriptedModel } from '#models/scripted.ts'
import { openTestApp, type TestApp } from './app.ts'
import { replyAsExpert } from './verdicts.ts'

const COUNT = 12
let app: TestApp
let runId: string
const model = createScriptedModel({
  rules: [{ when: { any: 'BREAK' }, reply: 'This is not JSON.' }],
  default: { reply: replyAsExpert },
})

before(async () => {
  app = await openTestApp({
    worker: true,
    yaml: 'backends: [{ name: scripted, kind: scripted, script: {} }]',
    backends: { scripted: { model } },
  })
  for (let n = 0; n < COUNT; n++) {
    await app.send('POST', '/api/sessions', {
      session_id: `s${n}`,
      profile_id: n % 3 === 0 ? 'coder' : 'support',
      messages: [{ role: 'user', content: n < 5 ? `BREAK ${n}` : `Where is parcel ${n}?` }],
    })
  }
  runId = (await app.send<RunStatus>('POST', '/api/eval/run', { backend: 'scripted', model: 'm1' })).body.run_id
  for (;;) {
    const { body } = await app.send<RunStatus>('GET', `/api/eval/run/${runId}`)
    if (body.state !== 'running') break
    await sleep(50)
  }
})
after(() => app.close())

test('failures that differ in numbers alone are one cause, with their count, an example and who they are', async () => {
  await query(
    app.db,
    sql`update eval_units set error = 'no answer in ' || unit_no || ' s', error_kind = 'timeout'
      where state = 'failed' and unit_no % 2 = 0`,
  )
  const { body } = await app.send<FailureCauses>('GET', `/api/eval/run/${runId}/failures`)
  assert.equal(body.others, 0)
  assert.equal(body.causes.length, 2)
  assert.equal(
    body.causes.reduce((total, cause) => total + cause.n, 0),
    5,
  )
  for (const cause of body.causes) {
    assert.equal(cause.session_ids.length, cause.n)
    assert.equal(cause.session_ids[0], cause.example.session_id)
    assert.ok(cause.example.error.length > 0)
    const n = cause.example.session_id.slice(1)
    assert.deepEqual([cause.example.name, cause.example.first_request], [null, `BREAK ${n}`])
  }
  assert.equal((await app.send('GET', '/api/eval/run/nobody/failures')).status, 404)
})

test('pages of the sessions of a run hold each of them once, also of one state', async () => {
  const seen: string[] = []
  const requests: (string | null)[] = []
  for (let after: number | null = -1; after !== null; ) {
    const { body }: { body: UnitPage } = await app.send('GET', `/api/eval/run/${runId}/units?limit=5&after=${after}`)
    seen.push(...body.items.map(item => item.session_id))
    requests.push(...body.items.map(item => item.first_request))
    after = body.next
  }
  assert.equal(seen.length, COUNT)
  assert.equal(new Set(seen).size, COUNT)
  assert.deepEqual(
    requests,
    seen.map(id => (Number(id.slice(1)) < 5 ? `BREAK ${id.slice(1)}` : `Where is parcel ${id.slice(1)}?`)),
  )
  const { body } = await app.send<UnitPage>('GET', `/api/eval/run/${runId}/units?state=failed`)
  assert.deepEqual([...new Set(body.items.map(item => item.state))], ['failed'])
  assert.equal(body.items.length, 5)
})

test('a search through the sessions of a run goes on to its last, and finds names, first requests and ids as written', async () => {
  await query(
    app.db,
    sql`update sessions set name = case session_id when 's1' then '100% of my_Money' else '1000 of mystery' end
      where session_id in ('s1', 's2')`,
  )
  const { run_id } = await queryRow<{ run_id: string }>(
    app.db,
    sql`
      insert into eval_runs (project_id, user_id, scope, backend, judge_model, pins_id, state, resolved, finished_at)
      select project_id, user_id, scope, backend, judge_model, pins_id, 'done', true, now() from eval_runs
      where run_id = ${runId}::uuid
      returning run_id`,
  )
  // More than a page of a search looks at, the sessions that are there behind all others.
  await query(
    app.db,
    sql`
      insert into eval_units (project_id, run_id, unit_no, session_no, session_id, state)
      select 1, ${run_id}::uuid, n, session_no, coalesce(session_id, 'Lost-' || n),
        case when n % 2 = 0 then 'ok' else 'failed' end
      from generate_series(0, 20100 + ${COUNT}::integer - 1) n
      left join sessions s on session_id = 's' || (n - 20100)`,
  )
  const find = async (search: string, more = '') => {
    const found: string[] = []
    let pages = 0
    for (let after: number | null = -1; after !== null; pages++) {
      const asked: string = `search=${encodeURIComponent(search)}&after=${after}${more}`
      const { body }: { body: UnitPage } = await app.send('GET', `/api/eval/run/${run_id}/units?${asked}`)
      found.push(...body.items.map(item => item.session_id))
      after = body.next
    }
    return { found, pages }
  }
  assert.deepEqual(await find('100% OF my_m'), { found: ['s1'], pages: 2 })
  assert.deepEqual((await find('0%')).found, ['s1'])
  assert.deepEqual((await find('parcel 7?')).found, ['s7'])
  assert.deepEqual((await find('lost-20099')).found, ['Lost-20099'])
  assert.deepEqual((await find('lost-20099', '&state=ok')).found, [])
  assert.deepEqual(await find('nobody'), { found: [], pages: 2 })
  const { found } = await find('lost-', '&limit=500')
  assert.equal(found.length, 20_100)
  assert.equal(new Set(found).size, 20_100)
  await query(app.db, sql`delete from eval_runs where run_id = ${run_id}::uuid`)
  await query(app.db, sql`update sessions set name = null`)
})

test('runs of one state are listed alone, those under way by their index', async () => {
  const list = async (state: string) =>
    (await app.send<RunStatus[]>('GET', `/api/eval/runs?sessions=none&state=${state}`)).body.map(run => run.run_id)
  assert.deepEqual(await list('done'), [runId])
  assert.deepEqual(await list('running'), [])
  assert.equal((await app.send('GET', '/api/eval/runs?state=asleep')).status, 422)
})

test('trends name the versions of each week, keep the four largest series, and say the shares of sessions', async () => {
  const all = await app.send<TrendSeries>('GET', '/api/eval/trends?weeks=8')
  assert.equal(all.body.weeks.length, 8)
  assert.equal(all.body.points.length, 1)
  assert.equal(all.body.points[0]?.sample_count, COUNT - 5)
  assert.equal(all.body.points[0]?.week_start, all.body.weeks.at(-1))
  assert.equal(all.body.points[0]?.axis_intervals.goal_completion?.mean, 57)
  const profiles = await app.send<TrendSeries>('GET', '/api/eval/trends?weeks=8&by=profile')
  assert.deepEqual(profiles.body.series, [
    { name: 'support', sessions: 5 },
    { name: 'coder', sessions: 2 },
  ])
  const shares = await app.send('GET', '/api/eval/session-shares')
  assert.deepEqual(shares.body, { evaluated: 7, stale: 0, pending: 5, all: true })
  assert.equal((await app.send('GET', '/api/eval/trends?weeks=1000')).status, 422)
})

test('a week that was judged under former versions alone is told under these; pinned versions come first', async () => {
  const former = await app.send<TrendSeries>('GET', '/api/eval/trends?weeks=4')
  await app.send('PUT', '/api/eval/pins', { panel: 'baseline' })
  const after = await app.send<TrendSeries>('GET', '/api/eval/trends?weeks=4')
  assert.deepEqual(after.body.points, former.body.points)
  await query(
    app.db,
    sql`
      insert into trend_weeks (project_id, pins_id, basis, week, bucket, profile_id, judge_model, sessions, n, total, squares)
      select project_id, (select pins_id from pins where project_id = 1), basis, week, bucket, profile_id, 'baseline', 1,
        n, total, squares
      from trend_weeks where project_id = 1 and profile_id = '' and basis = 'active' limit 1`,
  )
  const pinned = await app.send<TrendSeries>('GET', '/api/eval/trends?weeks=4')
  assert.notEqual(pinned.body.points[0]?.judge_version, former.body.points[0]?.judge_version)
  assert.deepEqual(pinned.body.points[0]?.judge_models, ['baseline'])
})

test('a loss is listed when its adjusted interval lies below 0, and noise is not', async () => {
  await query(app.db, sql`delete from trend_weeks`)
  await addWeek(0, 40, 60)
  await addWeek(3, 40, 60)
  const nothing = await app.send<Regressions>('GET', '/api/eval/regressions')
  assert.equal(nothing.body.compared, 6)
  assert.deepEqual(nothing.body.regressions, [])
  await addWeek(1, 400, 40)
  const { body } = await app.send<Regressions>('GET', '/api/eval/regressions')
  assert.equal(body.regressions.length, 6)
  for (const { high, difference, profile } of body.regressions) {
    assert.ok(high < 0 && difference < -15, `${difference} ${high}`)
    assert.equal(profile, null)
  }
})

test('a few sessions that all scored the same prove no loss; many do', async () => {
  await query(app.db, sql`delete from trend_weeks`)
  await addWeek(0, 6, 60, 0)
  await addWeek(3, 6, 61, 0)
  const few = await app.send<Regressions>('GET', '/api/eval/regressions')
  assert.deepEqual([few.body.compared, few.body.regressions], [6, []])
  await addWeek(1, 3000, 60, 0)
  await addWeek(4, 3000, 70, 0)
  await query(app.db, sql`delete from trend_weeks where week > now() - interval '60 days' and sessions = 6`)
  const many = await app.send<Regressions>('GET', '/api/eval/regressions')
  assert.equal(many.body.regressions.length, 6)
  for (const { low, high, difference } of many.body.regressions)
    assert.ok(low < difference && difference < high && high < 0, `${low} ${difference} ${high}`)
})

/** A week's cell of `n` sessions, half of them 5 (or so many) below the mean and half as far above. */
async function addWeek(back: number, n: number, mean: number, reach = 5): Promise<void> {
  const total = n * mean * 2520
  const squares = (n / 2) * (((mean - reach) * 2520) ** 2 + ((mean + reach) * 2520) ** 2)
  await query(
    app.db,
    sql`
      insert into trend_weeks (project_id, pins_id, basis, week, bucket, profile_id, judge_model, sessions, n, total, squares)
      select project_id, pins_id, 'active', date_trunc('week', now() at time zone 'UTC')::date - 7 * ${back}::integer, 1,
        '', 'm1', ${n}::integer, array_fill(${n}::integer, array[7]), array_fill(${total}::bigint, array[7]),
        array_fill(${squares}::bigint, array[7])
      from pins where project_id = 1`,
  )
}
