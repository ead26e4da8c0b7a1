import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import sql from 'sql-template-tag'
import { query, queryRow } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { AXES, type Scores } from '#judging/axes.ts'
import { listOverview } from '#judging/overview.ts'
import { placePasses, writePass } from '#judging/passes.ts'
import { readShipped } from '#judging/shipped.ts'
import type { Stats } from '#judging/stats.ts'
import { addRubric, holdPins, readPins, registerPair, setPins } from '#judging/versions.ts'
import { saveSessions } from '#sessions/save.ts'
import { deleteSession } from '#sessions/session.ts'
import { openTestApp, type TestApp } from './app.ts'
import { assertTrendExact } from './trend-check.ts'

const PROJECT = 1
const SESSIONS = ['a', 'b', 'c', 'd']
const SEED = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000)

let app: TestApp
/** Two pairs of versions, and the names by which their rubrics are pinned. */
let pairs: { pins_id: number; rubric: string }[]

before(async () => {
  app = await openTestApp()
  const first = await readPins(app.db, PROJECT)
  const { rubric, model } = readShipped()
  const other = { ...rubric, name: 'other' }
  const { version } = await addRubric(app.db, PROJECT, JSON.stringify(other))
  const second = await registerPair(app.db, PROJECT, model, other)
  pairs = [
    { pins_id: first.pins_id, rubric: first.rubric_version },
    { pins_id: second.pins_id, rubric: version },
  ]
})
after(() => app.close())

const scoreArbitrary = fc.integer({ min: 0, max: 100 })
const nullableArbitrary = fc.option(scoreArbitrary)
const scoresArbitrary: fc.Arbitrary<Scores> = fc.record({
  task_complexity: fc.oneof(scoreArbitrary, fc.constantFrom(24, 25, 26, 50, 51, 75, 76)),
  goal_completion: scoreArbitrary,
  tool_usage_quality: scoreArbitrary,
  efficiency: scoreArbitrary,
  communication: scoreArbitrary,
  subagent_orchestration: nullableArbitrary,
  self_extension: nullableArbitrary,
})
const sessionArbitrary = fc.constantFrom(...SESSIONS)
const stepArbitrary = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constant('save' as const),
      session_id: sessionArbitrary,
      text: fc.constantFrom('one', 'two', 'three'),
      profile_id: fc.constantFrom('support', 'sales'),
      last_active: fc.constantFrom('2026-01-01T23:59:59.999Z', '2026-01-02T00:00:00.000Z', '2026-02-03T04:05:06.007Z'),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      step: fc.constant('judge' as const),
      session_id: sessionArbitrary,
      pair: fc.constantFrom(0, 1),
      model: fc.constantFrom('m', 'n'),
      experts: fc.array(scoresArbitrary, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('pin' as const), pair: fc.constantFrom(0, 1) }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('delete' as const), session_id: sessionArbitrary }) },
)
type Step = typeof stepArbitrary extends fc.Arbitrary<infer Value> ? Value : never

test(`trend and status equal their recomputation after any sequence of changes (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(stepArbitrary, { minLength: 1, maxLength: 25 }), async steps => {
      await query(app.db, sql`delete from sessions`)
      for (const step of steps) await takeStep(step)
      await assertTrendExact(app.db, 'trend')
      await assertStatuses()
    }),
    { seed: SEED, numRuns: 40 },
  )
})

test('passes written while the pins change leave the status that the definition gives', async () => {
  const scores = { task_complexity: 1, goal_completion: 2, tool_usage_quality: 3, efficiency: 4, communication: 5 }
  const experts = [{ ...scores, subagent_orchestration: null, self_extension: null }]
  for (let round = 0; round < 20; round++) {
    const [old, next] = [round % 2, 1 - (round % 2)]
    await setPins(app.db, PROJECT, { rubric: pairs[old]?.rubric })
    await query(app.db, sql`delete from sessions`)
    for (const session_id of SESSIONS) await save(session_id, 'one')
    for (const session_id of SESSIONS) await judge(session_id, old, 'm', experts)
    await Promise.all([
      setPins(app.db, PROJECT, { rubric: pairs[next]?.rubric }),
      ...SESSIONS.map((session_id, index) => sleep(3 * index).then(() => judge(session_id, next, 'm', experts))),
    ])
    await assertStatuses()
  }
  await assertTrendExact(app.db, 'trend')
})

test('pins that change what thousands of sessions show do so in seconds, also where single sessions changed before', async () => {
  await setPins(app.db, PROJECT, { rubric: pairs[0]?.rubric })
  await query(app.db, sql`delete from sessions`)
  await query(
    app.db,
    sql`
      insert into sessions (project_id, session_id, profile_id, created_at, last_active, msg_count, characters, content_hash)
      select ${PROJECT}, n::text, 'support', now(), now(), 1, 1, sha256('') from generate_series(1, 5000) n`,
  )
  for (const { pins_id } of pairs) {
    await query(
      app.db,
      sql`
        insert into passes (project_id, session_no, pins_id, backend, judge_model, content_hash, msg_count, means, avg)
        select project_id, session_no, ${pins_id}, 'scripted', 'm', content_hash, 1, array_fill(0, array[7]), array_fill(0, array[7])
        from sessions`,
    )
  }
  // The server would do it within a minute; until then it takes the tables to be as small as the tests before left them.
  await query(app.db, sql`analyze sessions, passes`)
  await query(app.db, sql`select refresh_standing(${PROJECT}, array_agg(session_no)) from sessions`)
  // On one connection, which keeps its plans.
  const took = await transact(app.db, async tx => {
    for (const session_id of ['1', '2', '3']) {
      await query(tx, sql`update sessions set last_active = now() + interval '1 day' where session_id = ${session_id}`)
    }
    const start = performance.now()
    await setPins(tx, PROJECT, { rubric: pairs[1]?.rubric })
    return performance.now() - start
  })
  assert.ok(took < 5_000, `${took} ms`)
  await assertStatuses()
})

test('averages are rounded half to even, buckets go by the unrounded mean, weeks begin on Monday UTC, days bound the window', async () => {
  await query(app.db, sql`delete from sessions`)
  await setPins(app.db, PROJECT, { rubric: pairs[0]?.rubric })
  const score = (complexity: number, goal: number): Scores => ({
    task_complexity: complexity,
    goal_completion: goal,
    tool_usage_quality: 0,
    efficiency: 0,
    communication: 0,
    subagent_orchestration: null,
    self_extension: null,
  })
  // 25.5 rounds to 26 and lies in the second bucket; 24.5 rounds to 24; 25.33 rounds to 25 and lies in the second one.
  const cases: [string, Scores[]][] = [
    ['a', [score(25, 24), score(26, 25)]],
    ['b', [score(25, 25), score(25, 26), score(26, 26)]],
    ['c', [score(25, 0), score(25, 1)]],
  ]
  for (const [session_id, experts] of cases) {
    await save(session_id, 'one')
    await judge(session_id, 0, 'm', experts)
  }
  const rows = await listOverview(app.db, PROJECT, { limit: 50, offset: 0 })
  const averages = rows.map(row => [
    row.session_id,
    row.latest_avg?.task_complexity,
    row.latest_avg?.goal_completion,
    row.latest_avg?.self_extension,
  ])
  assert.deepEqual(averages.sort(), [
    ['a', 26, 24, null],
    ['b', 25, 26, null],
    ['c', 25, 0, null],
  ])
  // Sunday and Monday of one night, ten weeks ago.
  const { sunday, monday, former, age } = await queryRow<Night>(
    app.db,
    sql`
      select monday - 1 as sunday, monday, monday - 7 as former, (now() at time zone 'UTC')::date - monday as age
      from (select date_trunc('week', now() at time zone 'UTC')::date - 70 as monday) week`,
  )
  await moveEntry('a', sunday)
  await moveEntry('b', monday)
  const read = async (days: number) =>
    (await app.send<Stats>('GET', `/api/eval/stats?days=${days}&by_complexity_bucket=true`)).body.weekly
      .map(({ week_start, bucket, sample_count }) => [week_start.slice(0, 10), bucket, sample_count])
      .filter(([week]) => String(week) <= monday)
  const weekOfMonday = [
    [monday, 'overall', 1],
    [monday, '26-50', 1],
  ]
  assert.deepEqual(await read(age + 1), [[former, 'overall', 1], [former, '26-50', 1], ...weekOfMonday])
  assert.deepEqual(await read(age), weekOfMonday)
})

/** A night from Sunday to Monday, the Monday before it, and how many days ago the second day was. */
interface Night {
  sunday: string
  monday: string
  former: string
  age: number
}

async function takeStep(step: Step): Promise<void> {
  if (step.step === 'save') return save(step.session_id, step.text, step.profile_id, step.last_active)
  if (step.step === 'judge') return judge(step.session_id, step.pair, step.model, step.experts)
  if (step.step === 'pin') return void (await setPins(app.db, PROJECT, { rubric: pairs[step.pair]?.rubric }))
  await deleteSession(app.db, PROJECT, step.session_id).catch(() => {})
}

async function save(
  session_id: string,
  text: string,
  profile_id = 'support',
  last_active = '2026-01-01T00:00:00.000Z',
) {
  const messages = [{ role: 'user' as const, content: text }]
  await saveSessions(app.db, PROJECT, [{ session_id, profile_id, last_active, messages }])
}

/** Judges the session as it is now, if it is there. */
async function judge(session_id: string, pair: number, judge_model: string, experts: Scores[]): Promise<void> {
  await transact(app.db, async tx => {
    await holdPins(tx, [PROJECT])
    const [session] = await query<{ session_no: number; content_hash: Buffer }>(
      tx,
      sql`select session_no, content_hash from sessions where session_id = ${session_id} for no key update`,
    )
    if (session === undefined) return
    const pass = await writePass(tx, PROJECT, {
      ...session,
      run_id: null,
      pins_id: pairs[pair]?.pins_id ?? 0,
      backend: 'scripted',
      judge_model,
      msg_count: 1,
      cut: null,
      evaluations: experts.map((scores, index) => ({
        expert_id: `expert_${index}`,
        scores,
        comment: 'So it is.',
        calls: [],
        response_model: null,
        tokens_in: null,
        tokens_out: null,
        cost_usd: null,
        duration_ms: null,
      })),
    })
    await placePasses(tx, PROJECT, [pass.pass_no])
  })
}

/** Puts a session's pass on another day of judging. */
async function moveEntry(session_id: string, day: string): Promise<void> {
  await query(
    app.db,
    sql`
      update trend_entries e set judged_on = ${day}::date from sessions s
      where s.project_id = e.project_id and s.session_no = e.session_no and s.session_id = ${session_id}`,
  )
}

/** The overview's status and latest pass against the contract's definition, worked out from the passes alone. */
async function assertStatuses(): Promise<void> {
  const { pins_id } = await readPins(app.db, PROJECT)
  const passes = await query<{ session_id: string; pins_id: number; present: boolean; avg: (number | null)[] }>(
    app.db,
    sql`
      select session_id, pins_id, p.content_hash = s.content_hash as present, p.avg
      from passes p join sessions s using (project_id, session_no) order by pass_no`,
  )
  const rows = await listOverview(app.db, PROJECT, { limit: 50, offset: 0 })
  for (const row of rows) {
    const own = passes.filter(pass => pass.session_id === row.session_id)
    const pinned = own.filter(pass => pass.pins_id === pins_id)
    const status = pinned.some(pass => pass.present) ? 'evaluated' : own.length > 0 ? 'stale' : 'pending'
    assert.equal(row.eval_status, status, row.session_id)
    const latest = (pinned.length > 0 ? pinned : own).at(-1)
    assert.deepEqual(row.latest_avg === null ? undefined : AXES.map(axis => row.latest_avg?.[axis]), latest?.avg)
  }
}
