import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { queryRow } from '#db/connect.ts'
import type { Expected } from '#experiments/expected.ts'
import type { Experiment } from '#experiments/experiments.ts'
import { openTestApp, type TestApp } from './app.ts'
import { type Fake, startFake } from './openai-fake.ts'

let app: TestApp
let fake: Fake

before(async () => {
  fake = await startFake({ models: ['known', 'tagged:latest'] })
  const yaml = `
backends:
  - { name: fake, base_url: '${fake.url}', prices: { known: { input: 1000, output: 1000 } } }
  - { name: dear, base_url: '${fake.url}' }
`
  app = await openTestApp({ yaml, worker: true })
})
after(async () => {
  await app.close()
  await fake.close()
})

const cases = [{ input: { word: 'a' } }, { input: { word: 'b', more: { deep: [1] } } }]
const dataset = { name: 'refusals', cases }
const pipeline = { prompt: '{{ word }}', backend: 'fake', model: 'known' }

interface Refusal {
  name: string
  change: { [field: string]: unknown }
  loc: (string | number)[]
  says: RegExp
}

const refusals: Refusal[] = [
  {
    name: 'a scorer that is not there',
    change: { scoring_config: { scorers: ['exact', 'exakt'] } },
    loc: ['scoring_config', 'scorers', 1],
    says: /no scorer/i,
  },
  {
    name: 'settings that a scorer does not know',
    change: { scoring_config: { scorers: [{ kind: 'length', maximum: 3 }] } },
    loc: ['scoring_config', 'scorers', 0, 'maximum'],
    says: /no such field/i,
  },
  {
    name: 'a negative weight',
    change: { scoring_config: { weights: { exact: -1 } } },
    loc: ['scoring_config', 'weights', 'exact'],
    says: /negative/,
  },
  {
    name: 'a weight that is no number',
    change: { scoring_config: { weights: { exact: null } } },
    loc: ['scoring_config', 'weights', 'exact'],
    says: /number/,
  },
  {
    name: 'a judge whose backend is not there',
    change: {
      scoring_config: { scorers: ['exact', { kind: 'llm_judge', rubric: 'x', model: 'm', backend: 'nobody' }] },
    },
    loc: ['scoring_config', 'scorers', 1, 'backend'],
    says: /no backend "nobody"/,
  },
  {
    name: "a judge's model that the backend does not list",
    change: {
      scoring_config: {
        scorers: [
          { kind: 'llm_judge', rubric: 'x', backend: 'fake', model: 'known', panel: [{ name: 'a', model: 'zz' }] },
        ],
      },
    },
    loc: ['scoring_config', 'scorers', 0, 'panel', 0, 'model'],
    says: /no model "zz"/,
  },
  {
    name: 'an inline dataset without cases',
    change: { dataset: { name: 'none', cases: [] } },
    loc: ['dataset', 'cases'],
    says: /at least 1/,
  },
  {
    name: 'a dataset that is not there',
    change: { dataset: 'nowhere' },
    loc: ['dataset'],
    says: /no dataset "nowhere"/,
  },
  {
    name: 'stages in a circle',
    change: {
      pipeline: {
        model: 'known',
        backend: 'fake',
        stages: [
          { name: 'one', prompt: '{{ stages.two.output }}' },
          { name: 'two', prompt: '{{ stages.one.output }}' },
        ],
      },
    },
    loc: ['pipeline', 'stages', 0, 'prompt'],
    says: /no earlier stage/,
  },
  {
    name: 'a stage that reads itself',
    change: {
      pipeline: [{ name: 'one', prompt: { user: '{{ stages.one.output }}' }, model: 'known', backend: 'fake' }],
    },
    loc: ['pipeline', 0, 'prompt', 'user'],
    says: /no earlier stage "one"/,
  },
  {
    name: 'two stages of one name',
    change: {
      pipeline: [
        { name: 'one', prompt: 'a', model: 'known', backend: 'fake' },
        { name: 'one', prompt: 'b', model: 'known', backend: 'fake' },
      ],
    },
    loc: ['pipeline', 1, 'name'],
    says: /already/,
  },
  {
    name: 'a variable that one case lacks',
    change: { pipeline: { ...pipeline, prompt: '{{ word }}\n{{ more.deep }}' } },
    loc: ['pipeline', 'prompt'],
    says: /more.*line 2, column 4.*in case/s,
  },
  {
    name: 'a variable in a value of the space',
    change: { parameter_space: { prompt: ['{{ word }}', '{{ wort }}'] } },
    loc: ['parameter_space', 'prompt'],
    says: /wort/,
  },
  {
    name: 'a broken template',
    change: { pipeline: { ...pipeline, prompt: '{% if %}' } },
    loc: ['pipeline', 'prompt'],
    says: /line 1/,
  },
  {
    name: 'a model that is not filled in yet, and nothing else',
    change: { pipeline: { ...pipeline, model: null } },
    loc: ['pipeline', 'model'],
    says: /Expected text, not null/,
  },
  {
    name: 'a model that the backend does not list',
    change: { pipeline: { ...pipeline, model: 'unknown' } },
    loc: ['pipeline', 'model'],
    says: /no model "unknown"/,
  },
  {
    name: 'a model that the backend does not list, in the space',
    change: { parameter_space: { model: ['known', 'unknown'] } },
    loc: ['parameter_space', 'model'],
    says: /no model "unknown"/,
  },
  {
    name: 'no model at all',
    change: { pipeline: { prompt: 'x', backend: 'fake' } },
    loc: ['pipeline', 'model'],
    says: /needed/,
  },
  {
    name: 'no prompt at all',
    change: { pipeline: { model: 'known', backend: 'fake' } },
    loc: ['pipeline', 'prompt'],
    says: /needed, here or as a parameter/,
  },
  {
    name: 'a backend that is not there',
    change: { pipeline: { ...pipeline, backend: 'nobody' } },
    loc: ['pipeline', 'backend'],
    says: /no backend "nobody"/,
  },
  {
    name: 'a parameter of a stage that is not there',
    change: { parameter_space: { 'plan.temperature': [0] } },
    loc: ['parameter_space', 'plan.temperature'],
    says: /no stage "plan"/,
  },
  {
    name: 'what is no parameter',
    change: { parameter_space: { schema: [{}] } },
    loc: ['parameter_space', 'schema'],
    says: /cannot be varied/,
  },
  {
    name: 'a grid with more points than trials',
    change: { parameter_space: { temperature: { min: 0, max: 1, step: 0.01 } }, sweep: { trials: 10 } },
    loc: ['parameter_space'],
    says: /101 points/,
  },
  {
    name: 'a guided sweep without scorers',
    change: { sweep: { method: 'guided' } },
    loc: ['scoring_config', 'scorers'],
    says: /guided/,
  },
  {
    name: 'a range with a step of nothing',
    change: { parameter_space: { temperature: { min: 0, max: 1, step: 0 } } },
    loc: ['parameter_space', 'temperature', 'step'],
    says: /more than 0/,
  },
  {
    name: 'a range of more values than can be told apart',
    change: { parameter_space: { temperature: { min: 0, max: 1e300, step: 1e-300 } } },
    loc: ['parameter_space', 'temperature', 'step'],
    says: /more than 1000000000 values/,
  },
  {
    name: 'a case whose input is text',
    change: { dataset: { name: 'none', cases: [{ input: 'a' }] } },
    loc: ['dataset', 'cases', 0, 'input'],
    says: /an object, not text/,
  },
  {
    name: 'a baseline that fits several variants',
    change: { parameter_space: { temperature: [0, 1], top_p: [0.5, 1] }, baseline: { temperature: 1 } },
    loc: ['baseline'],
    says: /fits 2 variants.*top_p/,
  },
  {
    name: 'a schema of an output that is none',
    change: { pipeline: { ...pipeline, schema: { type: 'objekt' } } },
    loc: ['pipeline', 'schema'],
    says: /type/,
  },
  {
    name: "a schema of a tool's arguments that is none",
    change: {
      pipeline: [{ name: 'one', ...pipeline, tools: [{ name: 'a' }, { name: 'b', parameters: { required: 'x' } }] }],
    },
    loc: ['pipeline', 0, 'tools', 1, 'parameters'],
    says: /required/,
  },
  {
    name: 'a registered prompt that is not there',
    change: { pipeline: { ...pipeline, prompt: { name: 'nothing' } } },
    loc: ['pipeline', 'prompt'],
    says: /no prompt/i,
  },
  {
    name: 'a parameter that the backend does not take',
    change: { pipeline: { ...pipeline, params: { temperature: 'warm' } } },
    loc: ['pipeline', 'params', 'temperature'],
    says: /temperature.*number/,
  },
]

for (const { name, change, loc, says } of refusals) {
  test(`${name} is refused at its place, and nothing is asked`, async () => {
    const { status, body } = await app.send<{ detail: { loc: unknown[]; msg: string }[] }>('POST', '/api/experiments', {
      ...{ name: 'refused', pipeline, dataset },
      ...change,
    })
    assert.equal(status, 422, JSON.stringify(body))
    assert.deepEqual(body.detail[0]?.loc, ['body', ...loc], JSON.stringify(body))
    assert.match(body.detail[0]?.msg ?? '', says)
    assert.equal(fake.count(), 0)
    assert.equal(
      (await queryRow<{ n: number }>(app.db, sql`select count(*) as n from experiments where name = 'refused'`)).n,
      0,
    )
  })
}

test('an experiment that would pass a ceiling does not start, and says what is expected', async () => {
  const create = async (sweep: object, backend = 'fake') => {
    const { body } = await app.send<Experiment>('POST', '/api/experiments', {
      ...{ name: 'dear', dataset, pipeline: { ...pipeline, backend }, sweep },
    })
    return body.id
  }
  const start = (id: string) =>
    app.send<{ detail: { loc: unknown[]; msg: string }[] }>('POST', `/api/experiments/${id}/start`)
  const dollars = await start(await create({ max_cost_usd: 0.01 }))
  assert.equal(dollars.status, 422)
  assert.deepEqual(dollars.body.detail[0]?.loc, ['body', 'sweep', 'max_cost_usd'])
  assert.match(
    dollars.body.detail[0]?.msg ?? '',
    /About \$1\.01 expected for 2 calls, .*known already.*, more than max_cost_usd of \$0\.010\./,
  )
  const tokens = await start(await create({ max_tokens: 10 }))
  assert.match(
    tokens.body.detail[0]?.msg ?? '',
    /About 1010 tokens expected for 2 calls, .*, more than max_tokens of 10/,
  )
  const unknown = await start(await create({ max_cost_usd: 5 }, 'dear'))
  assert.match(unknown.body.detail[0]?.msg ?? '', /no price is known for known/)
  const expected = await app.send('GET', `/api/experiments/${await create({})}/expected`)
  assert.deepEqual(
    { ...expected.body, cost_usd: Number(Number(expected.body.cost_usd).toFixed(3)) },
    {
      variants: 1,
      cases: 2,
      repeats: 1,
      cells: 2,
      calls: 2,
      tokens_in: 10,
      tokens_out: 1000,
      cost_usd: 1.01,
      unpriced: [],
    },
  )
  assert.equal(fake.count(), 0)
})

test('what judges will cost is part of what is expected, and refused beforehand', async () => {
  const judge = { kind: 'llm_judge', rubric: 'Is it a letter?', model: 'known', backend: 'fake' }
  const create = async (scorers: object[], sweep = {}) => {
    const { body } = await app.send<Experiment>('POST', '/api/experiments', {
      ...{ name: 'judged', dataset, pipeline, sweep, scoring_config: { scorers } },
    })
    return body.id
  }
  const expect = async (scorers: object[]) =>
    (await app.send<Expected>('GET', `/api/experiments/${await create(scorers)}/expected`)).body
  const [none, one, blind] = [
    await expect([]),
    await expect([judge]),
    await expect([{ ...judge, shows_input: false, panel: [{ name: 'a' }, { name: 'b' }] }]),
  ]
  assert.deepEqual([none.calls, one.calls, blind.calls], [2, 4, 6])
  assert.ok(one.tokens_in > none.tokens_in + 2 * 500, 'the output is read again, below the instructions')
  assert.equal(one.tokens_out, 2 * none.tokens_out)
  assert.ok(Number(blind.cost_usd) > Number(one.cost_usd) && Number(one.cost_usd) > 2 * Number(none.cost_usd))
  const id = await create([judge], { max_cost_usd: 1.5 })
  const { status, body } = await app.send<{ detail: { msg: string }[] }>('POST', `/api/experiments/${id}/start`)
  assert.equal(status, 422)
  assert.match(body.detail[0]?.msg ?? '', /expected for 4 calls/)
  assert.equal(fake.count(), 0)
})

test('a prompt may be a parameter alone', async () => {
  for (const name of ['prompt', 'user']) {
    const { status, body } = await app.send<Experiment>('POST', '/api/experiments', {
      ...{ name: 'prompts', dataset, pipeline: { model: 'known', backend: 'fake' } },
      parameter_space: { [name]: ['{{ word }}', 'Say {{ word }}'] },
    })
    assert.equal(status, 201, JSON.stringify(body))
    const expected = await app.send<Expected>('GET', `/api/experiments/${body.id}/expected`)
    assert.equal(expected.body.cells, 4)
  }
})

test('a name without a tag is the latest of a model', async () => {
  const { status } = await app.send('POST', '/api/experiments', {
    ...{ name: 'tagged', dataset, pipeline: { ...pipeline, model: 'tagged' } },
  })
  assert.equal(status, 201)
})
