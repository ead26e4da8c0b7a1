import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestApp, type TestApp } from './app.ts'

let app: TestApp

before(async () => {
  app = await openTestApp()
})
after(() => app.close())

interface Saved {
  name: string
  version: string
  created: boolean
}

const save = (name: string, body: object) => app.send<Saved>('POST', `/api/prompts/${name}/versions`, body)
const put = (name: string, label: string, version: string) =>
  app.send('PUT', `/api/prompts/${name}/labels/${label}`, { version })
const fetchPrompt = (name: string, search = '') => app.send('GET', `/api/prompts/${name}${search}`)

test('the same text is the same version, other text another', async () => {
  const first = await save('greeting', { user: 'Hello {{ name }}' })
  assert.equal(first.status, 201)
  assert.match(first.body.version, /^greeting@[0-9a-f]{8}$/)
  const again = await save('greeting', { system: '', user: 'Hello {{ name }}' })
  assert.deepEqual([again.status, again.body], [200, { ...first.body, created: false }])
  const other = await save('greeting', { system: 'Be brief.', user: 'Hello {{ name }}' })
  assert.notEqual(other.body.version, first.body.version)
  const versions = await app.send<{ version: string }[]>('GET', '/api/prompts/greeting/versions')
  assert.deepEqual(
    versions.body.map(one => one.version),
    [other.body.version, first.body.version],
  )
})

test('a template with a mistake is refused with its place, and nothing is saved', async () => {
  const { status, body } = await save('broken', { system: 'fine', user: 'one\n{% if x %}' })
  assert.equal(status, 422)
  assert.deepEqual(Object(body).detail[0].loc, ['body', 'user'])
  assert.match(Object(body).detail[0].msg, /line 2, column 1/)
  assert.equal((await fetchPrompt('broken', '?label=latest')).status, 404)
})

test('a label stands at one version, moves, goes away, and its past stays', async () => {
  const one = (await save('answer', { user: 'one' })).body.version
  const two = (await save('answer', { user: 'two' })).body.version
  assert.equal((await fetchPrompt('answer')).status, 404)
  assert.equal((await put('answer', 'production', one)).body.previous, null)
  assert.equal((await fetchPrompt('answer')).body.user, 'one')
  assert.equal((await put('answer', 'production', two.slice(-8))).body.previous, one)
  await put('answer', 'production', two)
  assert.equal((await fetchPrompt('answer', '?label=production')).body.user, 'two')
  assert.equal((await fetchPrompt('answer', `?version=${encodeURIComponent(one)}`)).body.user, 'one')
  const listed = await app.send<{ name: string; labels: object; version_count: number }[]>('GET', '/api/prompts')
  const summary = listed.body.find(prompt => prompt.name === 'answer')
  assert.deepEqual([summary?.labels, summary?.version_count], [{ production: two }, 2])
  assert.equal((await app.send('DELETE', '/api/prompts/answer/labels/production')).status, 200)
  assert.equal((await app.send('DELETE', '/api/prompts/answer/labels/production')).status, 404)
  assert.equal((await fetchPrompt('answer')).status, 404)
  const moves = await app.send<{ label: string; version: string | null }[]>('GET', '/api/prompts/answer/history')
  assert.deepEqual(
    moves.body.map(move => [move.label, move.version]),
    [
      ['production', null],
      ['production', two],
      ['production', one],
    ],
  )
})

test('of labels that are moved at once, the history ends where the label stands', async () => {
  const versions = await Promise.all(['a', 'b', 'c', 'd'].map(user => save('busy', { user })))
  await Promise.all(
    Array.from({ length: 24 }, (_, index) => put('busy', 'production', versions[index % 4]?.body.version ?? '')),
  )
  const [last] = (await app.send<{ version: string }[]>('GET', '/api/prompts/busy/history')).body
  assert.equal((await fetchPrompt('busy')).body.version, last?.version)
  const all = await app.send<unknown[]>('GET', '/api/prompts/busy/versions')
  assert.equal(all.body.length, 4)
})

test('an agent that has a prompt already is told so without its text', async () => {
  const { version } = (await save('cached', { user: 'x'.repeat(1000) })).body
  await put('cached', 'production', version)
  const first = await app.fetch('/api/prompts/cached')
  const tag = first.headers.get('etag') ?? ''
  assert.match(tag, /^"/)
  const again = await app.fetch('/api/prompts/cached', { headers: { 'if-none-match': tag } })
  assert.deepEqual([again.status, await again.text()], [304, ''])
  await put('cached', 'production', (await save('cached', { user: 'y' })).body.version)
  assert.equal((await app.fetch('/api/prompts/cached', { headers: { 'if-none-match': tag } })).status, 200)
})

test('what cannot be meant is refused with what there is', async () => {
  const { version } = (await save('known', { user: 'x' })).body
  assert.equal((await put('known', 'latest', version)).status, 422)
  assert.equal((await put('known', 'production', 'known@00000000')).status, 404)
  assert.equal((await put('gone', 'production', version)).status, 404)
  assert.equal((await fetchPrompt('known', `?label=a&version=${encodeURIComponent(version)}`)).status, 422)
  assert.match(String((await fetchPrompt('known', '?label=staging')).body.detail), /its newest is known@/)
  assert.equal((await save('known', { user: '' })).status, 422)
  assert.equal((await save('known', { user: 'x', sytem: 'y' })).status, 422)
})

test('prompts of one project are not there for another', async () => {
  await save('secret', { user: 'x' })
  await app.send('POST', '/api/projects', { name: 'elsewhere' })
  const headers = { 'x-whetstone-project': 'elsewhere' }
  assert.equal((await app.fetch('/api/prompts/secret?label=latest', { headers })).status, 404)
  assert.deepEqual(await (await app.fetch('/api/prompts', { headers })).json(), [])
})
