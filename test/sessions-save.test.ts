import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestApp, type TestApp } from './app.ts'

let app: TestApp
before(async () => {
  app = await openTestApp()
})
after(() => app.close())

const hello = [
  { role: 'user', content: 'Where is my parcel?' },
  { role: 'assistant', content: 'On its way.' },
]

test('a new session answers 201, the same again 200, and nothing is written twice', async () => {
  const session = { session_id: 's1', profile_id: 'support', messages: hello }
  const first = await app.send('POST', '/api/sessions', session)
  assert.equal(first.status, 201)
  assert.deepEqual(first.body, { session_id: 's1', msg_count: 2 })
  const second = await app.send('POST', '/api/sessions', session)
  assert.equal(second.status, 200)
  const stored = await app.send('GET', '/api/sessions/s1')
  assert.deepEqual(stored.body.messages, hello)
})
