import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BackendConfig, readBackends } from '#models/backends.ts'
import { computeCost, findContextWindow, findPrice } from '#models/prices.ts'
import { estimateTokens } from '#models/tokens.ts'

const config = (name: string, section: { [field: string]: unknown }[] = [], env = {}): BackendConfig => {
  const found = readBackends(section, env).find(each => each.name === name)
  assert.ok(found)
  return found
}

const tokens = (tokens_in: number | null, tokens_out: number | null, tokens_in_cached: number | null = null) => ({
  tokens_in,
  tokens_out,
  tokens_in_cached,
})

test('what the operator states goes before the table and before "free"', () => {
  const prices = { 'gpt-4o-mini': { input: 10, output: 20, cached_input: 1 } }
  const price = findPrice(config('openai', [{ name: 'openai', prices }]), 'gpt-4o-mini')
  assert.deepEqual([price?.input, price?.output, price?.cached_input], [10, 20, 1])
  // 600,000 × 10 $ + 400,000 × 1 $ + 100,000 × 20 $ per million
  assert.equal(computeCost(price, tokens(1_000_000, 100_000, 400_000)), 8.4)
  const cloud = config('ollama', [{ name: 'ollama', prices: { big: { input: 1, output: 2 } } }])
  assert.equal(findPrice(cloud, 'big')?.output, 2)
  assert.equal(findPrice(cloud, 'small')?.output, 0)
})

test('cached tokens without a price of their own cost as much as others', () => {
  const price = { input: 2, output: 0.5, cached_input: null, table: null }
  assert.equal(computeCost(price, tokens(1000, 0, 900)), 0.002)
})

test('the table knows the providers’ models, cached tokens and dearer long prompts', () => {
  const mini = findPrice(config('openai'), 'gpt-4o-mini')
  assert.deepEqual([mini?.input, mini?.output, mini?.cached_input], [0.15, 0.6, 0.075])
  assert.equal(computeCost(mini, tokens(1000, 100, 400)), 0.00018)
  const sonnet = findPrice(config('anthropic'), 'claude-sonnet-4-5')
  assert.equal(computeCost(sonnet, tokens(1000, 1000)), 0.018)
  const gemini = findPrice(config('google'), 'gemini-2.5-pro')
  assert.ok((computeCost(gemini, tokens(300_000, 0)) ?? 0) > 1.9 * (computeCost(gemini, tokens(150_000, 0)) ?? 0))
})

test('more cached tokens than tokens, which some servers report, is no error', () => {
  assert.equal(computeCost(findPrice(config('openai'), 'gpt-4o-mini'), tokens(100, 0, 500)), 0.0000075)
})

test('an unknown price is null, never 0; the model’s name alone does not make a price', () => {
  assert.equal(findPrice(config('openai'), 'my-finetune'), null)
  const lab = config('lab', [{ name: 'lab', base_url: 'http://127.0.0.1:8000/v1' }])
  assert.equal(findPrice(lab, 'gpt-4o-mini'), null)
  assert.equal(computeCost(null, tokens(1, 1)), null)
  assert.equal(findPrice(config('openai'), '__proto__'), null)
  const router = config('router', [{ name: 'router', base_url: 'https://openrouter.ai/api/v1' }])
  assert.ok(findPrice(router, 'openai/gpt-4o-mini'))
})

test('unknown tokens make an unknown cost, but not where all is free', () => {
  assert.equal(computeCost(findPrice(config('openai'), 'gpt-4o-mini'), tokens(null, 5)), null)
  assert.equal(computeCost(findPrice(config('openai'), 'gpt-4o-mini'), tokens(5, null)), null)
  assert.equal(computeCost(findPrice(config('ollama'), 'x'), tokens(null, null)), 0)
})

test('a proxy before a provider has the provider’s prices', () => {
  assert.ok(findPrice(config('openai', [], { OPENAI_BASE_URL: 'http://proxy/v1' }), 'gpt-4o-mini'))
})

test('costs are rounded to a billionth of a dollar', () => {
  assert.equal(computeCost({ input: 0.1, output: 0.2, cached_input: null, table: null }, tokens(3, 3)), 9e-7)
  assert.equal(computeCost({ input: 0.0001, output: 0, cached_input: null, table: null }, tokens(4, 0)), 0)
})

test('the context window: the operator’s word for a model, for all, the table’s, else 32,768', () => {
  const per = config('ollama', [{ name: 'ollama', context_tokens: { 'big:7b': 8192 } }])
  assert.equal(findContextWindow(per, 'big:7b'), 8192)
  assert.equal(findContextWindow(per, 'other'), 32_768)
  assert.equal(findContextWindow(config('openai', [{ name: 'openai', context_tokens: 500 }]), 'gpt-4o-mini'), 500)
  assert.equal(findContextWindow(config('openai'), 'gpt-4o-mini'), 128_000)
})

test('prices never ask the network', () => {
  const original = globalThis.fetch
  let asked = 0
  globalThis.fetch = () => {
    asked++
    return Promise.reject(new Error('no network'))
  }
  try {
    findPrice(config('openai'), 'gpt-4o-mini')
    findPrice(config('openai'), 'unknown')
    findContextWindow(config('google'), 'gemini-2.5-pro')
  } finally {
    globalThis.fetch = original
  }
  assert.equal(asked, 0)
})

test('the estimate of tokens lies at or above the true count for prose, code, JSON and Chinese', () => {
  // True counts by the tokenizer o200k_base.
  const samples: [string, number][] = [
    ['I would like to change my flight to next Wednesday, please. How much does it cost?', 19],
    ['const answer = items.filter(item => item.price > 10).map(item => item.name)', 19],
    ['{"order_id":"W2378156","status":"pending","items":[{"id":9523456873,"price":189.5}]}', 30],
    ['我想改变我的航班预订，因为我的会议被推迟到了下周三。', 19],
  ]
  for (const [text, count] of samples) {
    const estimate = estimateTokens(text)
    assert.ok(estimate >= count && estimate <= 2 * count, `${text}: ${estimate} for ${count}`)
  }
  assert.equal(estimateTokens(''), 0)
})
