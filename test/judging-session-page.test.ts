import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import sql from 'sql-template-tag'
import { query, queryRow } from '#db/connect.ts'
import type { SessionRow } from '#judging/session-page.ts'
import { openTestApp, type TestApp } from './app.ts'

interface Page {
  items: SessionRow[]
  next: string | null
  previous: string | null
  searched: { sessions: number; back_to: string | null; all: boolean } | null
}

const COUNT = 120
const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000)
const random = xoroshiro128plus(seed)
const draw = (to: number) => uniformInt(random, 0, to - 1)

let app: TestApp
/** All rows, as the list without any filter gives them. */
let all: SessionRow[]

before(async () => {
  console.log(`seed ${seed} (TEST_SEED)`)
  app = await openTestApp()
  // The first request makes the pins.
  await app.send('GET', '/api/eval/pins')
  for (let n = 0; n < COUNT; n++) await saveSession(n)
  await judgeSome()
  all = (await getPage('limit=500')).items
})
after(() => app.close())

async function saveSession(n: number) {
  // Few different times, so that ids decide often.
  const minute = String(draw(20)).padStart(2, '0')
  const session = {
    session_id: `s-${String((n * 37) % COUNT).padStart(3, '0')}`,
    profile_id: ['coder', 'support', 'writer'][draw(3)],
    ...(draw(2) === 0 ? { name: `Case ${n}` } : {}),
    last_active: `2026-03-01T10:${minute}:00Z`,
    pinned: draw(8) === 0,
    messages: [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: [{ type: 'text', text: `Please   look at\n100%_of number ${n}` }] },
      { role: 'assistant', content: 'Done.' },
    ],
  }
  const { status } = await app.send('POST', '/api/sessions', session)
  assert.equal(status, 201)
  for (const rating of draw(4) === 0 ? ([[1], [-1], [1, -1]][draw(3)] ?? []) : []) {
    const body = { session_id: session.session_id, message_index: rating === 1 ? 2 : 1, rating }
    await app.send('POST', '/api/eval/feedback', body)
  }
}

/** Judged under the pins, under another pair, changed since, or not at all. */
async function judgeSome() {
  const former = await app.send<{ judge_version: string }>('GET', '/api/eval/pins')
  await app.send('PUT', '/api/eval/pins', { panel: 'baseline' })
  const other = await queryRow<{ pins_id: number }>(app.db, sql`select pins_id from pins`)
  await app.send('PUT', '/api/eval/pins', { panel: former.body.judge_version })
  const { pins_id } = await queryRow<{ pins_id: number }>(app.db, sql`select pins_id from pins`)
  await query(
    app.db,
    sql`
      update sessions set latest_pins = case when session_no % 2 = 0 then ${pins_id}::integer else ${other.pins_id} end, latest_pass_no = 1, latest_present = session_no % 5 > 0,
        latest_avg = array[1, 2, 3, 4, 5, null, 7],
        latest_eval_date = '2026-04-01'::timestamptz + (session_no % 15) * interval '1 hour'
      where session_no % 3 > 0`,
  )
}

async function getPage(parameters: string): Promise<Page> {
  const { status, body } = await app.send<Page>('GET', `/api/eval/session-page?${parameters}`)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

/** Forwards page by page to the end, then back to the beginning; both ways give the same pages' rows. */
async function walk(parameters: string, limit: number): Promise<SessionRow[]> {
  const found: SessionRow[] = []
  let page = await getPage(`${parameters}&limit=${limit}`)
  assert.equal(page.previous, null, 'nothing is before the beginning')
  found.push(...page.items)
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

const ids = (rows: SessionRow[]) => rows.map(row => row.session_id)
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

test('a list without a filter has every session once, in the order of the overview', async () => {
  const { body } = await app.send<SessionRow[]>('GET', '/api/eval/sessions?limit=500')
  assert.equal(all.length, COUNT)
  assert.deepEqual(ids(all), ids(body))
})

test('page by page, forwards and backwards, no row is missing or doubled, whatever the filter and the order', async () => {
  const filters: [string, (row: SessionRow) => boolean][] = [
    ['', () => true],
    ['status=evaluated', row => row.eval_status === 'evaluated'],
    ['status=stale', row => row.eval_status === 'stale'],
    ['status=pending', row => row.eval_status === 'pending'],
    ['profile=coder', row => row.profile_id === 'coder'],
    ['profile=nobody', () => false],
    ['thumbs=any', row => row.likes + row.dislikes > 0],
    ['thumbs=up', row => row.likes > 0],
    ['thumbs=down&status=stale', row => row.dislikes > 0 && row.eval_status === 'stale'],
    ['from=2026-03-01T10:05:00Z', row => row.last_active >= '2026-03-01T10:05:00.000Z'],
    [
      'to=2026-03-01T10:05:00Z&status=pending',
      row => row.last_active < '2026-03-01T10:05:00.000Z' && row.eval_status === 'pending',
    ],
    [
      'profile=writer&status=stale&thumbs=any',
      row => row.profile_id === 'writer' && row.eval_status === 'stale' && row.likes + row.dislikes > 0,
    ],
  ]
  for (const [parameters, keeps] of filters) {
    const expected = all.filter(keeps)
    const limit = 1 + draw(20)
    assert.deepEqual(ids(await walk(parameters, limit)), ids(expected), `${parameters} by ${limit}`)
    const { body } = await app.send('GET', `/api/eval/session-count?${parameters}`)
    assert.deepEqual(body, { n: expected.length, exact: true }, parameters)
    const judged = expected
      .filter(row => row.latest_eval_date !== null)
      .sort(
        (a, b) => compare(b.latest_eval_date ?? '', a.latest_eval_date ?? '') || compare(a.session_id, b.session_id),
      )
    assert.deepEqual(ids(await walk(`${parameters}&sort=judged`, limit)), ids(judged), `${parameters} by judging`)
  }
})

test('a list begins at a date, and leads back to what is before it', async () => {
  const unpinned = all.filter(row => !row.pinned)
  const page = await getPage('at=2026-03-01T10:08:00Z&limit=5')
  const first = unpinned.findIndex(row => row.last_active <= '2026-03-01T10:08:00.000Z')
  assert.deepEqual(ids(page.items), ids(unpinned.slice(first, first + 5)))
  const before = await getPage(`before=${page.previous}&limit=500`)
  assert.equal(before.previous, null)
  assert.deepEqual(ids(before.items), ids(all).slice(0, ids(all).indexOf(page.items[0]?.session_id ?? '')))
})

test('a search finds parts of names, first requests and ids in any case, and no pattern', async () => {
  const named = (text: string) =>
    all.filter(row =>
      [row.name, row.first_request, row.session_id].some(field => field?.toLowerCase().includes(text.toLowerCase())),
    )
  for (const text of ['CASE 1', 'look at 100%_of', 's-01', '%', '_', '\\', 'nothing at all']) {
    const page = await getPage(`search=${encodeURIComponent(text)}&limit=500`)
    assert.deepEqual(ids(page.items), ids(named(text)), text)
    assert.deepEqual(page.searched, { sessions: COUNT, back_to: null, all: true })
  }
  const found = await getPage('search=case&limit=10')
  const rest = await getPage(`search=case&limit=500&after=${found.next}`)
  assert.deepEqual([...ids(found.items), ...ids(rest.items)], ids(named('case')))
  // What was cut off behind the tenth hit has not been looked at.
  const tenth = ids(all).indexOf(found.items[9]?.session_id ?? '') + 1
  assert.deepEqual([found.searched?.sessions, found.searched?.all], [tenth, false])
  assert.equal(found.searched?.back_to, found.items[9]?.last_active)
  assert.deepEqual([rest.searched?.sessions, rest.searched?.all], [COUNT - tenth, true])
})

test('the first request is the first text that the user wrote, on one line', () => {
  const request = all.find(row => row.session_id === 's-000')?.first_request
  assert.equal(request, 'Please look at 100%_of number 0')
})

test('an addition keeps the first request, other messages replace it, and none of a user’s leaves none', async () => {
  const request = async () => (await getPage('search=kept')).items[0]?.first_request
  const save = (body: object) => app.send('POST', '/api/sessions', { session_id: 'kept', profile_id: 'p', ...body })
  await save({ messages: [{ role: 'assistant', content: 'Hello' }] })
  assert.equal(await request(), null)
  await save({ append: true, messages: [{ role: 'user', content: `${'x'.repeat(299)}🙂` }] })
  assert.equal(await request(), 'x'.repeat(299))
  await save({ append: true, messages: [{ role: 'user', content: 'later' }] })
  assert.equal(await request(), 'x'.repeat(299))
  await save({ name: 'Kept' })
  assert.equal(await request(), 'x'.repeat(299))
  await save({ messages: [{ role: 'user', content: 'a\0b' }] })
  assert.equal(await request(), 'a\0b')
})

test('an edge of another list or order is refused', async () => {
  const page = await getPage('limit=2')
  for (const parameters of [`sort=judged&after=${page.next}`, 'after=nonsense', 'before=e30']) {
    assert.equal((await app.send('GET', `/api/eval/session-page?${parameters}`)).status, 422, parameters)
  }
})

test('named sessions come in the order of the list, those that are not there are left out', async () => {
  const wanted = all.filter((_, index) => index % 7 === 0)
  const session_ids = [...wanted.map(row => row.session_id).toReversed(), 'nobody', '']
  const refused = await app.send('POST', '/api/eval/session-rows', { session_ids })
  assert.equal(refused.status, 422)
  const { status, body } = await app.send('POST', '/api/eval/session-rows', { session_ids: session_ids.slice(0, -1) })
  assert.equal(status, 200)
  assert.deepEqual(body, wanted)
  const none = await app.send('POST', '/api/eval/session-rows', { session_ids: [] })
  assert.equal(none.status, 422)
})
