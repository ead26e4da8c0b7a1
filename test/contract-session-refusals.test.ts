import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestApp, type TestApp } from './app.ts'
import { assertRefused } from './contract.ts'

let app: TestApp
before(async () => {
  app = await openTestApp()
})
after(() => app.close())

const JSON_TYPE = { 'content-type': 'application/json' }

async function save(session: object): Promise<{ status: number; body: unknown }> {
  return app.send('POST', '/api/sessions', session)
}

/** Sends JSON text as it stands, and reads the answer as text. */
async function post(text: string | Uint8Array<ArrayBuffer>, headers: { [name: string]: string } = JSON_TYPE) {
  const response = await app.fetch('/api/sessions', { method: 'POST', body: text, headers })
  const answer: unknown = await response.json()
  return { status: response.status, body: answer }
}

test('any text is an id and leads back to its session, also over the evaluation API', async () => {
  const ids = [
    'a/b',
    '/',
    'a b',
    ' a',
    'a.b',
    '...',
    'a%2Fb',
    '%',
    '%%41',
    'ä/ß',
    '日本語',
    '🙂',
    'a?b=c#d',
    'import',
    'a+b',
    "'; drop table",
    '__proto__',
    '0',
    'null',
    'a:b',
    '*',
    '\ufdd0x',
    'x'.repeat(512),
  ]
  for (const id of ids) {
    assert.equal((await save({ session_id: id, profile_id: id, messages: [] })).status, 201, id)
    const stored = await app.send('GET', `/api/sessions/${encodeURIComponent(id)}`)
    assert.equal(stored.body.session_id, id)
    const detail = await app.send('GET', `/api/eval/sessions/${encodeURIComponent(id)}`)
    assert.equal(detail.body.session_id, id)
    assert.deepEqual((await app.send('GET', `/api/eval/feedback/${encodeURIComponent(id)}`)).body, { feedback: [] })
    const list = await app.send<{ session_id: string }[]>('GET', `/api/eval/sessions?profile=${encodeURIComponent(id)}`)
    assert.deepEqual(
      list.body.map(row => row.session_id),
      [id],
    )
  }
  for (const id of ['', '.', '..', 'a\0', 'a\n', '\ud800', 'x'.repeat(513), '漢'.repeat(400), 5, {}, true]) {
    assertRefused(await save({ session_id: id, profile_id: 'p', messages: [] }), ['body', 'session_id'])
    assertRefused(await save({ session_id: 'x', profile_id: id, messages: [] }), ['body', 'profile_id'])
  }
})

test('ids as long as may be, of letters that cannot be compressed, are stored', async () => {
  const long = Array.from({ length: 341 }, (_, index) => String.fromCharCode(0x4e00 + ((index * 7919) % 20_000))).join(
    '',
  )
  const { status, body } = await save({ session_id: long, profile_id: [...long].reverse().join(''), messages: [] })
  assert.equal(status, 201, JSON.stringify(body))
})

test('what cannot be meant is refused by the place where it stands', async () => {
  const wrong: [object, (string | number)[]][] = [
    [{ messages: 'x' }, ['messages']],
    [{ messages: null }, ['messages']],
    [{ messages: [7] }, ['messages', 0]],
    [{ messages: [{}] }, ['messages', 0, 'role']],
    [{ messages: [{ role: 'robot' }] }, ['messages', 0, 'role']],
    [{ messages: [{ role: 'user', content: 5 }] }, ['messages', 0, 'content']],
    [{ messages: [{ role: 'user', content: [{ text: 'x' }] }] }, ['messages', 0, 'content', 0, 'type']],
    [{ messages: [{ role: 'user', content: ['x'] }] }, ['messages', 0, 'content', 0]],
    [
      { messages: [{ role: 'assistant', tool_calls: [{ function: {} }] }] },
      ['messages', 0, 'tool_calls', 0, 'function', 'name'],
    ],
    [
      { messages: [{ role: 'assistant', content: [{ type: 'tool_call', messages: [{ role: 'x' }] }] }] },
      ['messages', 0, 'content', 0, 'messages', 0, 'role'],
    ],
    [{ messages: [{ role: 'tool', tool_call_id: 5 }] }, ['messages', 0, 'tool_call_id']],
    [{ pinned: 'yes' }, ['pinned']],
    [{ name: 5 }, ['name']],
    [{ nmae: 'x' }, ['nmae']],
    [{ outcome: { reward: 1 } }, ['outcome', 'source']],
    [{ append: 'yes' }, ['append']],
  ]
  for (const [change, loc] of wrong) {
    assertRefused(await save({ session_id: 'w', profile_id: 'p', messages: [], ...change }), ['body', ...loc])
  }
  assertRefused(await save({ session_id: 'w', messages: [] }), ['body', 'profile_id'])
  assertRefused(await save({ session_id: 'w', profile_id: 'p' }), ['body', 'messages'])
  assert.equal((await app.send('GET', '/api/sessions/w')).status, 404)
})

test('a body that is no JSON object is refused with its reason', async () => {
  const wrong: [string | Uint8Array<ArrayBuffer>, RegExp][] = [
    ['', /body is needed/],
    ['{"a":', /text ends/],
    ['{"a":1,}', /key in double quotes/],
    ['{} {}', /nothing more/],
    ['[]', /object/],
    ['null', /object/],
    ['"x"', /object/],
    ['1e400', /./],
    ['{"profile_id":"a","profile_id":"b"}', /twice/],
    [`{"messages":${'['.repeat(100_000)}`, /nested deeper/],
    [Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), /UTF-8/],
  ]
  for (const [text, reason] of wrong) {
    const { status, body } = await post(text)
    assert.equal(status, 422)
    assert.match(JSON.stringify(body), reason)
  }
  assertRefused(await post('{}', { 'content-type': 'text/plain' }), ['header', 'content-type'])
  const plain = JSON.stringify({ session_id: 'bytes', profile_id: 'p', messages: [] })
  const bare = await app.fetch('/api/sessions', { method: 'POST', body: new TextEncoder().encode(plain) })
  assert.equal(bare.status, 201, 'a body that does not name its type is read as JSON')
  assert.equal((await post(plain, { 'content-type': 'application/json; charset=utf-8' })).status, 200)
  assert.equal((await post(plain, { ...JSON_TYPE, 'content-encoding': 'gzip' })).status, 415)
})
