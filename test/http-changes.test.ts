import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Change, createClient, watchChanges } from '#client.ts'
import { serve } from '#http/serve.ts'
import { createApi } from '../src/api.ts'
import { openTestApp, type TestApp } from './app.ts'

let one: TestApp
let server: Awaited<ReturnType<typeof serve>>
let other: Awaited<ReturnType<typeof serve>>

before(async () => {
  one = await openTestApp()
  // Two applications on one database, as two processes have it.
  server = await serve(createApi(one.app).fetch, '127.0.0.1', 0)
  other = await serve(createApi(one.app).fetch, '127.0.0.1', 0)
})
after(async () => {
  await Promise.all([server.close(), other.close()])
  await one.close()
})

/** Listens until a change satisfies the condition; gives all that was heard. */
async function listen(url: string, options: { since?: string; until: (change: Change) => boolean; project?: string }) {
  const ending = AbortSignal.timeout(20_000)
  const headers = options.project === undefined ? {} : { 'x-whetstone-project': options.project }
  const heard: Change[] = []
  for await (const change of watchChanges(createClient({ baseUrl: url, headers }), options.since ?? null, ending)) {
    heard.push(change)
    if (options.until(change)) return heard
  }
  throw new Error(`not heard of; ${JSON.stringify(heard)}`)
}

const isHello = (change: Change) => change.kind === 'hello'
const isAbout = (topic: string) => (change: Change) => change.kind === 'changed' && change.topic === topic

async function hello(since?: string) {
  const [first] = await listen(server.url, { until: isHello, ...(since === undefined ? {} : { since }) })
  assert.ok(first?.kind === 'hello')
  return first
}

function saveSession(session_id: string) {
  const messages = [{ role: 'user', content: 'Hello' }]
  return one.send('POST', '/api/sessions', { session_id, profile_id: 'p', messages })
}

/** Whether sessions are told of with such a number, which is null before there is one. */
const hasNumber = (field: string) => (change: Change) =>
  change.kind === 'changed' &&
  change.topic === 'sessions' &&
  typeof Reflect.get(Object(change.value), field) === 'number'

test('a session that is saved or rated through one process is told by another', async () => {
  const listening = listen(other.url, { until: hasNumber('newest') })
  await saveSession('told')
  await listening
  const rated = listen(other.url, { until: hasNumber('rated') })
  await one.send('POST', '/api/eval/feedback', { session_id: 'told', message_index: 0, rating: 1 })
  await rated
})

test('an evaluation run is told of with its counts', async () => {
  const listening = listen(server.url, { until: isAbout('runs') })
  await one.send('POST', '/api/eval/run', { backend: 'baseline' })
  const last = (await listening).at(-1)
  assert.ok(last?.kind === 'changed' && typeof last.value === 'object' && last.value !== null)
  assert.ok('running' in last.value && Array.isArray(last.value.running) && last.value.running.length === 1)
})

test('candidates are told of with how many wait', async () => {
  const listening = listen(server.url, { until: isAbout('corrections') })
  await saveSession('wrong')
  const messages = [
    { role: 'user', content: '2 + 2?' },
    { role: 'assistant', content: '5' },
  ]
  await one.send('POST', '/api/sessions', { session_id: 'wrong', messages })
  const promoted = await one.send('POST', '/api/corrections/candidates', { session_id: 'wrong', message_index: 1 })
  assert.ok(promoted.status < 300, JSON.stringify(promoted.body))
  const last = (await listening).at(-1)
  assert.ok(last?.kind === 'changed')
  assert.equal(Reflect.get(Object(last.value), 'waiting'), 1)
})

test('whoever connects again is told what changed meanwhile, and nothing else', async () => {
  const { id } = await hello()
  assert.deepEqual((await hello(id)).changed, [])
  await saveSession('meanwhile')
  // The former look may be a second old as long as somebody else still listens.
  await new Promise(resolve => setTimeout(resolve, 1_200))
  assert.deepEqual((await hello(id)).changed, ['sessions'])
  assert.deepEqual((await hello('no id of ours')).changed, ['sessions', 'runs', 'corrections', 'experiments'])
})

test('a project hears of its own only', async () => {
  await one.send('POST', '/api/projects', { name: 'quiet' })
  const [first] = await listen(server.url, { project: 'quiet', until: isHello })
  assert.ok(first?.kind === 'hello')
  assert.equal(Reflect.get(Object(first.topics.sessions), 'newest'), null)
  const unknown = listen(server.url, { project: 'nobody', until: isHello })
  await assert.rejects(unknown, /no project "nobody"/)
})
