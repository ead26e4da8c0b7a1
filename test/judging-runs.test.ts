import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunStatus } from '#judging/runs.ts'
import { createScriptedModel } from '#models/scripted.ts'
import { openTestApp, type TestApp } from './app.ts'
import { replyAsExpert } from './verdicts.ts'

let app: TestApp
const model = createScriptedModel({ default: { reply: replyAsExpert } })

before(async () => {
  app = await openTestApp({
    worker: true,
    yaml: 'backends: [{ name: scripted, kind: scripted, script: {} }]',
    backends: { scripted: { model } },
  })
})
after(() => app.close())

const hello = [
  { role: 'user', content: 'Where is my parcel?' },
  { role: 'assistant', content: 'On its way.' },
]

test('a run judges every session by the whole panel and ends', async () => {
  for (const id of ['a', 'b'])
    await app.send('POST', '/api/sessions', { session_id: id, profile_id: 'support', messages: hello })
  const run = await app.send<RunStatus>('POST', '/api/eval/run', { backend: 'scripted', model: 'm1' })
  assert.equal(run.status, 200)
  assert.equal(run.body.state, 'running')
  const done = await waitForRun(run.body.run_id)
  assert.equal(done.state, 'done', JSON.stringify(done))
  assert.deepEqual(done.counts, { pending: 0, running: 0, ok: 2, failed: 0 })
  const overview = await app.send<{ eval_status: string }[]>('GET', '/api/eval/sessions')
  assert.deepEqual(
    overview.body.map(row => row.eval_status),
    ['evaluated', 'evaluated'],
  )
  const stats = await app.send<{ weekly: { sample_count: number }[] }>('GET', '/api/eval/stats')
  assert.equal(stats.body.weekly[0]?.sample_count, 2)
})

test('a run over named sessions judges these, also those that were judged, and no others', async () => {
  await app.send('POST', '/api/sessions', { session_id: 'c', profile_id: 'support', messages: hello })
  const request = { scope: 'sessions', session_ids: ['b', 'c', 'nobody'], backend: 'scripted', model: 'm1' }
  const estimate = await app.send('POST', '/api/eval/estimate', request)
  assert.deepEqual([estimate.body.sessions, estimate.body.calls], [2, 6])
  const before = model.calls.length
  const { run_id } = (await app.send<RunStatus>('POST', '/api/eval/run', request)).body
  const done = await waitForRun(run_id)
  assert.deepEqual(done.sessions.map(({ session_id, state }) => [session_id, state]).sort(), [
    ['b', 'ok'],
    ['c', 'ok'],
  ])
  assert.equal(model.calls.length - before, 6)
  const refused = await app.send('POST', '/api/eval/run', { scope: 'sessions', backend: 'scripted' })
  assert.equal(refused.status, 422)
})

async function waitForRun(runId: string): Promise<RunStatus> {
  for (;;) {
    const { body } = await app.send<RunStatus>('GET', `/api/eval/run/${runId}`)
    if (body.state !== 'running') return body
    await sleep(50)
  }
}
