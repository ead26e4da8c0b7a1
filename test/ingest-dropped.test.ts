import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { DroppedFile } from '#ingest/dropped-file.ts'
import { openTestApp, type TestApp } from './app.ts'

const FIXTURES = join(import.meta.dirname, 'fixtures/transcripts')
const SHOP = join(FIXTURES, 'claude-projects/-home-ada-shop')

let app: TestApp
before(async () => {
  app = await openTestApp()
})
after(() => app.close())

async function drop(
  name: string,
  body: string | Buffer,
): Promise<{ status: number; body: DroppedFile & { detail?: unknown } }> {
  const response = await app.fetch(`/api/sessions/transcripts?name=${encodeURIComponent(name)}`, {
    method: 'POST',
    body: typeof body === 'string' ? body : new Uint8Array(body),
    headers: { 'content-type': 'application/octet-stream' },
  })
  return { status: response.status, body: await response.json() }
}

const listIds = async () =>
  (await app.send<{ session_id: string }[]>('GET', '/api/eval/sessions?limit=500')).body.map(row => row.session_id)

test('a dropped file of every format is imported as the command imports it, and again changes nothing', async () => {
  const files = [
    ['3d1f6a52-0b5e-4c53-9a1e-6b1f3a9c0002.jsonl', SHOP, 'Claude Code transcript'],
    ['whetstone.ndjson', FIXTURES, 'Whetstone NDJSON'],
    ['openai-chat.jsonl', FIXTURES, 'OpenAI chat JSONL'],
    ['trajectories.json', join(FIXTURES, 'tau-retail'), ''],
  ] as const
  for (const [name, folder, title] of files) {
    const bytes = readFileSync(join(folder, name))
    const { status, body } = await drop(name, bytes)
    assert.equal(status, 200, JSON.stringify(body))
    if (title !== '') assert.equal(body.format, title)
    assert.ok(body.imported > 0, name)
    const again = await drop(name, bytes)
    assert.deepEqual([again.body.imported, again.body.updated], [0, 0], name)
    assert.equal(again.body.unchanged + again.body.updated, body.imported + body.updated + body.unchanged, name)
  }
  assert.ok((await listIds()).includes('3d1f6a52-0b5e-4c53-9a1e-6b1f3a9c0002'))
})

test('what is rejected is told with its line in the file, whoever refused it', async () => {
  const lines = [
    JSON.stringify({ profile_id: 'bot', messages: [{ role: 'user', content: 'one' }] }),
    'no JSON',
    '',
    JSON.stringify({ profile_id: 'bot', session_id: 'two', messages: [{ role: 'judge', content: 'x' }] }),
    // Only the database's side knows that this session is not there.
    JSON.stringify({ session_id: 'nowhere', name: 'A name alone' }),
    JSON.stringify({ profile_id: 'bot', session_id: 'three', messages: [{ role: 'user', content: 'three' }] }),
  ]
  const { body } = await drop('mixed.jsonl', lines.join('\n'))
  assert.equal(body.imported, 2)
  assert.deepEqual(
    body.rejected.map(one => one.line),
    [2, 4, 5],
  )
  assert.equal(body.rejected_count, 3)
})

test('what is no transcript, a subagent’s file, or a name that leads elsewhere is refused or made harmless', async () => {
  const foreign = await drop('notes.txt', 'Dear diary')
  assert.equal(foreign.status, 422)
  assert.match(JSON.stringify(foreign.body.detail), /notes\.txt is none of the formats/)
  assert.doesNotMatch(JSON.stringify(foreign.body.detail), /whetstone-dropped/)
  assert.equal((await drop('empty.jsonl', '')).status, 422)
  const agent = await drop('agent-b7.jsonl', readFileSync(join(SHOP, 'agent-b7.jsonl')))
  assert.equal(agent.status, 422)
  assert.match(JSON.stringify(agent.body.detail), /subagent/)
  const before = (await listIds()).length
  const line = JSON.stringify({ messages: [{ role: 'user', content: 'Where am I?' }] })
  assert.equal((await drop('../../../tmp/elsewhere.jsonl', line)).status, 200)
  const ids = await listIds()
  assert.equal(ids.length, before + 1)
  assert.ok(ids.some(id => id.startsWith('elsewhere-')))
})

test('nothing stays on disk of what was dropped', () => {
  assert.deepEqual(
    readdirSync(tmpdir()).filter(name => name.startsWith('whetstone-dropped-')),
    [],
  )
})
