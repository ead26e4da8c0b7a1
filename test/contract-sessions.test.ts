import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { importResultSchema } from '#sessions/import.ts'
import { openTestApp, type TestApp } from './app.ts'
import { assertDetail, assertRefused } from './contract.ts'

let app: TestApp
before(async () => {
  app = await openTestApp()
})
after(() => app.close())

interface Stored {
  session_id: string
  profile_id: string
  name: string | null
  created_at: string
  last_active: string
  pinned: boolean
  msg_count: number
  messages: { [field: string]: unknown }[]
}

async function save(session: object): Promise<{ status: number; body: unknown }> {
  return app.send('POST', '/api/sessions', session)
}

async function read(id: string): Promise<Stored> {
  const { status, body } = await app.send<Stored>('GET', `/api/sessions/${encodeURIComponent(id)}`)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

test('ids of calls with characters that the database cannot look into come back as they were sent', async () => {
  for (const [index, id] of ['a\0b', 'half \ud800 of a pair'].entries()) {
    const session_id = `odd ids ${index}`
    const messages = [
      { role: 'user', content: 'Look.' },
      { role: 'assistant', content: null, tool_calls: [{ id, function: { name: 'look', arguments: '{}' } }] },
      { role: 'tool', tool_call_id: id, content: 'seen' },
    ]
    assert.equal((await save({ session_id, profile_id: 'p', messages })).status, 201)
    assert.deepEqual((await read(session_id)).messages, messages)
    for (const part of ['messages?from=1&limit=1', 'outline']) {
      assert.equal((await app.send('GET', `/api/sessions/${encodeURIComponent(session_id)}/${part}`)).status, 200, part)
    }
  }
})

test('messages in every form of the chat shape come back as they were sent', async () => {
  const messages = [
    { role: 'system', content: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Hello' },
        { type: 'image_url', image_url: { url: 'data:,' } },
      ],
      created_at: '2026-01-31T09:30:00+02:00',
    },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{"a": 1' } }],
    },
    { role: 'tool', tool_call_id: 'c1', content: 'found', is_error: false },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', text: 'hm' },
        {
          type: 'tool_call',
          id: 'c2',
          name: 'agent',
          arguments: { task: 'x' },
          messages: [
            { role: 'user', content: 'x' },
            {
              role: 'assistant',
              tool_calls: [
                {
                  id: 'c3',
                  function: { name: 'deep', arguments: {} },
                  messages: [{ role: 'assistant', content: 'deepest' }],
                },
              ],
            },
          ],
        },
      ],
    },
    {
      role: 'tool',
      content: [{ type: 'tool_result', call_id: 'c2', content: [{ type: 'text', text: 'done' }], is_error: true }],
    },
    { role: 'user', content: '' },
    { role: 'assistant', content: [], refusal: 'no', custom: { nested: [1, 2.5, null, true] } },
    { role: 'assistant' },
  ]
  assert.deepEqual((await save({ session_id: 'forms', profile_id: 'p', messages })).body, {
    session_id: 'forms',
    msg_count: 9,
  })
  const stored = await read('forms')
  assert.deepEqual(stored.messages, messages)
  assert.equal(stored.created_at, '2026-01-31T07:30:00.000Z')
})

test('a new session is 201, a known one 200; content decides whether anything changes', async () => {
  const session = { session_id: 'known', profile_id: 'p', messages: [{ role: 'user', content: 'a' }] }
  assert.equal((await save(session)).status, 201)
  const first = await read('known')
  assert.equal((await save(session)).status, 200)
  assert.deepEqual(await read('known'), first)
  assert.equal((await save({ ...session, messages: [{ role: 'user', content: 'b' }] })).status, 200)
  const second = await read('known')
  assert.deepEqual(second.messages, [{ role: 'user', content: 'b' }])
  assert.equal(second.created_at, first.created_at)
})

test('times default to the first and the newest message, else to now; stated ones win, in any accepted form', async () => {
  const at = (created_at?: string) => ({ role: 'user', content: 'x', created_at })
  await save({
    session_id: 'times',
    profile_id: 'p',
    messages: [at(), at('2026-03-01'), at('2026-01-01T00:00:00Z'), at('2026-02-01T00:00:00.1234Z')],
  })
  const times = await read('times')
  assert.deepEqual([times.created_at, times.last_active], ['2026-01-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'])
  const before = new Date().toISOString()
  await save({ session_id: 'now', profile_id: 'p', messages: [at()] })
  const now = await read('now')
  assert.ok(now.created_at >= before && now.last_active <= new Date().toISOString())
  const forms = {
    '2026-01-31T09:30:00.000Z': '2026-01-31T09:30:00.000Z',
    '2026-01-31T09:30:00Z': '2026-01-31T09:30:00.000Z',
    '2026-01-31T09:30:00+00:00': '2026-01-31T09:30:00.000Z',
    '2026-01-31T09:30:00.5-05:30': '2026-01-31T15:00:00.500Z',
    '2026-01-31': '2026-01-31T00:00:00.000Z',
    '0001-01-01T00:00:00Z': '0001-01-01T00:00:00.000Z',
    '9999-12-31T23:59:59.999Z': '9999-12-31T23:59:59.999Z',
  }
  for (const [given, expected] of Object.entries(forms)) {
    await save({ session_id: `time ${given}`, profile_id: 'p', created_at: given, last_active: given, messages: [] })
    const stored = await read(`time ${given}`)
    assert.deepEqual([stored.created_at, stored.last_active], [expected, expected])
  }
  for (const wrong of [
    'yesterday',
    '',
    '2026-02-30',
    '2026-01-31T25:00:00Z',
    '0000-01-01',
    '0001-01-01T00:00:00+01:00',
    '10000-01-01',
    '9999-12-31T23:59:59-01:00',
    5,
  ]) {
    assertRefused(await save({ session_id: 'wrong', profile_id: 'p', created_at: wrong, messages: [] }), [
      'body',
      'created_at',
    ])
    assertRefused(
      await save({ session_id: 'wrong', profile_id: 'p', messages: [{ role: 'user', created_at: wrong }] }),
      ['body', 'messages', 0, 'created_at'],
    )
  }
})

test('a field that is not sent, or null, keeps what is stored', async () => {
  const whole = {
    session_id: 'kept',
    profile_id: 'p',
    name: 'Name',
    pinned: true,
    created_at: '2026-01-01',
    last_active: '2026-01-02',
    messages: [{ role: 'user', content: 'a' }],
  }
  await save(whole)
  const before = await read('kept')
  assert.equal((await save({ session_id: 'kept' })).status, 200)
  assert.deepEqual(await read('kept'), before)
  await save({ session_id: 'kept', pinned: null, created_at: null, last_active: null, profile_id: 'p' })
  assert.deepEqual(await read('kept'), before)
  await save({ session_id: 'kept', name: 'Other' })
  assert.deepEqual(await read('kept'), { ...before, name: 'Other' })
  await save({ session_id: 'kept', name: null, pinned: false })
  assert.deepEqual(await read('kept'), { ...before, name: null, pinned: false })
})

test('a session that grew was active when its newest message says, or now if none does', async () => {
  const message = (created_at?: string) => ({ role: 'user', content: 'x', created_at })
  await save({ session_id: 'active', profile_id: 'p', messages: [message('2026-01-01')] })
  await save({ session_id: 'active', append: true, messages: [message('2026-01-05')] })
  assert.equal((await read('active')).last_active, '2026-01-05T00:00:00.000Z')
  await save({ session_id: 'active', append: true, messages: [message('2026-01-02')] })
  assert.equal((await read('active')).last_active, '2026-01-05T00:00:00.000Z')
  const before = new Date().toISOString()
  await save({ session_id: 'active', append: true, messages: [message()] })
  assert.ok((await read('active')).last_active >= before)
  assert.equal((await read('active')).created_at, '2026-01-01T00:00:00.000Z')
})

test('append extends, also by messages that nest, and gives the same content as sending the whole', async () => {
  const agent = (text: string) => ({
    role: 'assistant',
    content: [{ type: 'tool_call', id: text, name: 'a', messages: [{ role: 'user', content: text }] }],
  })
  await save({ session_id: 'grown', profile_id: 'p', messages: [agent('1')] })
  assert.deepEqual((await save({ session_id: 'grown', append: true, messages: [agent('2'), agent('3')] })).body, {
    session_id: 'grown',
    msg_count: 3,
  })
  const messages = [agent('1'), agent('2'), agent('3')]
  const grown = await read('grown')
  assert.deepEqual(grown.messages, messages)
  await save({ session_id: 'grown', messages })
  assert.equal((await read('grown')).last_active, grown.last_active)
  assertDetail(
    await save({
      session_id: 'grown',
      append: true,
      expected_msg_count: 2,
      messages: [agent('4')],
      outcome: { source: 's', reward: 1 },
    }),
    409,
    /3 messages/,
  )
  assert.deepEqual(await read('grown'), grown)
  assert.equal(
    (await save({ session_id: 'from nothing', profile_id: 'p', append: true, messages: [agent('1')] })).status,
    201,
  )
})

test('without an id a session gets one of its own', async () => {
  const { status, body } = await app.send('POST', '/api/sessions', { profile_id: 'p', messages: [] })
  assert.equal(status, 201)
  assert.equal((await read(String(body.session_id))).msg_count, 0)
})

test('an outcome belongs to the session, is kept, counts as a change, and goes when it is null', async () => {
  const outcome = { source: 'test', reward: 0.5, task_id: 't1', details: { x: [1] } }
  await save({ session_id: 'outcome', profile_id: 'p', messages: [], outcome })
  assert.deepEqual((await app.send('GET', '/api/sessions/outcome')).body.outcome, outcome)
  const again = (change: object) => JSON.stringify({ session_id: 'outcome', profile_id: 'p', messages: [], ...change })
  const count = async (line: string) => {
    const response = await app.fetch('/api/sessions/import', { method: 'POST', body: line })
    const result = importResultSchema.parse(await response.json())
    return { updated: result.updated, unchanged: result.unchanged }
  }
  assert.deepEqual(await count(again({ outcome })), { updated: 0, unchanged: 1 })
  assert.deepEqual(await count(again({ outcome: { ...outcome, reward: 1 } })), { updated: 1, unchanged: 0 })
  assert.deepEqual(await count(again({})), { updated: 0, unchanged: 1 })
  assert.deepEqual(await count(again({ outcome: null })), { updated: 1, unchanged: 0 })
  assert.equal((await app.send('GET', '/api/sessions/outcome')).body.outcome, null)
})

test('20,000 messages make one session, and come back page by page', async () => {
  const messages = Array.from({ length: 20_000 }, (_, index) => ({
    role: index % 2 ? 'assistant' : 'user',
    content: `turn ${index}`,
  }))
  assert.deepEqual((await save({ session_id: 'long', profile_id: 'p', messages })).body, {
    session_id: 'long',
    msg_count: 20_000,
  })
  const page = await app.send<Stored>('GET', '/api/sessions/long?from=19990&limit=100')
  assert.deepEqual(page.body.messages, messages.slice(19_990))
  assert.equal((await app.send('DELETE', '/api/sessions/long')).status, 200)
  assertDetail(await app.send('GET', '/api/sessions/long'), 404, /no session "long"/)
})
