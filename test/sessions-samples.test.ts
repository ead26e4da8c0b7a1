import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Samples, shiftSession } from '#sessions/samples.ts'
import { openTestApp, type TestApp } from './app.ts'

let app: TestApp
before(async () => {
  app = await openTestApp()
})
after(() => app.close())

interface Row {
  session_id: string
  last_active: string
  likes: number
  dislikes: number
}

const load = async () => (await app.send<Samples>('POST', '/api/sessions/samples')).body
const list = async () => (await app.send<Row[]>('GET', '/api/eval/sessions?limit=500')).body

test('the samples come as if they led up to now, with ratings; a second time changes nothing', async () => {
  const first = await load()
  assert.ok(first.sessions >= 36)
  assert.equal(first.imported, first.sessions)
  const rows = await list()
  assert.equal(rows.length, first.sessions)
  const age = Date.now() - Math.max(...rows.map(row => Date.parse(row.last_active)))
  assert.ok(age > 0 && age < 8 * 86_400_000, `${age} ms`)
  assert.ok(rows.some(row => row.likes > 0) && rows.some(row => row.dislikes > 0))
  assert.ok(first.disliked.length > 5)
  assert.deepEqual(await load(), { ...first, imported: 0 })
  assert.deepEqual(await list(), rows)
})

test('a sample that was removed comes back with its ratings', async () => {
  const rated = (await list()).filter(row => row.likes + row.dislikes > 0)
  const [one] = rated
  assert.ok(one)
  await app.send('DELETE', `/api/sessions/${one.session_id}`)
  assert.equal((await load()).imported, 1)
  const back = (await list()).find(row => row.session_id === one.session_id)
  assert.deepEqual([back?.likes, back?.dislikes], [one.likes, one.dislikes])
})

test('every time of a demo session moves by the same, those of subagents at any depth included', () => {
  const time = '2025-12-31T00:00:00.000Z'
  const inner = { role: 'user' as const, content: 'x', created_at: time }
  const beside = { function: { name: 'task' }, messages: [inner] }
  const block = { type: 'tool_call', id: '1', messages: [{ ...inner, tool_calls: [beside] }] }
  const session = { session_id: 'a', created_at: time, last_active: time, messages: [{ ...inner, content: [block] }] }
  const shifted = JSON.stringify(shiftSession(session, 86_400_000))
  assert.equal(shifted, JSON.stringify(session).replaceAll('2025-12-31', '2026-01-01'))
})
