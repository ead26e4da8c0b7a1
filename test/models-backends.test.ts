import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Invalid } from '#errors.ts'
import { openBackends } from '#models/backend.ts'
import { type BackendConfig, readBackends } from '#models/backends.ts'

const find = (configs: BackendConfig[], name: string): BackendConfig => {
  const config = configs.find(each => each.name === name)
  assert.ok(config, `backend ${name}`)
  return config
}

test('without any setting ollama, openai, anthropic and google are there with their usual addresses', () => {
  const configs = readBackends(undefined, {})
  assert.deepEqual(
    configs.map(({ name, kind, base_url, concurrency }) => [name, kind, base_url, concurrency]),
    [
      ['ollama', 'openai-compatible', 'http://127.0.0.1:11434/v1', 4],
      ['openai', 'openai', 'https://api.openai.com/v1', 16],
      ['anthropic', 'anthropic', 'https://api.anthropic.com/v1', 16],
      ['google', 'google', 'https://generativelanguage.googleapis.com/v1beta', 16],
    ],
  )
  assert.equal(find(configs, 'ollama').free, true)
  assert.equal(find(configs, 'openai').free, false)
  assert.equal(find(configs, 'openai').deadline_seconds, 600)
})

test('the address of Ollama may be given with and without /v1 and with slashes at its end', () => {
  for (const url of ['http://box:1234', 'http://box:1234/', 'http://box:1234/v1', 'http://box:1234/v1//']) {
    assert.equal(find(readBackends([], { OLLAMA_BASE_URL: url }), 'ollama').base_url, 'http://box:1234/v1', url)
  }
  assert.equal(find(readBackends([], { OPENAI_BASE_URL: 'http://box/' }), 'openai').base_url, 'http://box')
})

test('WHETSTONE_MODEL_CONCURRENCY holds for every backend but those that name their own', () => {
  const configs = readBackends([{ name: 'openai', concurrency: 7 }], { WHETSTONE_MODEL_CONCURRENCY: '32' })
  assert.deepEqual(
    configs.map(config => config.concurrency),
    [32, 7, 32, 32],
  )
})

test('a concurrency in the environment that is no whole number from 1 is refused by name', () => {
  for (const text of ['0', '-1', '2.5', 'many']) {
    assert.throws(
      () => readBackends([], { WHETSTONE_MODEL_CONCURRENCY: text }),
      /WHETSTONE_MODEL_CONCURRENCY: expected/,
    )
  }
})

test('an entry with the name of a default backend changes it and keeps what it does not say', () => {
  const section = [
    { name: 'ollama', concurrency: 2, prices: { 'big:cloud': { input: 1, output: 2 } } },
    { name: 'lab', base_url: 'http://lab:8000/v1/', key_env: 'LAB_KEY', structured_outputs: false },
  ]
  const configs = readBackends(section, { OLLAMA_BASE_URL: 'http://box:1' })
  assert.equal(configs.length, 5)
  const ollama = find(configs, 'ollama')
  assert.equal(ollama.base_url, 'http://box:1/v1')
  assert.equal(ollama.free, true)
  assert.equal(ollama.concurrency, 2)
  const lab = find(configs, 'lab')
  assert.deepEqual(
    [lab.kind, lab.base_url, lab.key_env, lab.structured_outputs, lab.concurrency],
    ['openai-compatible', 'http://lab:8000/v1', 'LAB_KEY', false, 16],
  )
})

test('a mistake is refused with the path of its field and what is expected there', () => {
  const cases: [unknown, RegExp][] = [
    [{}, /whetstone\.yaml: backends: /],
    [[{ name: 'a b' }], /backends\[0\]\.name: expected letters/],
    [[{ name: 'lab' }], /backends\[0\]\.base_url: expected the address/],
    [[{ name: 'lab', base_url: 'box:8000' }], /backends\[0\]\.base_url: expected an address that begins with http/],
    [[{ name: 'lab', base_url: 'http://me:secret@box' }], /backends\[0\]\.base_url: expected no user or password/],
    [
      [
        { name: 'x', base_url: 'http://a' },
        { name: 'y', concurrency: 0 },
      ],
      /backends\[1\]\.concurrency: /,
    ],
    [[{ name: 'openai', prices: { m: { input: -1, output: 1 } } }], /backends\[0\]\.prices\.m\.input: /],
    [[{ name: 'openai', key_env: 'sk-123' }], /backends\[0\]\.key_env: expected the name of an environment variable/],
    [[{ name: 'openai', colour: 'red' }], /backends\[0\]: .*colour/],
    [[{ name: 'openai' }, { name: 'openai' }], /two backends have the same name/],
    [[{ name: 'fake', kind: 'scripted' }], /backends\[0\]\.script: /],
    [[{ name: 'baseline', base_url: 'http://a' }], /backends\[0\]\.name: `baseline`/],
  ]
  for (const [section, pattern] of cases) {
    assert.throws(
      () => readBackends(section, {}),
      error => {
        assert.ok(error instanceof Invalid)
        assert.match(error.message, pattern)
        assert.equal(error.loc[0], 'backends')
        assert.doesNotMatch(error.message, /secret/)
        return true
      },
    )
  }
})

test('asking for an unknown backend names the known ones', async () => {
  const backends = openBackends(readBackends([], {}), {})
  assert.throws(() => backends.get('olama'), /no backend "olama"; known are: ollama, openai, anthropic, google/)
  assert.equal(backends.get('ollama').origin, 'http://127.0.0.1:11434')
  await backends.close()
})

test('the backend fills in its max_tokens, unless the request says how many', async () => {
  const backends = openBackends(readBackends([{ name: 'ollama', max_tokens: 900 }], {}), {})
  const backend = backends.get('ollama')
  const request = { model: 'm', messages: [], parameters: {}, schema: null }
  assert.deepEqual(backend.prepare(request).parameters, { max_tokens: 900 })
  assert.deepEqual(backend.prepare({ ...request, parameters: { max_tokens: 5 } }).parameters, { max_tokens: 5 })
  assert.deepEqual(backend.prepare(backend.prepare(request)), backend.prepare(request))
  await backends.close()
})
