import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { query } from '#db/connect.ts'
import { openTestApp, type TestApp } from './app.ts'
import { assertDetail, assertFields, assertRefused } from './contract.ts'
import { ask, bearer, type Credentials, createKey, REMOTE } from './credentials.ts'

let app: TestApp
before(async () => {
  app = await openTestApp({ worker: true })
})
after(() => app.close())

const messages = [{ role: 'user', content: 'Hello' }]

test('a key is shown once; the database holds its hash alone', async () => {
  const created = await createKey(app, 'ada', 'member')
  assert.match(created.key, /^whet_[\w-]{43}$/)
  const listed = await ask(app, 'GET', '/api/keys', {})
  const row = listed.body.find((one: { key_id: number }) => one.key_id === created.key_id)
  assertFields(row, {
    key_id: 'count',
    user: 'text',
    role: 'text',
    hint: 'text',
    created_at: 'time',
    revoked_at: 'time?',
  })
  assert.deepEqual([row.user, row.role, row.hint, row.key], ['ada', 'member', created.key.slice(-4), undefined])
  const [stored] = await query<{ key_hash: Buffer; whole: string }>(
    app.app.db,
    sql`select key_hash, row_to_json(k)::text as whole from api_keys k where key_id = ${created.key_id}`,
  )
  assert.ok(stored)
  assert.deepEqual(stored.key_hash, createHash('sha256').update(created.key).digest())
  assert.ok(!stored.whole.includes(created.key.slice(0, 20)))
})

test('a key is taken as Bearer, as x-api-key and as the password of Basic', async () => {
  const { key } = await createKey(app, 'bea', 'member')
  const basic = Buffer.from(`public:${key}`).toString('base64')
  const ways = [
    bearer(key),
    { authorization: `bearer  ${key}` },
    { 'x-api-key': key },
    { authorization: `Basic ${basic}` },
  ]
  for (const headers of ways)
    assert.equal((await ask(app, 'GET', '/api/eval/runs', headers, undefined, REMOTE)).status, 200)
})

test('a key that is wrong, empty or of another scheme is 401, on loopback too', async () => {
  const wrong = [
    bearer('whet_wrong'),
    { authorization: 'Bearer' },
    { 'x-api-key': '' },
    { authorization: 'Basic cHVibGlj' },
    { authorization: 'Digest x' },
    { authorization: 'x' },
  ]
  for (const headers of wrong) {
    for (const host of ['127.0.0.1', REMOTE]) {
      const answer = await ask(app, 'GET', '/api/eval/runs', headers, undefined, host)
      assertDetail(answer, 401, /key|Bearer/)
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/)
    }
  }
})

test('away from loopback nobody comes in without a key, to no endpoint but health and the document', async () => {
  for (const path of [
    '/api/eval/sessions',
    '/eval/sessions',
    '/api/sessions/x',
    '/api/projects',
    '/api/keys',
    '/api/nothing',
  ]) {
    assertDetail(await ask(app, 'GET', path, {}, undefined, REMOTE), 401, /Authorization: Bearer/)
  }
  assertDetail(await ask(app, 'POST', '/api/sessions/import', {}, undefined, REMOTE), 401, /API key/)
  assertDetail(await ask(app, 'POST', '/api/sessions', {}, { wrong: 1 }, REMOTE), 401, /API key/)
  assert.equal((await ask(app, 'GET', '/health', {}, undefined, REMOTE)).status, 200)
  assert.equal((await ask(app, 'GET', '/openapi.json', {}, undefined, REMOTE)).status, 200)
})

test('a revoked key is 401 from then on', async () => {
  const { key, key_id } = await createKey(app, 'cyd', 'member')
  assert.equal((await ask(app, 'GET', '/api/eval/runs', bearer(key))).status, 200)
  assert.deepEqual((await ask(app, 'DELETE', `/api/keys/${key_id}`, {})).body, { ok: true })
  assertDetail(await ask(app, 'GET', '/api/eval/runs', bearer(key)), 401, /revoked/)
  assertDetail(await ask(app, 'DELETE', `/api/keys/${key_id}`, {}), 404, /no key/)
  for (const id of ['x', '0', '1.5', '99999999999', '1e3'])
    assertRefused(await ask(app, 'DELETE', `/api/keys/${id}`, {}), ['path', 'key_id'])
})

test('a key for ingestion may bring sessions in and nothing else', async () => {
  const headers = bearer((await createKey(app, 'collector', 'ingest')).key)
  const session = { session_id: 'ingested', profile_id: 'p', messages }
  assert.equal((await ask(app, 'POST', '/api/sessions', headers, session)).status, 201)
  assert.equal((await ask(app, 'POST', '/api/sessions/import', headers, session)).status, 200)
  for (const [method, path] of [
    ['GET', '/api/sessions/ingested'],
    ['DELETE', '/api/sessions/ingested'],
    ['GET', '/api/eval/sessions'],
    ['POST', '/api/eval/run'],
    ['POST', '/api/eval/feedback'],
    ['GET', '/api/keys'],
    ['GET', '/api/projects'],
  ] as const) {
    assertDetail(await ask(app, method, path, headers), 403, /only bring data in/)
  }
})

test('a member works in the project but makes no keys and no projects', async () => {
  const headers = bearer((await createKey(app, 'dee', 'member')).key)
  assert.equal(
    (await ask(app, 'POST', '/api/sessions', headers, { session_id: 'dees', profile_id: 'p', messages })).status,
    201,
  )
  for (const [method, path, body] of [
    ['GET', '/api/keys', undefined],
    ['POST', '/api/keys', { user: 'x', role: 'admin' }],
    ['DELETE', '/api/keys/1', undefined],
    ['POST', '/api/projects', { name: 'mine' }],
  ] as const) {
    assertDetail(await ask(app, method, path, headers, body), 403, /administrator/)
  }
  assertDetail(
    await ask(app, 'GET', '/api/eval/runs', { ...headers, 'x-whetstone-project': 'elsewhere' }),
    403,
    /belongs to the project "default"/,
  )
})

test('wrong requests for keys and projects are refused by field', async () => {
  assertRefused(await ask(app, 'POST', '/api/keys', {}, { role: 'member' }), ['body', 'user'])
  assertRefused(await ask(app, 'POST', '/api/keys', {}, { user: ' ', role: 'member' }), ['body', 'user'])
  assertRefused(await ask(app, 'POST', '/api/keys', {}, { user: 'x', role: 'root' }), ['body', 'role'])
  for (const name of ['', 'A', '-a', 'a b', 'ä', 'a'.repeat(64), 5, null])
    assertRefused(await ask(app, 'POST', '/api/projects', {}, { name }), ['body', 'name'])
  assert.equal((await ask(app, 'POST', '/api/projects', {}, { name: 'taken' })).status, 201)
  assertDetail(await ask(app, 'POST', '/api/projects', {}, { name: 'taken' }), 409, /already/)
  assertDetail(
    await ask(app, 'GET', '/api/eval/runs', { 'x-whetstone-project': 'nowhere' }),
    404,
    /no project "nowhere"/,
  )
})

test('feedback carries the name of the key that gave it, and each author has a rating of their own', async () => {
  const eve = bearer((await createKey(app, 'eve', 'member')).key)
  const fay = bearer((await createKey(app, 'fay', 'member')).key)
  await ask(app, 'POST', '/api/sessions', {}, { session_id: 'rated', profile_id: 'p', messages })
  const rate = (headers: Credentials, rating: number) =>
    ask(app, 'POST', '/api/eval/feedback', headers, { session_id: 'rated', message_index: 0, rating })
  await rate(eve, 1)
  await rate(fay, -1)
  await rate(fay, 1)
  const { body } = await ask(app, 'GET', '/api/eval/feedback/rated', {})
  assert.deepEqual(
    body.feedback.map((one: { author: string; rating: number }) => [one.author, one.rating]),
    [
      ['eve', 1],
      ['fay', 1],
    ],
  )
  await rate({}, -1)
  const owned = (await ask(app, 'GET', '/api/eval/feedback/rated', {})).body.feedback
  assert.ok(owned[2].author.length > 0)
  const [row] = (await ask(app, 'GET', '/api/eval/sessions?profile=p&limit=500', {})).body.filter(
    (one: { session_id: string }) => one.session_id === 'rated',
  )
  assert.deepEqual([row.likes, row.dislikes], [2, 1])
})

test('a project sees nothing of another: not sessions, ratings, runs, scores, pins, versions, profiles or keys', async () => {
  await ask(app, 'POST', '/api/projects', {}, { name: 'other' })
  const other = { 'x-whetstone-project': 'other' }
  await ask(app, 'POST', '/api/sessions', {}, { session_id: 'secret', profile_id: 'hidden', messages })
  await ask(app, 'POST', '/api/eval/feedback', {}, { session_id: 'secret', message_index: 0, rating: 1 })
  await ask(app, 'PUT', '/api/profiles/hidden', {}, { name: 'Hidden' })
  const run = (
    await ask(app, 'POST', '/api/eval/run', {}, { backend: 'baseline', scope: 'session', session_id: 'secret' })
  ).body
  while ((await ask(app, 'GET', `/api/eval/run/${run.run_id}`, {})).body.state === 'running')
    await new Promise(done => setTimeout(done, 20))
  assert.ok((await ask(app, 'GET', '/api/eval/sessions/secret', {})).body.evaluations.length > 0)
  for (const path of [
    '/api/eval/sessions',
    '/api/eval/sessions?profile=hidden',
    '/api/eval/runs',
    '/api/profiles',
    '/api/keys',
  ]) {
    assert.deepEqual((await ask(app, 'GET', path, other)).body, [], path)
  }
  for (const path of [
    '/api/sessions/secret',
    '/api/eval/sessions/secret',
    `/api/eval/run/${run.run_id}`,
    `/api/eval/run/${run.run_id}/events`,
  ]) {
    assert.equal((await ask(app, 'GET', path, other)).status, 404, path)
  }
  assert.deepEqual((await ask(app, 'GET', '/api/eval/feedback/secret', other)).body, { feedback: [] })
  assert.deepEqual((await ask(app, 'GET', '/api/eval/stats?days=365', other)).body.weekly, [])
  assert.equal(
    (await ask(app, 'POST', '/api/eval/feedback', other, { session_id: 'secret', message_index: 0, rating: 1 })).status,
    404,
  )
  assert.equal((await ask(app, 'POST', `/api/eval/run/${run.run_id}/cancel`, other)).status, 404)
  assert.equal((await ask(app, 'DELETE', '/api/sessions/secret', other)).status, 404)
  const pins = (await ask(app, 'GET', '/api/eval/pins', {})).body
  await ask(app, 'PUT', '/api/eval/pins', other, { panel: 'baseline' })
  assert.deepEqual((await ask(app, 'GET', '/api/eval/pins', {})).body, pins)
  assert.equal(
    (await ask(app, 'POST', '/api/sessions', other, { session_id: 'secret', profile_id: 'p', messages: [] })).status,
    201,
  )
  assert.equal((await ask(app, 'GET', '/api/sessions/secret', {})).body.msg_count, 1)
})

test('an administrator may name another project, and keys made there belong there', async () => {
  const admin = bearer((await createKey(app, 'root', 'admin')).key)
  await ask(app, 'POST', '/api/projects', admin, { name: 'third' })
  const { key } = await createKey(app, 'gil', 'member', { ...admin, 'x-whetstone-project': 'third' })
  await ask(app, 'POST', '/api/sessions', bearer(key), { session_id: 'thirds', profile_id: 'p', messages })
  assert.equal(
    (await ask(app, 'GET', '/api/sessions/thirds', { ...admin, 'x-whetstone-project': 'third' })).status,
    200,
  )
  assert.equal((await ask(app, 'GET', '/api/sessions/thirds', admin)).status, 404)
  assert.equal(
    (await ask(app, 'GET', '/api/eval/runs', { ...bearer(key), 'x-whetstone-project': 'third' })).status,
    200,
  )
})
