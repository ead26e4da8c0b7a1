import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type BackendEntry, readBackends } from '#models/backends.ts'
import { isFatalFailure } from '#models/call-failure.ts'
import { type FailureKind, type Model, ModelFailure, type ModelRequest } from '#models/model.ts'
import { createModel } from '#models/provider.ts'
import { createTransport } from '#models/transport.ts'
import { type Fake, type FakeReply, findDeadUrl, startFake } from './openai-fake.ts'

const KEY = 'sk-very-secret-0123456789'
const fakes: Fake[] = []
after(() => Promise.all(fakes.map(fake => fake.close())))

const open = async (script: FakeReply[], more: Partial<BackendEntry> = {}): Promise<{ model: Model; fake: Fake }> => {
  const fake = await startFake({ script })
  fakes.push(fake)
  return { fake, model: connect({ base_url: fake.url, ...more }) }
}

const connect = (entry: Partial<BackendEntry>): Model => {
  const env = { LAB_KEY: KEY }
  const config = readBackends([{ name: 'lab', key_env: 'LAB_KEY', ...entry }], env).at(-1)
  assert.ok(config)
  return createModel(config, env, createTransport(config, env))
}

const ask = (model: Model, more: Partial<ModelRequest> = {}, ms = 5_000) =>
  model.ask(
    { model: 'm1', messages: [{ role: 'user', content: 'Hello' }], parameters: {}, schema: null, ...more },
    AbortSignal.timeout(ms),
  )

const fail = async (model: Model, more: Partial<ModelRequest> = {}, ms = 5_000): Promise<ModelFailure> => {
  const failure = await ask(model, more, ms).then(
    () => assert.fail('it answered'),
    (error: unknown) => error,
  )
  assert.ok(failure instanceof ModelFailure, String(failure))
  assert.doesNotMatch(`${failure.message} ${failure.stack}`, new RegExp(KEY))
  return failure
}

test('a call sends model, messages, parameters, schema and key in the API’s shape, and reads the answer', async () => {
  const usage = { prompt_tokens: 20, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 8 } }
  const { model, fake } = await open([{ text: '{"a":1}', usage }])
  const schema = { type: 'object', properties: { a: { type: 'integer' } } }
  const answer = await ask(model, {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi \u0000 \u2028' },
      { role: 'assistant', content: 'no' },
      { role: 'user', content: 'JSON please' },
    ],
    parameters: { temperature: 0, max_tokens: 50, seed: 7, stop: 'END', top_k: 3, num_ctx: 8192 },
    schema,
  })
  assert.deepEqual(answer, {
    text: '{"a":1}',
    finish_reason: 'stop',
    response_model: 'fake-model-1',
    tokens_in: 20,
    tokens_out: 4,
    tokens_in_cached: 8,
  })
  const call = fake.calls[0]
  assert.ok(call)
  assert.equal(call.path, '/v1/chat/completions')
  assert.equal(call.headers.authorization, `Bearer ${KEY}`)
  const { response_format, ...body } = call.body
  assert.deepEqual(body, {
    model: 'm1',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi \u0000 \u2028' },
      { role: 'assistant', content: 'no' },
      { role: 'user', content: 'JSON please' },
    ],
    temperature: 0,
    max_tokens: 50,
    seed: 7,
    stop: ['END'],
    top_k: 3,
    num_ctx: 8192,
  })
  assert.equal(response_format.type, 'json_schema')
  assert.deepEqual(response_format.json_schema.schema, schema)
})

test('with structured_outputs false no response_format is sent', async () => {
  const { model, fake } = await open([{}], { structured_outputs: false })
  await ask(model, { schema: { type: 'object' } })
  assert.equal(fake.calls[0]?.body.response_format, undefined)
})

test('tokens that the provider did not count are unknown, not zero', async () => {
  const { model } = await open([{ usage: null }, { usage: { prompt_tokens: 5 } }])
  const none = await ask(model)
  assert.deepEqual([none.text, none.tokens_in, none.tokens_out, none.tokens_in_cached], ['ok', null, null, null])
  const half = await ask(model)
  assert.deepEqual([half.tokens_in, half.tokens_out, half.tokens_in_cached], [5, null, null])
})

test('what is no number of tokens is unknown, so that the paid answer can be kept', async () => {
  for (const count of [12.5, -3, 3e9]) {
    const { model } = await open([{ usage: { prompt_tokens: count, completion_tokens: 4 } }])
    const { tokens_in, tokens_out } = await ask(model)
    assert.deepEqual([tokens_in, tokens_out], [null, 4], `${count}`)
  }
})

test('an answer that was cut, filtered or refused is an answer that says so', async () => {
  const { model } = await open([
    { text: '{"a":', finish_reason: 'length' },
    { text: '', finish_reason: 'content_filter' },
    { refusal: 'I cannot help with that.' },
    { finish_reason: null },
  ])
  assert.equal((await ask(model)).finish_reason, 'length')
  assert.equal((await ask(model)).finish_reason, 'content_filter')
  const refused = await ask(model)
  assert.deepEqual([refused.finish_reason, refused.text], ['content_filter', 'I cannot help with that.'])
  assert.equal((await ask(model)).finish_reason, 'other')
})

const error = (message: string, more: object = {}) => ({ error: { message, ...more } })
const html = { body: '<!DOCTYPE html><html><body>Sign in</body></html>', headers: { 'content-type': 'text/html' } }

/** Fault, what the call becomes, words that must be in its message, and whether a run ends with it. */
const faults: [string, FakeReply, FailureKind, RegExp, boolean][] = [
  ['reset after send', { fault: 'reset' }, 'interrupted', /connection .* broke before a whole answer/, false],
  ['truncated body', { fault: 'truncate' }, 'interrupted', /broke before a whole answer/, false],
  ['half of the JSON', { fault: 'cut_json' }, 'interrupted', /not whole JSON/, false],
  ['empty body', { body: '' }, 'interrupted', /empty body/, false],
  ['HTML with 200', html, 'interrupted', /web page instead of JSON; is http.* its API .*proxy/, false],
  ['HTML with 404', { ...html, status: 404 }, 'configuration', /web page; is http/, true],
  ['HTML with 502', { ...html, status: 502 }, 'failed', /answered 502\.$/, false],
  ['other JSON with 200', { body: { hello: 1 } }, 'interrupted', /not a chat completion/, false],
  ['JSON that is no object', { body: '[1]' }, 'interrupted', /not whole JSON/, false],
  ['no choices', { body: { choices: [] } }, 'interrupted', /not a chat completion/, false],
  ['error object with 200', { body: error('boom') }, 'failed', /200 with an error: boom/, false],
  ['error object with 200 and code', { body: error('slow', { code: 429 }) }, 'overloaded', /slow/, false],
  ['401', { status: 401, body: error(`bad key ${KEY}`) }, 'configuration', /key in LAB_KEY is missing or wrong/, true],
  ['403', { status: 403, body: error('no') }, 'configuration', /may not do this/, true],
  ['invalid key as 400', { status: 400, body: error('API key not valid.') }, 'configuration', /key in LAB_KEY/, true],
  [
    '404 unknown model',
    { status: 404, body: error('model "m1" not found') },
    'configuration',
    /not know the model "m1"/,
    true,
  ],
  [
    '400 unknown model',
    { status: 400, body: error('x', { code: 'model_not_found' }) },
    'configuration',
    /model "m1"/,
    true,
  ],
  ['404 wrong path', { status: 404, body: '404 page not found' }, 'configuration', /correct its base URL/, true],
  [
    'redirect',
    { status: 308, headers: { location: 'https://x/v1' } },
    'configuration',
    /moved to https:\/\/x\/v1/,
    true,
  ],
  [
    '400 schema unsupported',
    { status: 400, body: error("'response_format.type' must be 'text'") },
    'configuration',
    /structured_outputs: false/,
    true,
  ],
  [
    '400 parameter unsupported',
    { status: 400, body: error("Unsupported parameter: 'max_tokens'") },
    'configuration',
    /one of the parameters/,
    true,
  ],
  [
    '400 too long',
    { status: 400, body: error("This model's maximum context length is 8192 tokens") },
    'configuration',
    /too long for the model/,
    false,
  ],
  ['422 this request', { status: 422, body: { detail: 'bad message' } }, 'configuration', /bad message/, false],
  ['402', { status: 402, body: error('pay') }, 'configuration', /no credit/, true],
  [
    '429 out of credit',
    { status: 429, body: error('x', { code: 'insufficient_quota' }) },
    'configuration',
    /credit/,
    true,
  ],
  [
    '429',
    { status: 429, body: error('slow down') },
    'overloaded',
    /429: too many requests\. It said: slow down/,
    false,
  ],
  ['500', { status: 500, body: error('oops') }, 'failed', /answered 500\. It said: oops/, false],
  ['503', { status: 503, body: '' }, 'overloaded', /503: it is overloaded\.$/, false],
  ['529', { status: 529, body: error('busy') }, 'overloaded', /529/, false],
]

for (const [name, reply, kind, message, fatal] of faults) {
  test(`${name}: the call is "${kind}", one request, ${fatal ? 'and a run ends' : 'and a run goes on'}`, async () => {
    const { model, fake } = await open([reply])
    const failure = await fail(model)
    assert.equal(failure.kind, kind, failure.message)
    assert.match(failure.message, message)
    if (reply.status) assert.equal(failure.status, reply.status)
    assert.equal(isFatalFailure(failure), fatal)
    assert.equal(fake.count(), 1)
  })
}

test('a provider that says how long to wait is understood in all three spellings', async () => {
  const later = new Date(Date.now() + 60_000).toUTCString()
  const headers: [{ [name: string]: string }, (ms: number | null) => boolean][] = [
    [{ 'retry-after': '7' }, ms => ms === 7000],
    [{ 'retry-after-ms': '1500', 'retry-after': '2' }, ms => ms === 1500],
    [{ 'retry-after': later }, ms => ms !== null && ms > 50_000 && ms <= 60_000],
    [{ 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, ms => ms === 0],
    [{ 'retry-after': 'soon' }, ms => ms === null],
    [{ 'retry-after': '-5' }, ms => ms === null],
    [{}, ms => ms === null],
  ]
  const { model } = await open(headers.map(([each]) => ({ status: 429, headers: each, body: '{}' })))
  for (const [each, fits] of headers) {
    const { retryAfterMs } = await fail(model)
    assert.ok(fits(retryAfterMs), `${JSON.stringify(each)}: ${retryAfterMs}`)
  }
})

test('nobody listening is "unreachable", and the message asks whether it is running', async () => {
  const failure = await fail(connect({ base_url: await findDeadUrl() }))
  assert.equal(failure.kind, 'unreachable')
  assert.match(failure.message, /Nothing listens for the backend "lab" at http:.*is it running/)
})

test('an unknown host name is "unreachable"', async () => {
  const failure = await fail(connect({ base_url: 'http://no-such-host.invalid/v1' }), {}, 20_000)
  assert.equal(failure.kind, 'unreachable')
  assert.match(failure.message, /host name .* is not known/)
})

test('a model that hangs is "deadline" when the time is up, and "cancelled" when the caller gives up', async () => {
  const { model } = await open([{ fault: 'hang' }, { fault: 'hang' }])
  assert.equal((await fail(model, {}, 50)).kind, 'deadline')
  const controller = new AbortController()
  const request = { model: 'm1', messages: [], parameters: {}, schema: null }
  const call = model.ask(request, controller.signal)
  setTimeout(() => controller.abort(), 20)
  await assert.rejects(call, (error: unknown) => error instanceof ModelFailure && error.kind === 'cancelled')
})

test('a provider’s own host is not even asked without a key', async () => {
  const [, openai, anthropic, google] = readBackends([], {})
  for (const config of [openai, anthropic, google]) {
    assert.ok(config)
    const failure = await fail(createModel(config, {}))
    assert.equal(failure.kind, 'configuration')
    assert.match(failure.message, /has no key: set (OPENAI|ANTHROPIC|GEMINI)_API_KEY/)
  }
})

test('parameters that cannot be meant are refused before anything is sent', async () => {
  const { model, fake } = await open([])
  assert.match((await fail(model, { parameters: { temperature: 'hot' } })).message, /"temperature" must be a number/)
  assert.match((await fail(model, { parameters: { stream: true } })).message, /"stream" is set by Whetstone/)
  assert.equal(fake.count(), 0)
})

test('Anthropic: the request and the answer in its own shape; a seed, which it has not, is refused', async () => {
  const usage = { input_tokens: 10, output_tokens: 4, cache_read_input_tokens: 5, cache_creation_input_tokens: 0 }
  const content = [{ type: 'text', text: 'hello' }]
  const body = {
    type: 'message',
    id: 'msg_1',
    model: 'claude-x-1',
    role: 'assistant',
    content,
    stop_reason: 'end_turn',
    usage,
  }
  const overload = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
  const { model, fake } = await open([{ body }, { status: 529, body: overload }], { kind: 'anthropic' })
  const answer = await ask(model, { model: 'claude-sonnet-4-5', parameters: { max_tokens: 99, temperature: 0 } })
  assert.deepEqual(answer, {
    text: 'hello',
    finish_reason: 'stop',
    response_model: 'claude-x-1',
    tokens_in: 15,
    tokens_out: 4,
    tokens_in_cached: 5,
  })
  assert.equal(fake.calls[0]?.path, '/v1/messages')
  assert.equal(fake.calls[0]?.headers['x-api-key'], KEY)
  assert.equal(fake.calls[0]?.body.max_tokens, 99)
  const failure = await fail(model)
  assert.deepEqual([failure.kind, failure.status], ['overloaded', 529])
  assert.match((await fail(model, { parameters: { seed: 1 } })).message, /"seed" is not known to the kind anthropic/)
  assert.equal(fake.count(), 2)
})

test('Google: the request and the answer in its own shape', async () => {
  const candidates = [{ content: { role: 'model', parts: [{ text: 'hello' }] }, finishReason: 'STOP' }]
  const usageMetadata = { promptTokenCount: 12, candidatesTokenCount: 3, totalTokenCount: 15 }
  const body = { candidates, usageMetadata, modelVersion: 'gemini-x-001' }
  const missing = { error: { code: 404, message: 'models/gemini-x is not found', status: 'NOT_FOUND' } }
  const { model, fake } = await open([{ body }, { status: 404, body: missing }], { kind: 'google' })
  const answer = await ask(model, { model: 'gemini-x', schema: { type: 'object', properties: {} } })
  assert.deepEqual([answer.text, answer.finish_reason, answer.tokens_in, answer.tokens_out], ['hello', 'stop', 12, 3])
  assert.match(fake.calls[0]?.path ?? '', /models\/gemini-x:generateContent$/)
  assert.equal(fake.calls[0]?.headers['x-goog-api-key'], KEY)
  const failure = await fail(model, { model: 'gemini-x' })
  assert.match(failure.message, /does not know the model "gemini-x"/)
})
