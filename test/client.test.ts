import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Client, createClient, Refusal, readAnswer, Unreachable, watchRun } from '#client.ts'
import { createApi } from '../src/api.ts'
import { openTestApp, type TestApp } from './app.ts'

let app: TestApp
let client: Client

before(async () => {
  app = await openTestApp({ worker: true })
  const api = createApi(app.app)
  client = createClient({ baseUrl: 'http://localhost', fetch: request => api.fetch(request) })
})
after(() => app.close())

test('answers have the types of the routes that give them', async () => {
  const messages = [{ role: 'user' as const, content: 'Hello?' }]
  const saved = await readAnswer(
    client.api.sessions.$post({ json: { session_id: 'a/b', profile_id: 'p', messages }, query: {} }),
  )
  const count: number = saved.msg_count
  assert.equal(count, 1)
  // @ts-expect-error the answer has no such field, and the checker knows it
  assert.equal(saved.nonsense, undefined)
  const param = { session_id: encodeURIComponent('a/b') }
  const detail = await readAnswer(client.api.eval.sessions[':session_id'].$get({ param }))
  const comments: string[] = detail.evaluations.map(evaluation => evaluation.comment)
  assert.deepEqual(comments, [])
})

test('a refusal is an error with its status and the reason in words', async () => {
  const isRefusal = (status: number, message: RegExp) => (error: unknown) =>
    error instanceof Refusal && error.status === status && message.test(error.message)
  const unknown = readAnswer(client.api.eval.run[':run_id'].$get({ param: { run_id: 'x' }, query: {} }))
  await assert.rejects(unknown, isRefusal(404, /^There is no run "x"\.$/))
  const invalid = readAnswer(client.api.eval.sessions.$get({ query: { limit: '0', offset: '-1' } }))
  await assert.rejects(invalid, isRefusal(422, /^limit: .*; offset: /))
  const gateway = createClient({ baseUrl: 'http://localhost', fetch: () => new Response('<html>', { status: 502 }) })
  await assert.rejects(readAnswer(gateway.health.$get()), isRefusal(502, /answered 502/))
})

test('a server that is not there is named with the cause', async () => {
  const nobody = createClient({ baseUrl: 'http://127.0.0.1:4' })
  await assert.rejects(
    readAnswer(nobody.health.$get()),
    (error: unknown) =>
      error instanceof Unreachable && /127\.0\.0\.1:4: the connection was refused\.$/.test(error.message),
  )
})

test('a run is watched to its end', async () => {
  const run = await readAnswer(client.api.eval.run.$post({ json: { backend: 'baseline' } }))
  const states: string[] = []
  for await (const status of watchRun(client, run.run_id, AbortSignal.timeout(20_000))) states.push(status.state)
  assert.equal(states.at(-1), 'done')
  assert.ok(states.slice(0, -1).every(state => state === 'running'))
})

test('a refusal names the place of what is wrong once', async () => {
  const refuse = (loc: (string | number)[], msg: string) =>
    createClient({
      baseUrl: 'http://localhost',
      fetch: () => Response.json({ detail: [{ loc: ['body', ...loc], msg, type: 'invalid' }] }, { status: 422 }),
    })
  const say = (loc: (string | number)[], msg: string) =>
    readAnswer(refuse(loc, msg).api.eval.pins.$get()).catch((error: Error) => error.message)
  assert.equal(await say(['messages', 3, 'role'], 'is not one of these'), 'messages.3.role: is not one of these')
  assert.equal(await say(['yaml', 3], 'line 3: no such axis'), 'line 3: no such axis')
  assert.equal(await say([], 'is missing'), 'is missing')
})
