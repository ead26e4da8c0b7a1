import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Experiment } from '#experiments/experiments.ts'
import { openTestApp, type TestApp } from './app.ts'

const BACKENDS = `
backends:
  - name: ollama
    kind: scripted
    script: { rules: [], default: { reply: Paris } }
`

let app: TestApp
before(async () => {
  app = await openTestApp({ worker: true, yaml: BACKENDS })
})
after(() => app.close())

interface Labelled {
  name: string
  version: string
  previous: string | null
  created: boolean
  variant: { variant_no: number; label: string }
  stage: string
}

const dataset = { name: 'words', cases: [{ input: { word: 'a' } }] }

async function start(name: string, question: object): Promise<Experiment> {
  const made = await app.send<Experiment>('POST', '/api/experiments?start=true', { name, dataset, ...question })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  return made.body
}

const label = (experiment: string, body: object) =>
  app.send<Labelled>('POST', `/api/experiments/${encodeURIComponent(experiment)}/label`, body)
const read = (name: string, search = '') => app.send('GET', `/api/prompts/${name}${search}`)

async function refuse(experiment: string, body: object, field: string, says: RegExp): Promise<void> {
  const { status, body: answer } = await label(experiment, body)
  assert.equal(status, 422, JSON.stringify(answer))
  const [issue] = Object(answer).detail
  assert.deepEqual(issue.loc, ['body', field])
  assert.match(issue.msg, says)
}

test('the texts of a variant become a version under the name that is given, and carry the label', async () => {
  const systems = ['Be brief.', 'Be kind.']
  await start('texts', { pipeline: { model: 'm', prompt: '{{ word }}' }, parameter_space: { system: systems } })
  await refuse('texts', { variant: 'Be kind.', label: 'production' }, 'prompt', /not in the registry/)
  await refuse('texts', { variant: 'Be rude.', label: 'production', prompt: 'tone' }, 'variant', /1 \(Be brief\.\)/)
  await refuse('texts', { variant: '1', label: 'latest', prompt: 'tone' }, 'label', /newest version/)
  assert.equal((await read('tone', '?label=latest')).status, 404, 'what is refused leaves nothing behind')
  const first = await label('texts', { variant: 'Be kind.', label: 'production', prompt: 'tone' })
  assert.equal(first.status, 200)
  assert.deepEqual(
    [first.body.created, first.body.previous, first.body.variant, first.body.stage],
    [true, null, { variant_no: 2, label: 'Be kind.' }, 'main'],
  )
  const { body } = await read('tone')
  assert.deepEqual([body.version, body.system, body.user], [first.body.version, 'Be kind.', '{{ word }}'])
  const moved = await label('texts', { variant: '{"system":"Be brief."}', label: 'production', prompt: 'tone' })
  assert.equal(moved.body.previous, first.body.version)
  const back = await label('texts', { variant: '2', label: 'production', prompt: 'tone' })
  assert.deepEqual([back.body.version, back.body.created], [first.body.version, false])
})

test('a version of the registry that a variant used is the one that gets the label; a varied text is another', async () => {
  const save = (user: string) => app.send<{ version: string }>('POST', '/api/prompts/ask/versions', { user })
  const one = (await save('One: {{ word }}')).body.version
  const two = (await save('Two: {{ word }}')).body.version
  const prompts = [one, two].map(version => ({ name: 'ask', version }))
  const { id } = await start('registered', {
    pipeline: { model: 'm', prompt: prompts[0] },
    parameter_space: { prompt: prompts },
  })
  const labelled = await label(id, { variant: '1', label: 'production' })
  assert.deepEqual([labelled.body.name, labelled.body.version, labelled.body.created], ['ask', one, false])
  assert.equal((await read('ask')).body.user, 'One: {{ word }}')
  await start('varied', { pipeline: { model: 'm', prompt: prompts[0] }, parameter_space: { system: ['Be brief.'] } })
  const varied = await label('varied', { variant: '1', label: 'staging' })
  assert.deepEqual([varied.body.name, varied.body.created], ['ask', true])
  assert.deepEqual((await read('ask', '?label=staging')).body.system, 'Be brief.')
  const other = await label(id, { variant: '1', label: 'production', prompt: 'copy' })
  assert.deepEqual([other.body.name, other.body.created], ['copy', true])
})

test('of several stages the one that is meant has to be named', async () => {
  const stages = [
    { name: 'plan', prompt: 'Plan {{ word }}' },
    { name: 'reply', prompt: '{{ stages.plan.output }}' },
  ]
  await start('staged', { pipeline: { model: 'm', stages } })
  const wanted = { variant: '1', label: 'production', prompt: 'reply' }
  await refuse('staged', wanted, 'stage', /plan, reply/)
  await refuse('staged', { ...wanted, stage: 'answer' }, 'stage', /no stage "answer".*plan, reply/)
  assert.equal((await label('staged', { ...wanted, stage: 'reply' })).body.stage, 'reply')
  assert.equal((await read('reply')).body.user, '{{ stages.plan.output }}')
})

test('an experiment that was not started has nothing to label', async () => {
  const draft = { name: 'draft', dataset, pipeline: { model: 'm', prompt: '{{ word }}' } }
  assert.equal((await app.send('POST', '/api/experiments', draft)).status, 201)
  const wanted = { variant: '1', label: 'production', prompt: 'x' }
  assert.equal((await label('draft', wanted)).status, 409)
  assert.equal((await label('nowhere', wanted)).status, 404)
})
