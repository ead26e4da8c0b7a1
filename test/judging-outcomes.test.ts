import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import sql from 'sql-template-tag'
import { query } from '#db/connect.ts'
import type { RunStatus } from '#judging/runs.ts'
import { createScriptedModel } from '#models/scripted.ts'
import { openTestApp, type TestApp } from './app.ts'
import { replyAsExpert } from './verdicts.ts'

let app: TestApp
const asked: string[] = []
const model = createScriptedModel({
  default: {
    reply: request => {
      asked.push(JSON.stringify(request))
      return replyAsExpert(request)
    },
  },
})

before(async () => {
  app = await openTestApp({
    worker: true,
    yaml: 'backends: [{ name: scripted, kind: scripted, script: {} }]',
    backends: { scripted: { model } },
  })
  const messages = [
    { role: 'user', content: 'Please cancel my flight.' },
    { role: 'assistant', content: 'It is cancelled.' },
  ]
  const outcome = { source: 'xyzzy-bench', reward: 0.734251, task_id: 'xyzzy-task', details: { gold: 'xyzzy-actions' } }
  await app.send('POST', '/api/sessions', { session_id: 'known', profile_id: 'airline', messages, outcome })
  await app.send('POST', '/api/sessions', { session_id: 'plain', profile_id: 'airline', messages })
})
after(() => app.close())

test('nothing of a true outcome reaches a model', async () => {
  assert.equal((await judge('scripted')).counts.ok, 2)
  assert.equal(asked.length > 0, true)
  for (const request of asked) {
    assert.ok(request.includes('cancel my flight'))
    assert.doesNotMatch(request, /xyzzy|734251/)
  }
  const stored = await query<{ text: string }>(app.db, sql`select request::text || answer::text as text from ledger`)
  for (const { text } of stored) assert.doesNotMatch(text, /xyzzy|734251/)
})

test('the baseline gives a session the same scores with and without its true outcome', async () => {
  assert.equal((await judge('baseline')).counts.ok, 2)
  const rows = await query<{ means: number[] }>(app.db, sql`select means from passes where backend = 'baseline'`)
  assert.equal(rows.length, 2)
  assert.deepEqual(rows[0]?.means, rows[1]?.means)
})

async function judge(backend: string): Promise<RunStatus> {
  const started = await app.send<RunStatus>('POST', '/api/eval/run', { backend, model: 'm1', scope: 'all' })
  for (let looks = 0; looks < 400; looks++) {
    const { body } = await app.send<RunStatus>('GET', `/api/eval/run/${started.body.run_id}`)
    if (body.state !== 'running') return body
    await sleep(50)
  }
  throw new Error('the run does not end')
}
