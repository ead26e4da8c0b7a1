import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { connect, disconnect } from '#db/connect.ts'
import type { OverviewRow } from '#judging/overview.ts'
import { createApi } from '../src/api.ts'
import { openTestApp, type TestApp } from './app.ts'
import { assertDetail, assertFields, assertRefused } from './contract.ts'

let app: TestApp
before(async () => {
  app = await openTestApp()
})
after(() => app.close())

function turns(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    role: index % 2 ? 'assistant' : 'user',
    content: `turn ${index}`,
  }))
}

async function save(session_id: string, fields: object = {}): Promise<void> {
  const { status, body } = await app.send('POST', '/api/sessions', {
    session_id,
    profile_id: 'support',
    messages: turns(4),
    ...fields,
  })
  assert.equal(status, 201, JSON.stringify(body))
}

for (const root of ['/api/eval', '/eval']) {
  test(`${root} answers every endpoint of the contract`, async () => {
    for (const path of ['/sessions', '/stats', '/runs', '/feedback/nobody']) {
      assert.equal((await app.send('GET', root + path)).status, 200, path)
    }
    assertDetail(await app.send('GET', `${root}/sessions/nobody`), 404, /no session "nobody"/)
    assertDetail(await app.send('GET', `${root}/run/nobody`), 404, /no run "nobody"/)
    assertDetail(await app.send('GET', `${root}/run/0b0e7f5e-0000-4000-8000-000000000000`), 404, /no run/)
    assertRefused(await app.send('POST', `${root}/run`, { scope: 'session' }), ['body', 'session_id'])
    assertRefused(await app.send('POST', `${root}/feedback`, {}), ['body', 'session_id'])
  })

  test(`${root}: unknown paths are 404, wrong methods 405 that name the right ones, whatever the body`, async () => {
    assertDetail(await app.send('GET', `${root}/nothing`), 404, /nothing at/)
    assertDetail(await app.send('POST', `${root}/nothing`, { a: 1 }), 404, /nothing at/)
    const garbage = await app.fetch(`${root}/nothing`, {
      method: 'POST',
      body: '{"',
      headers: { 'content-type': 'application/json' },
    })
    assert.equal(garbage.status, 404)
    const wrong = { stats: 'GET', runs: 'GET', run: 'POST', feedback: 'POST', sessions: 'GET' }
    for (const [path, allowed] of Object.entries(wrong)) {
      const answer = await app.send('DELETE', `${root}/${path}`)
      assertDetail(answer, 405, /DELETE is not possible here/)
      assert.ok(answer.headers.get('allow')?.split(', ').includes(allowed), path)
    }
    assert.equal((await app.fetch(`${root}/stats`, { method: 'PUT', body: 'x' })).status, 405)
  })
}

test('bounds of numbers in a query are kept, and the refusal names the parameter', async () => {
  for (const value of ['0', '501', '-1', '1.5', '', 'abc', '1e2', '99999999999999999999', ' 5', 'NaN', '0x10']) {
    const answer = await app.send('GET', `/api/eval/sessions?limit=${encodeURIComponent(value)}`)
    assertRefused(answer, ['query', 'limit'])
  }
  assertRefused(await app.send('GET', '/api/eval/sessions?limit=1&limit=2'), ['query', 'limit'])
  for (const value of ['-1', '', 'x', '0.5'])
    assertRefused(await app.send('GET', `/api/eval/sessions?offset=${value}`), ['query', 'offset'])
  for (const value of ['0', '366', 'x', ''])
    assertRefused(await app.send('GET', `/api/eval/stats?days=${value}`), ['query', 'days'])
  for (const value of ['1', '500', '05'])
    assert.equal((await app.send('GET', `/api/eval/sessions?limit=${value}`)).status, 200)
  for (const value of ['1', '365']) assert.equal((await app.send('GET', `/api/eval/stats?days=${value}`)).status, 200)
  assertRefused(await app.send('GET', '/api/eval/sessions?limit=0&offset=-1'), ['query', 'limit'])
})

test('a status that is none, and a flag that is none, are refused by name', async () => {
  for (const value of ['done', '', 'EVALUATED'])
    assertRefused(await app.send('GET', `/api/eval/sessions?status=${value}`), ['query', 'status'])
  for (const value of ['', 'yes', '2']) {
    assertRefused(await app.send('GET', `/api/eval/stats?by_complexity_bucket=${value}`), [
      'query',
      'by_complexity_bucket',
    ])
  }
  for (const value of ['evaluated', 'pending', 'stale'])
    assert.equal((await app.send('GET', `/api/eval/sessions?status=${value}`)).status, 200)
})

test('a flag is true, false, 1 or 0 in any case, and without passes stats are empty lists', async () => {
  const buckets = ['0-25', '26-50', '51-75', '76+']
  for (const value of ['true', 'TRUE', 'True', '1']) {
    const { body } = await app.send('GET', `/api/eval/stats?by_complexity_bucket=${value}`)
    assert.deepEqual(body, { buckets, weekly: [] }, value)
  }
  for (const query of ['', '?by_complexity_bucket=false', '?by_complexity_bucket=FALSE', '?by_complexity_bucket=0']) {
    assert.deepEqual((await app.send('GET', `/api/eval/stats${query}`)).body, { buckets: ['overall'], weekly: [] })
  }
})

test('a run request of a wrong shape is refused, each field by name, and nothing is started', async () => {
  const wrong: [object, string][] = [
    [{ scope: 'some' }, 'scope'],
    [{ scope: null }, 'scope'],
    [{ scope: 'session', session_id: null }, 'session_id'],
    [{ scope: 'session', session_id: '' }, 'session_id'],
    [{ limit: 0 }, 'limit'],
    [{ limit: -3 }, 'limit'],
    [{ limit: 1.5 }, 'limit'],
    [{ limit: '5' }, 'limit'],
    [{ since: 'yesterday' }, 'since'],
    [{ since: '2026-02-30' }, 'since'],
    [{ since: 20260101 }, 'since'],
    [{ model: 5 }, 'model'],
    [{ model: '' }, 'model'],
    [{ backend: [] }, 'backend'],
  ]
  for (const [body, field] of wrong) assertRefused(await app.send('POST', '/api/eval/run', body), ['body', field])
  for (const body of [null, [], 'x', 5]) assertRefused(await app.send('POST', '/api/eval/run', body), ['body'])
  assertRefused(await app.send('POST', '/api/eval/run'), ['body'])
  assert.deepEqual((await app.send('GET', '/api/eval/runs')).body, [])
})

test('an overview row has every field, null where there is nothing', async () => {
  await save('row', { messages: turns(3), name: null })
  const { body } = await app.send<OverviewRow[]>('GET', '/api/eval/sessions')
  assert.ok(Array.isArray(body))
  const row = body.find(one => one.session_id === 'row')
  assert.ok(row)
  assertFields(row, {
    session_id: 'text',
    profile_id: 'text',
    name: 'text?',
    created_at: 'time',
    last_active: 'time',
    pinned: 'flag',
    msg_count: 'count',
    likes: 'count',
    dislikes: 'count',
    eval_status: 'text',
    latest_avg: 'axes?',
    latest_eval_date: 'time?',
    latest_judge_version: 'text?',
    latest_rubric_version: 'text?',
  })
  assert.deepEqual(
    [row.name, row.pinned, row.msg_count, row.likes, row.eval_status, row.latest_avg, row.latest_eval_date],
    [null, false, 3, 0, 'pending', null, null],
  )
})

test('a detail has every field, also before anything was judged', async () => {
  await save('bare', { name: 'Bare' })
  const { status, body } = await app.send('GET', '/api/eval/sessions/bare')
  assert.equal(status, 200)
  assertFields(body, {
    session_id: 'text',
    profile_id: 'text',
    name: 'text?',
    created_at: 'time',
    last_active: 'time',
    msg_count: 'count',
    first_request: 'text?',
    feedback: 'list',
    evaluations: 'list',
  })
})

test('the overview is ordered: pinned, then last active, then id by code point; pages do not overlap', async () => {
  const at = (day: number) => `2025-03-0${day}T00:00:00Z`
  const profile_id = 'ordered'
  await save('c', { profile_id, last_active: at(1) })
  await save('B', { profile_id, last_active: at(2) })
  await save('a', { profile_id, last_active: at(2) })
  await save('ä', { profile_id, last_active: at(2) })
  await save('old pin', { profile_id, last_active: at(1), pinned: true })
  await save('new', { profile_id, last_active: at(9) })
  const list = async (query: string) =>
    (await app.send<OverviewRow[]>('GET', `/api/eval/sessions?profile=ordered${query}`)).body.map(row => row.session_id)
  const order = ['old pin', 'new', 'B', 'a', 'ä', 'c']
  assert.deepEqual(await list(''), order)
  assert.deepEqual(
    [...(await list('&limit=2')), ...(await list('&limit=2&offset=2')), ...(await list('&limit=2&offset=4'))],
    order,
  )
  assert.deepEqual(await list('&offset=6'), [])
  assert.deepEqual(await list('&offset=999999999999999'), [])
  assert.deepEqual(await list('&status=pending'), order)
  assert.deepEqual(await list('&status=evaluated'), [])
  const all = (await app.send<OverviewRow[]>('GET', '/api/eval/sessions')).body
  assert.equal(all[0]?.session_id, 'old pin')
  assert.deepEqual((await app.send('GET', '/api/eval/sessions?profile=nobody')).body, [])
  assert.deepEqual((await app.send('GET', '/api/eval/sessions?profile=')).body, [])
})

test('a page has 50 rows unless told, and a cursor leads through all of them once', async () => {
  const lines = Array.from({ length: 120 }, (_, index) =>
    JSON.stringify({
      session_id: `many-${index}`,
      profile_id: 'many',
      last_active: `2024-01-01T00:${index % 60}:00Z`.replace(/:(\d):/, ':0$1:'),
      messages: turns(1),
    }),
  )
  await app.fetch('/api/sessions/import', { method: 'POST', body: lines.join('\n') })
  const seen: string[] = []
  let query = ''
  for (;;) {
    const { body, headers } = await app.send<OverviewRow[]>('GET', `/api/eval/sessions?profile=many${query}`)
    if (seen.length === 0) assert.equal(body.length, 50)
    seen.push(...body.map(row => row.session_id))
    const cursor = headers.get('x-next-cursor')
    if (cursor === null) break
    query = `&cursor=${cursor}`
  }
  assert.deepEqual([seen.length, new Set(seen).size], [120, 120])
  for (const cursor of ['x', '', Buffer.from('[true,"0000-01-01T00:00:00Z","a"]').toString('base64url')]) {
    assertRefused(await app.send('GET', `/api/eval/sessions?cursor=${cursor}`), ['query', 'cursor'])
  }
})

test('health answers ok', async () => {
  const { status, body } = await app.send('GET', '/health')
  assert.deepEqual([status, body], [200, { status: 'ok' }])
})

test('without its database the server says so: health is 503, and requests may be tried again', async () => {
  const gone = connect('postgres://127.0.0.1:9/gone')
  const api = createApi({ ...app.app, db: gone })
  const health = await api.fetch(new Request('http://localhost/health'))
  assert.equal(health.status, 503)
  const answer = await api.fetch(new Request('http://localhost/api/eval/sessions'))
  assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '1'])
  assert.match(await answer.text(), /^\{"detail":"The database does not answer/)
  await disconnect(gone)
})
