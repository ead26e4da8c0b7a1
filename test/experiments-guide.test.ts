import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { parseExperiment } from '#cli/experiment-file.ts'
import type { Experiment } from '#experiments/experiments.ts'
import type { VariantLeaderboard } from '#experiments/leaderboard-schemas.ts'
import { PURE_SCORERS } from '#experiments/scorers/registry.ts'
import { createWebhookSecret, signWebhook } from '#experiments/webhook-signature.ts'
import { openTestApp, type TestApp } from './app.ts'
import { listFiles, ROOT, readText } from './repository.ts'

const guide = readText('docs/experiments.md')

/** The examples ask `ollama`, so a scripted backend stands in its place. */
const BACKENDS = `
backends:
  - name: ollama
    kind: scripted
    script:
      rules:
        - { when: { any: "say whether its writer" }, reply: { category: billing, angry: true } }
        - { when: { any: "in two sentences" }, reply: "We are sorry. We have looked at it and will send you the money tomorrow." }
        - { when: { last: parcel }, reply: delivery }
        - { when: { last: order }, reply: billing }
        - { when: { last: invoice, model: "qwen3:8b" }, reply: Billing }
      default: { reply: bug }
`

let app: TestApp
before(async () => {
  app = await openTestApp({ worker: true, yaml: BACKENDS })
})
after(() => app.close())

async function runExample(name: string): Promise<Experiment> {
  const path = `${ROOT}examples/${name}`
  const { request, cases } = parseExperiment(path, readFileSync(path, 'utf8'))
  assert.ok(cases !== null)
  const headers = { 'content-type': 'text/csv' }
  const upload = { method: 'POST', headers, body: readFileSync(cases.path) }
  assert.equal((await app.fetch(`/api/datasets/${cases.name}/versions`, upload)).status, 200)
  const settings = typeof request.dataset === 'object' ? request.dataset : {}
  const json = { ...request, dataset: { ...settings, name: cases.name } }
  const made = await app.send<Experiment>('POST', '/api/experiments?start=true', json)
  assert.equal(made.status, 201, JSON.stringify(made.body))
  for (let round = 0; round < 600; round++) {
    const { body } = await app.send<Experiment>('GET', `/api/experiments/${made.body.id}`)
    if (body.status !== 'running') return body
    await sleep(50)
  }
  throw new Error(`${name} does not end`)
}

test('every example comes to an answer', async () => {
  const names = (listFiles() ?? ['examples/prompts.yaml', 'examples/pipeline.yaml', 'examples/sweep.yaml'])
    .filter(path => /^examples\/.*\.yaml$/.test(path))
    .map(path => path.slice('examples/'.length))
  assert.ok(names.length >= 3)
  for (const name of names) {
    const done = await runExample(name)
    assert.deepEqual([done.status, done.failed, done.error], ['completed', 0, null], name)
    const board = await app.send<VariantLeaderboard>('GET', `/api/experiments/${done.id}/leaderboard`)
    assert.ok(board.body.entries.length > 1, name)
    assert.equal(typeof board.body.verdict, 'string', name)
  }
})

test("the guide's table of scorers has every kind with all its settings and their defaults", () => {
  const [, section = ''] = /^## Scorers$(.*?)^## /ms.exec(guide) ?? []
  const rows = [...section.matchAll(/^\| `(\w+)` \| [^|]+ \| ([^|]*) \|$/gm)]
  const table = new Map(rows.map(([, kind = '', settings = '']) => [kind, settings.match(/[^` ]+/g) ?? []]))
  for (const { kind, schema } of PURE_SCORERS) {
    const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
    const settings = Object.entries(properties).flatMap(([name, property]) => {
      if (name === 'kind' || name === 'name') return []
      const value = typeof property === 'object' && 'default' in property ? property.default : undefined
      return [value === undefined ? name : `${name}=${value}`]
    })
    assert.deepEqual(table.get(kind)?.toSorted(), settings.toSorted(), kind)
  }
  assert.deepEqual([...table.keys()].slice(-2), ['llm_judge', 'human'])
  assert.equal(table.size, PURE_SCORERS.length + 2)
})

test("the guide's way to verify a webhook takes what is signed, and nothing that is changed or old", async () => {
  const [, code = ''] = /```js\n(.*?)```/s.exec(guide) ?? []
  const { isFromWhetstone } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  const secret = createWebhookSecret()
  const body = '{"event":"run.completed"}'
  const now = Math.floor(Date.now() / 1000)
  const headers = signWebhook(secret, 'run_completed_1', now, body)
  assert.equal(isFromWhetstone(headers, body, secret), true)
  assert.equal(isFromWhetstone(headers, `${body} `, secret), false)
  assert.equal(isFromWhetstone(headers, body, createWebhookSecret()), false)
  assert.equal(isFromWhetstone({ ...headers, 'webhook-id': 'x' }, body, secret), false)
  assert.equal(isFromWhetstone(signWebhook(secret, 'x', now - 600, body), body, secret), false)
  assert.equal(isFromWhetstone({ ...headers, 'webhook-timestamp': 'x' }, body, secret), false)
})
