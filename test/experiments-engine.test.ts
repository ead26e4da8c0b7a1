import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import sql from 'sql-template-tag'
import { query } from '#db/connect.ts'
import { dispatchRun } from '#experiments/adhoc.ts'
import type { Experiment } from '#experiments/experiments.ts'
import type { ExperimentRun } from '#experiments/runs.ts'
import { createScriptedModel } from '#models/scripted.ts'
import { openTestApp, type TestApp } from './app.ts'

const yaml = `
backends:
  - { name: one, kind: scripted, script: {}, concurrency: 16, prices: { m: { input: 1, output: 2 } } }
  - { name: two, kind: scripted, script: {}, concurrency: 16 }
`
const answers = {
  default: {
    reply: (request: { messages: { content: string }[] }) => (request.messages.at(-1)?.content ?? '').toUpperCase(),
  },
}
const one = createScriptedModel(answers, 'one')
const two = createScriptedModel(answers, 'two')
let app: TestApp

before(async () => {
  app = await openTestApp({ yaml, backends: { one: { model: one }, two: { model: two } }, worker: true })
})
after(() => app.close())

async function finish(id: string): Promise<Experiment> {
  for (let look = 0; look < 1600; look++) {
    const { body } = await app.send<Experiment>('GET', `/api/experiments/${id}`)
    if (!['running', 'draft'].includes(body.status)) return body
    await sleep(25)
  }
  throw new Error('the experiment does not end')
}

test('an experiment with a name alone is a draft', async () => {
  const { status, body } = await app.send('POST', '/api/experiments', { name: 'bare' })
  assert.equal(status, 201)
  assert.equal(body.status, 'draft')
})

test('a sweep runs every variant on every case, as often as said', async () => {
  const cases = Array.from({ length: 10 }, (_, index) => ({
    ...{ id: `word-${index}`, input: { word: `w${index}` }, expected: `SAY W${index}` },
  }))
  const headers = { 'content-type': 'application/x-ndjson' }
  const lines = cases.map(one => JSON.stringify(one)).join('\n')
  await app.fetch('/api/datasets/words/versions', { method: 'POST', headers, body: lines })
  const { status, body } = await app.send<Experiment>('POST', '/api/experiments?start=true', {
    name: 'sweep',
    pipeline: { prompt: 'say {{ word }}', backend: 'one', model: 'm' },
    parameter_space: { temperature: [0, 0.5, 1] },
    dataset: 'words',
    scoring_config: { scorers: ['exact'] },
    sweep: { repeats: 2 },
  })
  assert.equal(status, 201, JSON.stringify(body))
  const done = await finish(body.id)
  assert.equal(done.status, 'completed', JSON.stringify(done))
  assert.deepEqual([done.cells, done.completed, done.failed, done.runs, done.calls, done.best], [60, 60, 0, 60, 60, 1])
  const runs = await query(app.db, sql`select distinct status, weighted, error from runs where variant_no is not null`)
  assert.deepEqual(runs, [{ status: 'completed', weighted: 1, error: null }])
  const { body: page } = await app.send<{ items: ExperimentRun[] }>(
    'GET',
    `/api/runs/page?experiment_id=${body.id}&limit=60`,
  )
  const named = new Set(page.items.map(run => `${run.case_name} ${run.case_preview}`))
  assert.deepEqual(
    [...named].sort(),
    cases.map(({ id, input }) => `${id} ${input.word}`),
  )
})

test('a run by itself is pending at first and completes', async () => {
  const { body } = await app.send<Experiment>('POST', '/api/experiments', { name: 'alone' })
  const { run_id } = await dispatchRun(app.db, app.app.queue, 1, 1, {
    experiment_id: body.id,
    config: { prompt: 'hello {{ name }}', model: 'm', backend: 'two', input_data: { name: 'ada' } },
  })
  for (let look = 0; look < 200; look++) {
    const [row] = await query<{ status: string; error: string }>(
      app.db,
      sql`select status, error from runs where run_id = ${run_id}::uuid`,
    )
    if (row?.status === 'completed') return
    assert.notEqual(row?.status, 'failed', row?.error)
    await sleep(25)
  }
  assert.fail('it did not complete')
})

test('a run by itself that cannot be asked is refused at its place; one that fails says why and has no grades', async () => {
  const { body: experiment } = await app.send<Experiment>('POST', '/api/experiments', {
    ...{ name: 'refusing', scoring_config: { scorers: ['exact'] } },
  })
  const asked = two.calls.length
  const hand = (config: object) =>
    app.send<{ id: string; detail: { loc: unknown[]; msg: string }[] }>('POST', '/api/runs', {
      ...{ experiment_id: experiment.id, config },
    })
  const refused = await hand({ prompt: 'hello {{ name }}', model: 'm', backend: 'two', input_data: { nam: 1 } })
  assert.equal(refused.status, 422)
  assert.deepEqual(refused.body.detail[0]?.loc, ['body', 'config', 'prompt'])
  const later = await hand({ stages: [{ name: 'a', prompt: '{{ stages.b.output }}' }], model: 'm', backend: 'two' })
  assert.deepEqual(later.body.detail[0]?.loc, ['body', 'config', 'stages', 0, 'prompt'])
  const lost = await hand({ prompt: 'hello', model: 'm', backend: 'nowhere' })
  assert.equal(lost.status, 201)
  for (let look = 0; look < 200; look++) {
    const [row] = await query<{ status: string; error: string; grades: number[] }>(
      app.db,
      sql`select status, error, grades from runs where run_id = ${lost.body.id}::uuid`,
    )
    if (row?.status === 'failed') {
      assert.match(row.error, /There is no backend "nowhere" in whetstone\.yaml\./)
      assert.deepEqual(row.grades, [])
      assert.equal(two.calls.length, asked)
      return
    }
    await sleep(25)
  }
  assert.fail('it did not fail')
})

test('a bug in the work on one run fails that run after a few tries, and the sweep comes to its end', async () => {
  const { ask } = one
  one.ask = async (request, signal) => {
    if (request.messages[0]?.content === 'bug 1') throw new TypeError('a bug for the test')
    return ask(request, signal)
  }
  const { body } = await app.send<Experiment>('POST', '/api/experiments?start=true', {
    name: 'buggy',
    pipeline: { prompt: 'bug {{ no }}', backend: 'one', model: 'm' },
    dataset: { name: 'bugs', cases: [{ input: { no: 1 } }, { input: { no: 2 } }] },
  })
  const done = await finish(body.id)
  one.ask = ask
  assert.deepEqual([done.status, done.completed, done.failed], ['completed', 1, 1], JSON.stringify(done))
  const [row] = await query(app.db, sql`select error, error_kind from runs where status = 'failed' and variant_no = 1`)
  assert.deepEqual(row, {
    error: 'It could not be run because of an internal error. The log says more.',
    error_kind: 'bug',
  })
})
