import assert from 'node:assert/strict'
import { test } from 'node:test'
import { computeConfigHash } from '#experiments/config-hash.ts'

/** Hashes by a canonical JSON of its own in Python (keys by UTF-16 units, numbers spelled as ECMAScript does), hashlib. */
const VECTORS = [
  { config: {}, hash: '15599510f29a00fc369c0406674ee805e1d99edb56efcf1cb9c39c1a1f2c3eae' },
  {
    config: {
      prompt: 'Say {{ text }}',
      model: 'gemma4:31b-cloud',
      params: { temperature: 0.7, max_tokens: 256 },
      input_data: { text: 'hi' },
    },
    hash: '7e4a99667d38c91c0040bb897c6b9c291785f8b657194d2bbf4f1ef231a753a4',
  },
  {
    config: {
      prompt: 'Grüße \u2028 \u0007 "q" \\ 😀',
      model: 'm',
      params: { b: 1, a: [1e21, 1e-7, 1e-6, 1, -0.5], '\ufb33': 2, '😀': 1 },
      input_data: ['x', null, true],
    },
    hash: '1d5d6e2ed167b45cfc4246dadd5d9486724393bcf2a678eb3d1ff5653aeacdce',
  },
  {
    config: { prompt: 'p', model: 'm', input_data: null, backend: 'openai' },
    hash: '04c568daba157ead2d8180c5dd96916d14162f6176bae478ab03253593a91eec',
  },
  {
    config: {
      stages: [
        { name: 'plan', prompt: 'Plan {{ text }}' },
        { name: 'act', prompt: '{{ stages.plan.output }}', model: 'b' },
      ],
      model: 'a',
      input_data: { text: 'hi' },
    },
    hash: 'c5640d44a05be9dcd9e17e7eae05494b83f715bac61b159d7b8473b06f35cc1b',
  },
]

test('the hash is the one that an independent implementation computes', () => {
  for (const { config, hash } of VECTORS) assert.equal(computeConfigHash(config), hash)
})

test('the empty configuration is the hash of its canonical JSON', async () => {
  const { hash } = await import('node:crypto')
  const json = '{"input_data":"","model":"","params":{},"prompt":""}'
  assert.equal(computeConfigHash({}), hash('sha256', json))
})

test('what is missing, the order of keys, a null backend and other members change nothing', () => {
  const config = { prompt: 'p', model: 'm', params: { a: 1, b: [2] } }
  const other = {
    name: 'n',
    params: { b: [2], a: 1 },
    model: 'm',
    backend: null,
    stages: null,
    input_data: '',
    prompt: 'p',
  }
  assert.equal(computeConfigHash(config), computeConfigHash(other))
})

test('each part of the work changes the hash', () => {
  const base = { prompt: 'p', model: 'm', params: {}, input_data: '' }
  const others = [
    { prompt: 'q' },
    { model: 'n' },
    { params: { a: null } },
    { input_data: null },
    { backend: 'ollama' },
    { stages: [] },
    { prompt: 'm', model: 'p' },
  ]
  const hashes = [base, ...others.map(change => ({ ...base, ...change }))].map(computeConfigHash)
  assert.equal(new Set(hashes).size, hashes.length)
})
