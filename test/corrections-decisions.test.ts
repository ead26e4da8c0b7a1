import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import sql from 'sql-template-tag'
import { chooseBriefs } from '#corrections/candidate-page.ts'
import { chooseDecisions } from '#corrections/decision-page.ts'
import { estimateDecisionTimes } from '#corrections/decision-times.ts'
import { query } from '#db/connect.ts'
import { openTestApp, type TestApp } from './app.ts'
import { type BenchmarkFolder, makeBenchmarkFolder, makeCandidateLine } from './benchmark-files.ts'

const api = '/api/corrections'
const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31)
const DAY_MS = 86_400_000

interface Line {
  place: string
  action: string
  author: string
  failure_category: string | null
  duration_ms: number | null
  created_at: string
  candidate: { id: string; status: string; request: string | null }
}
interface Page {
  items: Line[]
  next: string | null
  previous: string | null
}
interface Throughput {
  days: { today: string; week_since: string; since: string }
  reviewers: { reviewer: string; day: string; action: string; n: number; timed: number }[]
  times: { reviewer: string; n: number; mean_ms: number; low_ms: number | null }[]
  categories: { week_start: string; category: string; n: number }[]
  waiting: { by_age: { at_least_days: number; n: number }[] }
}

let bench: BenchmarkFolder
let app: TestApp

before(async () => {
  bench = makeBenchmarkFolder()
  app = await openTestApp({ env: { WHETSTONE_BENCH_ROOTS: bench.path } })
  await send('config', { bench_results_dir: bench.path })
})
after(async () => {
  await app.close()
  bench.remove()
})

async function get<Body>(path: string): Promise<Body> {
  const { status, body } = await app.send<Body>('GET', `${api}/${path}`)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

async function send(path: string, body: object): Promise<void> {
  const answer = await app.send('POST', `${api}/${path}`, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
}

/** The whole list, page by page from its beginning, then back from its end. */
async function readWhole(filter: string, limit = 7): Promise<Line[]> {
  const lines: Line[] = []
  let page = await get<Page>(`decision-page?${filter}&limit=${limit}`)
  lines.push(...page.items)
  while (page.next !== null) {
    page = await get<Page>(`decision-page?${filter}&limit=${limit}&after=${encodeURIComponent(page.next)}`)
    lines.push(...page.items)
  }
  const back = [...page.items]
  while (page.previous !== null) {
    page = await get<Page>(`decision-page?${filter}&limit=${limit}&before=${encodeURIComponent(page.previous)}`)
    back.unshift(...page.items)
  }
  assert.deepEqual(
    back.map(line => line.place),
    lines.map(line => line.place),
    `${filter}: back as it came`,
  )
  return lines
}

const ACTIONS = ['correct', 'discard', 'flag', 'edit', 'adjudicate', 'comment', 'undo'] as const

async function seedDecisions(): Promise<void> {
  const decisions = fc.sample(
    fc.record({
      candidate: fc.integer({ min: 0, max: 11 }),
      author: fc.constantFrom('ada', 'bob'),
      action: fc.constantFrom(...ACTIONS),
      category: fc.constantFrom(null, 'wrong_answer', 'hallucination'),
      duration: fc.constantFrom(null, 4_000, 9_000, 20_000),
      // Few moments, so that many decisions share one.
      ago: fc.integer({ min: 0, max: 24 }).map(one => one * 5),
    }),
    { seed, numRuns: 150 },
  )
  bench.write(
    'r',
    Array.from({ length: 12 }, (_, n) => makeCandidateLine(`c${n}`)),
  )
  await send('import', { run_id: 'r' })
  await query(app.db, sql`insert into users (name) values ('ada'), ('bob')`)
  const today = new Date(new Date().toISOString().slice(0, 10)).getTime()
  for (const { candidate, author, action, category, duration, ago } of decisions) {
    // From the first millisecond of a UTC day to its last.
    const at = new Date(today - ago * DAY_MS + (ago % 2 === 0 ? 0 : DAY_MS - 1)).toISOString()
    await query(
      app.db,
      sql`
        insert into decisions (project_id, candidate_no, user_id, action, failure_category, content_hash, duration_ms, created_at)
        select c.project_id, c.candidate_no, u.user_id, ${action}, ${category}, c.content_hash, ${duration}::integer, ${at}
        from candidates c, users u where c.id = ${`c${candidate}`} and u.name = ${author}`,
    )
  }
}

test(`every number of the throughput leads to a list of exactly as many decisions (TEST_SEED=${seed})`, async () => {
  await seedDecisions()
  const { days, reviewers, categories, times } = await get<Throughput>('throughput')
  const lists = new Map<string, number>()
  const add = (filter: string, n: number) => lists.set(filter, (lists.get(filter) ?? 0) + n)
  for (const { reviewer, day, action, n, timed } of reviewers) {
    if (action === 'comment' || action === 'undo' || action === 'import') continue
    const of = `reviewer=${reviewer}&since=${days.since}`
    add(of, n)
    add(`${of}&action=${action}`, n)
    add(`${of}&timed=1`, timed)
    add(`reviewer=${reviewer}&since=${days.week_since}`, day >= days.week_since ? n : 0)
  }
  for (const { week_start, category, n } of categories) {
    // The first week is cut where the quarter begins.
    const since = week_start < days.since ? days.since : week_start
    const until = new Date(Date.parse(week_start) + 6 * DAY_MS).toISOString().slice(0, 10)
    add(`since=${since}&until=${until}&failure_category=${category}&action=submitted`, n)
  }
  assert.ok(lists.size > 15)
  for (const [filter, n] of lists) {
    const lines = await readWhole(filter)
    assert.equal(lines.length, n, filter)
    assert.equal(new Set(lines.map(line => line.place)).size, n, filter)
    const sorted = lines.toSorted((a, b) => (a.created_at < b.created_at ? 1 : a.created_at > b.created_at ? -1 : 0))
    assert.deepEqual(lines, sorted, filter)
    assert.deepEqual(await get(`decision-count?${filter}`), { total: n }, filter)
    const wish = new URLSearchParams(filter)
    for (const line of lines) {
      if (wish.has('reviewer')) assert.equal(line.author, wish.get('reviewer'))
      if (wish.has('failure_category')) assert.equal(line.failure_category, wish.get('failure_category'))
      if (wish.has('timed')) assert.ok(line.duration_ms !== null)
      assert.ok(line.created_at.slice(0, 10) >= (wish.get('since') ?? ''), filter)
    }
  }
  for (const time of times) assert.equal(time.n, lists.get(`reviewer=${time.reviewer}&since=${days.since}&timed=1`))
  assert.equal((await readWhole('', 500)).filter(line => ['comment', 'undo'].includes(line.action)).length, 0)
  for (const bad of ['since=2026-02-30', 'action=comment', 'after=x', 'before=7'])
    assert.equal((await app.send('GET', `${api}/decision-page?${bad}`)).status, 422, bad)
})

test('a decision that was taken back stays in the list, which says what its candidate is now', async () => {
  await send('submit', { id: 'c0', action: 'correct', corrected_response: 'Right.', failure_category: 'format_error' })
  await send('undo', { id: 'c0' })
  const [line] = (await get<Page>('decision-page?failure_category=format_error&action=correct')).items
  assert.deepEqual([line?.candidate.id, line?.candidate.status, line?.action], ['c0', 'needs_review', 'correct'])
  assert.equal(line?.candidate.request, 'What is c0?')
})

test('the ages of what waits lead to as many, however else the list is narrowed; bulk and claims keep to them', async () => {
  const ages = [0, 1, 6, 7, 29, 30, 90, 400, 0, 7]
  for (const [n, age] of ages.entries()) {
    await query(
      app.db,
      sql`
        update candidates set created_at = (now() at time zone 'UTC')::date::timestamp at time zone 'UTC'
          - make_interval(days => ${age}) + interval '23 hours' where id = ${`c${n}`}`,
    )
  }
  await query(app.db, sql`update candidates set created_at = now() where id in ('c10', 'c11')`)
  const { waiting } = await get<Throughput>('throughput')
  assert.equal(waiting.by_age.length, 5)
  for (const { at_least_days, n } of waiting.by_age) {
    const filter = `min_age_days=${at_least_days}`
    for (const more of ['', '&model_name=small-model', '&min_quality=0']) {
      const { items } = await get<{ items: { id: string }[] }>(`candidate-page?${filter}${more}`)
      assert.equal(items.length, n, `${filter}${more}`)
      assert.deepEqual(await get(`candidate-count?${filter}${more}`), { total: n }, `${filter}${more}`)
      const queue = await get<{ items: object[]; total: number }>(`queue?${filter}${more}`)
      assert.deepEqual([queue.items.length, queue.total], [n, n], `${filter}${more}`)
    }
  }
  const claim = await app.send<{ candidate: { id: string } }>('POST', `${api}/claim`, { min_age_days: 400 })
  assert.equal(claim.body.candidate.id, 'c7')
  const bulk = await app.send('POST', `${api}/bulk`, { action: 'discard', filter: { min_age_days: 90 } })
  assert.deepEqual(bulk.body, { changed: 2, skipped: [] })
})

test('what is ready for export is a list of exactly as many', async () => {
  await send('submit', { id: 'c1', action: 'correct', corrected_response: 'Right.' })
  await send('submit', { id: 'c2', action: 'flag' })
  bench.write('blank', [makeCandidateLine('blank', { status: 'approved', corrected_response: ' ' })])
  await send('import', { run_id: 'blank' })
  const { export_ready } = await get<{ export_ready: number }>('stats')
  assert.equal(export_ready, 1)
  const { items } = await get<{ items: { id: string }[] }>('candidate-page?list=decided&ready=1')
  assert.deepEqual(
    items.map(item => item.id),
    ['c1'],
  )
  assert.deepEqual(await get('candidate-count?list=decided&ready=1'), { total: 1 })
})

test('a mean time has the interval of its days as clusters; few decisions, or one day, have none', () => {
  const durations = [[8000, 12_000, 9500], [7000, 21_000], [15_000, 11_000, 13_000, 30_000], [6000]]
  const rows = durations.flatMap((own, day) =>
    own.map(duration_ms => ({ reviewer: 'ada', day: `2026-03-0${day + 1}`, timed: 1, duration_ms })),
  )
  const untimed = { reviewer: 'ada', day: '2026-03-09', timed: 0, duration_ms: 0 }
  const [time] = estimateDecisionTimes([...rows, untimed])
  // numpy 2.4.6 and scipy over the ten decisions: CR2 with (I − H_gg)^(−1/2) per day, Satterthwaite's degrees by the trace.
  const expected = { n: 10, days: 4, mean_ms: 13_250, low_ms: 3_923.8484363457, high_ms: 22_576.1515636543 }
  for (const [name, value] of Object.entries(expected)) {
    const actual = Object.entries(time ?? {}).find(([one]) => one === name)?.[1]
    assert.ok(typeof actual === 'number' && Math.abs(actual - value) < 1e-5, `${name}: ${actual}, expected ${value}`)
  }
  const few = estimateDecisionTimes(rows.slice(2, 6))
  assert.deepEqual([few[0]?.n, few[0]?.days, few[0]?.low_ms, few[0]?.high_ms], [4, 3, null, null])
  const oneDay = estimateDecisionTimes(rows.map(row => ({ ...row, day: '2026-03-01' })))
  assert.deepEqual([oneDay[0]?.n, oneDay[0]?.days, oneDay[0]?.low_ms], [10, 1, null])
  assert.deepEqual(estimateDecisionTimes([untimed]), [])
})

test('a page of decisions, and one of what has waited long, is read from the front of its kinds', async () => {
  await query(
    app.db,
    sql`
      insert into decisions (project_id, candidate_no, user_id, action, content_hash, created_at)
      select 1, (select min(candidate_no) from candidates), 1, (array['correct', 'discard', 'flag'])[1 + n % 3], sha256('x'),
        now() - make_interval(secs => n) from generate_series(1, 20000) n`,
  )
  await query(
    app.db,
    sql`
      insert into candidates (
        project_id, id, status, origin, source, model_name, task_type, fields, prompt_messages, model_response,
        content_hash, split, sample, created_at
      )
      select 1, 'n' || n, 'needs_review', 'benchmark', 'bench', 'm' || n % 3, 't', '{}', '[]', '', sha256('x'), 0, 0,
        now() - make_interval(secs => 20000 - n) from generate_series(1, 20000) n`,
  )
  await app.db.pool.query('vacuum analyze candidates, decisions, review_days, candidate_cells')
  const explain = async (statement: ReturnType<typeof sql>) =>
    (await query<{ 'QUERY PLAN': string }>(app.db, sql`explain ${statement}`)).map(row => row['QUERY PLAN']).join('\n')
  const edge = { candidate_no: 5, decided_at: new Date(Date.now() - 9_000_000).toISOString() }
  const page = chooseDecisions(1, { since: '2026-01-01' }, { edge, backwards: false, limit: 101 })
  const plan = await explain(page)
  assert.match(plan, /Index (Only )?Scan Backward using decisions_by_kind/)
  assert.match(plan, /Index Cond: .*ROW\(created_at, decision_no\) < ROW/)
  const aged = (filter: object) =>
    explain(chooseBriefs(1, { list: 'waiting', filter }, { edge: null, backwards: false, limit: 101 }))
  assert.match(await aged({ min_age_days: 30 }), /using candidates_by_age/)
  assert.match(await aged({ min_age_days: 30, model_name: 'm1' }), /Index Only Scan using candidates_by_kind/)
})
