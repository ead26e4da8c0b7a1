import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openBackend } from '#models/backend.ts'
import { readBackends } from '#models/backends.ts'
import { createLatencySource } from '#models/latency.ts'
import { ModelFailure, type ModelRequest } from '#models/model.ts'
import { createScriptedModel } from '#models/scripted.ts'

const signal = new AbortController().signal
const request = (content: string, model = 'm'): ModelRequest => ({
  model,
  messages: [
    { role: 'system', content: 'You judge.' },
    { role: 'user', content },
  ],
  parameters: {},
  schema: null,
})

test('steps come first, one per call; then the first rule that fits and is not used up; then the default', async () => {
  const model = createScriptedModel({
    steps: [{ reply: 'one' }, { reply: { two: 2 } }],
    rules: [
      { when: { last: 'refund' }, times: 1, reply: 'rule 1' },
      { when: { any: 'judge', model: 'big' }, reply: 'rule 2' },
    ],
    default: { reply: asked => `default for ${asked.messages.at(-1)?.content}` },
  })
  const texts: string[] = []
  for (const [content, name] of [['a'], ['b'], ['refund'], ['refund'], ['x', 'big']]) {
    texts.push((await model.ask(request(content ?? '', name), signal)).text)
  }
  assert.deepEqual(texts, ['one', '{"two":2}', 'rule 1', 'default for refund', 'rule 2'])
  assert.equal(model.calls.length, 5)
  assert.equal(model.calls[2]?.messages[1]?.content, 'refund')
})

test('tokens, the end and the failure are as told; without a word tokens are estimated', async () => {
  const usage = { tokens_in: 5, tokens_out: 6, tokens_in_cached: 1 }
  const model = createScriptedModel({
    steps: [
      { usage, finish_reason: 'length' },
      { usage: null },
      {},
      { fail: { kind: 'overloaded', status: 429, retry_after_ms: 5, message: 'slow' } },
    ],
  })
  const told = await model.ask(request('x'), signal)
  assert.deepEqual([told.tokens_in, told.tokens_out, told.tokens_in_cached, told.finish_reason], [5, 6, 1, 'length'])
  const none = await model.ask(request('x'), signal)
  assert.deepEqual([none.tokens_in, none.tokens_out, none.tokens_in_cached], [null, null, null])
  const estimated = await model.ask(request('x'.repeat(400)), signal)
  assert.ok((estimated.tokens_in ?? 0) >= 100 && (estimated.tokens_in ?? 0) < 150)
  await assert.rejects(model.ask(request('x'), signal), (error: unknown) => {
    assert.ok(error instanceof ModelFailure)
    assert.deepEqual([error.kind, error.status, error.retryAfterMs, error.message], ['overloaded', 429, 5, 'slow'])
    return true
  })
})

test('a delayed answer ends with the signal', async () => {
  const model = createScriptedModel({ default: { delay_ms: 60_000 } })
  await assert.rejects(
    model.ask(request('x'), AbortSignal.timeout(10)),
    error => error instanceof ModelFailure && error.kind === 'deadline',
  )
})

test('log-normal latencies repeat by their seed and have the median and the spread they are told', () => {
  const draw = (seed: number, n: number) => {
    const source = createLatencySource({ median_ms: 200, sigma: 0.8, seed })
    return Array.from({ length: n }, source)
  }
  assert.deepEqual(draw(1, 10), draw(1, 10))
  assert.notDeepEqual(draw(1, 10), draw(2, 10))
  const logs = draw(3, 20_000)
    .map(ms => Math.log(ms / 200))
    .sort((a, b) => a - b)
  const deviation = Math.sqrt(logs.reduce((sum, x) => sum + x * x, 0) / logs.length)
  // Standard errors at n = 20,000: median 0.007, deviation 0.004.
  assert.ok(Math.abs(logs[10_000] ?? 1) < 0.03)
  assert.ok(Math.abs(deviation - 0.8) < 0.02)
})

test('a scripted backend in whetstone.yaml answers like any other, costs nothing and is always there', async () => {
  const section = [{ name: 'fake', kind: 'scripted', script: { default: { reply: { ok: true } } } }]
  const config = readBackends(section, {}).at(-1)
  assert.ok(config)
  const backend = openBackend(config, {})
  const { answer } = await backend.ask(request('hello'))
  assert.equal(answer.text, '{"ok":true}')
  assert.equal(backend.cost('m', answer), 0)
  assert.equal(backend.origin, 'scripted://fake')
  assert.equal((await backend.check()).ok, true)
  await backend.close()
})
