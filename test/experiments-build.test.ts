import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'
import sql from 'sql-template-tag'
import { parse } from 'yaml'
import { queryRow } from '#db/connect.ts'
import { concludeExperiments } from '#experiments/conclusions.ts'
import type { Experiment } from '#experiments/experiments.ts'
import type { VariantLeaderboard } from '#experiments/leaderboard-schemas.ts'
import { PURE_SCORERS } from '#experiments/scorers/registry.ts'
import { openTestApp, type TestApp } from './app.ts'
import { readText } from './repository.ts'

const BACKENDS = `
backends:
  - name: ollama
    kind: scripted
    prices: { good: { input: 1000, output: 1000 }, bad: { input: 1000, output: 1000 } }
    script:
      rules: [{ when: { model: good }, reply: Paris }]
      default: { reply: I do not know which city that could be }
`

let app: TestApp
before(async () => {
  app = await openTestApp({ worker: true, yaml: BACKENDS })
})
after(() => app.close())

const cases = ['France', 'its capital', 'the Louvre'].map(word => ({ input: { word }, expected: 'Paris' }))
const question = {
  name: 'capitals',
  dataset: { name: 'capitals', cases },
  pipeline: { prompt: 'What is {{ word }}?' },
  parameter_space: { model: ['good', 'bad'] },
  scoring_config: {
    scorers: ['contains', 'length'].map(kind => (kind === 'length' ? { kind, min: 10 } : kind)),
    weights: { contains: 1 },
  },
}

test('the schema takes the examples and names each kind of scorer with its settings', async () => {
  const { body: schema } = await app.send('GET', '/api/experiments/schema')
  const validate = new Ajv2020({ strict: false }).compile(schema)
  for (const name of ['prompts', 'pipeline', 'sweep']) {
    assert.equal(validate(parse(readText(`examples/${name}.yaml`))), true, JSON.stringify(validate.errors))
  }
  assert.equal(validate({ ...question, scoring_config: { scorers: ['exakt'] } }), false)
  assert.equal(validate({ ...question, scoring_config: { scorers: [{ kind: 'length', maximum: 3 }] } }), false)
  assert.equal(validate({ ...question, sweeps: {} }), false)
  const kinds = [...PURE_SCORERS.map(({ kind }) => kind), 'llm_judge', 'human']
  for (const kind of kinds) assert.ok(JSON.stringify(schema).includes(`"const":"${kind}"`), kind)
})

test('what a document would take is told without keeping it, ceilings and mistakes at their places', async () => {
  const ask = (change: object) => app.send('POST', '/api/experiments/expected', { ...question, ...change })
  const told = await ask({})
  assert.deepEqual([told.status, told.body.calls, told.body.variants, told.body.excess], [200, 6, 2, null])
  const dear = await ask({ sweep: { max_cost_usd: 0.001 } })
  assert.equal(dear.status, 200)
  assert.equal(Object(dear.body.excess).field, 'sweep.max_cost_usd')
  assert.match(Object(dear.body.excess).message, /more than max_cost_usd/)
  const wrong = await ask({ scoring_config: { scorers: ['contains', 'exakt'] } })
  assert.equal(wrong.status, 422)
  assert.deepEqual(Object(wrong.body).detail[0].loc, ['body', 'scoring_config', 'scorers', 1])
  assert.deepEqual((await app.send('GET', '/api/experiments')).body, [])
})

test('a draft is described anew until it is started', async () => {
  const { body: draft } = await app.send<Experiment>('POST', '/api/experiments', question)
  const path = `/api/experiments/${draft.id}`
  const renamed = {
    ...question,
    name: 'towns',
    scoring_config: { scorers: ['exact'], weights: { exact: 2 }, pass_threshold: 0.9 },
  }
  const changed = await app.send<Experiment>('PUT', path, renamed)
  assert.deepEqual([changed.status, changed.body.name, changed.body.status], [200, 'towns', 'draft'])
  const { names } = await queryRow<{ names: string[] }>(
    app.db,
    sql`select array_agg(name) as names from experiment_scorers`,
  )
  assert.deepEqual(names, ['exact'])
  assert.equal(
    (await app.send('PUT', path, { ...renamed, pipeline: { prompt: '{{ nothing }}', model: 'good' } })).status,
    422,
  )
  assert.equal((await app.send('POST', `${path}/start`)).status, 200)
  assert.equal((await app.send('PUT', path, question)).status, 409)
})

test('what an experiment came to stands in the list, follows scores that come later, and runs say what was asked', async () => {
  const { body: started } = await app.send<Experiment>('POST', '/api/experiments?start=true', question)
  const read = async () => {
    const { body } = await app.send<Experiment[]>('GET', '/api/experiments?name=capitals&limit=1')
    return body[0] ?? assert.fail('it is not listed')
  }
  const waitFor = async (wanted: (one: Experiment) => boolean) => {
    for (let round = 0; round < 200; round++) {
      const one = await read()
      if (wanted(one)) return one
      await sleep(50)
    }
    throw new Error(JSON.stringify(await read()))
  }
  assert.equal(started.conclusion, null)
  const done = await waitFor(one => one.conclusion !== null)
  const { body: board } = await app.send<VariantLeaderboard>('GET', `/api/experiments/${done.id}/leaderboard`)
  const [first] = board.entries
  assert.equal(done.conclusion?.leader.label, 'good')
  assert.deepEqual(
    [done.conclusion?.leader.low, done.conclusion?.leader.high],
    [first?.weighted?.low, first?.weighted?.high],
  )
  assert.equal(done.conclusion?.verdict, board.verdict)
  const weights = { scoring_config: { weights: { length: 1 } } }
  assert.equal((await app.send('PATCH', `/api/experiments/${done.id}`, weights)).status, 200)
  await concludeExperiments(app.db)
  assert.equal((await read()).conclusion?.leader.label, 'bad')
  const listed = await app.send<{ items: { id: string }[] }>('GET', `/api/runs?experiment_id=${done.id}`)
  const run = await app.send<{ stage_results: object[] }>('GET', `/api/runs/${listed.body.items[0]?.id}`)
  assert.match(
    JSON.stringify(run.body.stage_results[0]),
    /"messages":\[\{"role":"user","content":"What is [^{]*\?"\}\]/,
  )
})
