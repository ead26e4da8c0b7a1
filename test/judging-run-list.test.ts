import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import sql from 'sql-template-tag'
import { query } from '#db/connect.ts'
import type { RunStatus } from '#judging/runs.ts'
import { openTestApp, type TestApp } from './app.ts'

interface Page {
  items: RunStatus[]
  next: string | null
  previous: string | null
}

const COUNT = 90
const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000)
const random = xoroshiro128plus(seed)
const draw = (to: number) => uniformInt(random, 0, to - 1)

let app: TestApp
/** All runs, as the list of the contract gives them. */
let all: RunStatus[]

before(async () => {
  console.log(`seed ${seed} (TEST_SEED)`)
  app = await openTestApp()
  // The first request makes the pins.
  await app.send('GET', '/api/eval/pins')
  await insertRuns('default', COUNT)
  await query(app.db, sql`insert into projects (name) values ('other')`)
  await app.fetch('/api/eval/pins', { headers: { 'x-whetstone-project': 'other' } })
  await insertRuns('other', 5)
  all = (await app.send<RunStatus[]>('GET', '/api/eval/runs?limit=1000&sessions=none')).body
  assert.equal(all.length, COUNT)
})
after(() => app.close())

/** One an hour; a third of them with failures, some that go on. */
async function insertRuns(project: string, count: number): Promise<void> {
  const states = Array.from({ length: count }, () => ['running', 'done', 'done', 'failed'][draw(4)])
  const failures = Array.from({ length: count }, () => (draw(3) === 0 ? 1 + draw(9) : 0))
  const models = Array.from({ length: count }, () => ['gemma', '100%_judge', 'small'][draw(3)])
  await query(
    app.db,
    sql`
      insert into eval_runs (
        project_id, user_id, scope, backend, judge_model, pins_id, state, resolved, started_at, finished_at, ok, failed
      )
      select project_id, user_id,
        json_build_object('scope', 'session', 'session_id', 'case-' || n % 7), case when n % 5 = 0 then 'local' else 'far' end,
        model, pins_id, state, true, started, case when state <> 'running' then started + interval '9 minutes' end, 3, failed
      from unnest(${states}::text[], ${failures}::integer[], ${models}::text[]) with ordinality as given (state, failed, model, n)
      cross join lateral (select '2026-03-01T00:00:00Z'::timestamptz + n * interval '1 hour' as started) t
      cross join (
        select project_id, pins_id from pins join projects using (project_id) where name = ${project}
      ) p
      cross join (select min(user_id) as user_id from users) u
      order by n`,
  )
}

async function getPage(parameters: string): Promise<Page> {
  const { status, body } = await app.send<Page>('GET', `/api/eval/run-page?${parameters}`)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

const ids = (rows: RunStatus[]) => rows.map(row => row.run_id)

/** Forwards page by page to the end, then back to the beginning. */
async function walk(parameters: string, limit: number): Promise<RunStatus[]> {
  let page = await getPage(`${parameters}&limit=${limit}`)
  assert.equal(page.previous, null, 'nothing is before the beginning')
  const found = [...page.items]
  while (page.next !== null) {
    page = await getPage(`${parameters}&limit=${limit}&after=${page.next}`)
    found.push(...page.items)
  }
  const back = [...page.items]
  while (page.previous !== null) {
    page = await getPage(`${parameters}&limit=${limit}&before=${page.previous}`)
    back.unshift(...page.items)
  }
  assert.deepEqual(ids(back), ids(found), `back and forth under ${parameters}`)
  return found
}

test('page by page, forwards and backwards, no run is missing or doubled, whatever the filter', async () => {
  const filters: [string, (run: RunStatus) => boolean][] = [
    ['', () => true],
    ['state=running', run => run.state === 'running'],
    ['state=failed', run => run.state === 'failed'],
    ['failures=true', run => run.counts.failed > 0],
    ['state=done&failures=false', run => run.state === 'done' && run.counts.failed === 0],
    ['search=GEMM', run => run.judge_model === 'gemma'],
    [`search=${encodeURIComponent('0%_j')}`, run => run.judge_model === '100%_judge'],
    ['search=local&state=done', run => run.backend === 'local' && run.state === 'done'],
    ['search=case-3', run => run.scope.session_id === 'case-3'],
    [`search=${all[7]?.run_id.slice(0, 13)}`, run => run === all[7]],
    ['search=nothing', () => false],
  ]
  for (const [parameters, keeps] of filters) {
    const limit = 1 + draw(20)
    const expected = all.filter(keeps)
    assert.deepEqual(await walk(parameters, limit), expected, `${parameters} by ${limit}`)
    const { body } = await app.send('GET', `/api/eval/run-count?${parameters}`)
    assert.deepEqual(body, { n: expected.length, exact: true }, parameters)
  }
})

test('a list begins at a date, and leads back to what is newer', async () => {
  const at = '2026-03-02T12:30:00Z'
  const first = all.findIndex(run => run.started_at <= '2026-03-02T12:30:00.000Z')
  const page = await getPage(`at=${at}&limit=5`)
  assert.deepEqual(ids(page.items), ids(all.slice(first, first + 5)))
  const newer = await getPage(`before=${page.previous}&limit=500`)
  assert.deepEqual(ids(newer.items), ids(all.slice(0, first)))
  const none = await getPage('at=2026-02-01')
  assert.deepEqual(none, { items: [], next: null, previous: null })
})

test('a place that no page named is refused', async () => {
  for (const wrong of ['after=x', 'before=-1', 'limit=501', 'at=soon', 'state=asleep', 'failures=some']) {
    assert.equal((await app.send('GET', `/api/eval/run-page?${wrong}`)).status, 422, wrong)
  }
})
