import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { createApi } from '../src/api.ts'
import { openTestApp, type TestApp } from './app.ts'

/**
 * Whatever is sent to whichever endpoint, the answer is never a 500, and a refusal has the contract's shape. Set
 * TEST_SEED to repeat a run and FUZZ_RUNS for more than CI does.
 */
const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31)
const numRuns = Number(process.env.FUZZ_RUNS ?? 25)

let app: TestApp
let endpoints: { method: string; path: string }[] = []

before(async () => {
  // Without a secret ingestion is not configured, which is a 503.
  app = await openTestApp({ env: { WHETSTONE_INGESTION_SECRET: 'fuzz' } })
  console.log(`TEST_SEED=${seed}`)
  const messages = [{ role: 'user', content: 'Hello' }]
  await app.send('POST', '/api/sessions', { session_id: 'known', profile_id: 'p', messages })
  const routes = createApi(app.app).routes.filter(route => route.method !== 'ALL' && !route.path.endsWith('/events'))
  endpoints = [...new Map(routes.map(({ method, path }) => [`${method} ${path}`, { method, path }])).values()]
})
after(() => app.close())

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    '\0',
    '\ud800',
    '..',
    '%',
    '\u2028',
    'known',
    '__proto__',
    'default',
    '-1',
    '1e400',
    'x'.repeat(2000),
    '漢'.repeat(512),
  ),
)

const scalar = fc.oneof(
  text,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom<unknown>(
    0,
    -1,
    1,
    0.5,
    2 ** 31,
    2 ** 53,
    1e308,
    null,
    true,
    false,
    '2026-01-01',
    '0000-01-01',
    '9999-12-31T23:59:59Z',
  ),
)

const FIELDS = [
  'session_id',
  'profile_id',
  'name',
  'created_at',
  'last_active',
  'pinned',
  'messages',
  'outcome',
  'raw_lines',
  'append',
  'expected_msg_count',
  'message_index',
  'rating',
  'comment',
  'scope',
  'since',
  'limit',
  'model',
  'backend',
  'max_cost_usd',
  'yaml',
  'panel',
  'rubric',
  'user',
  'role',
  'purpose',
  'source',
  'reward',
  'details',
  'content',
  'type',
  'tool_calls',
  'function',
  'line',
  'text',
  '__proto__',
  'constructor',
  '',
]
const ROLES = ['user', 'assistant', 'tool', 'system']

const message = fc.record(
  {
    role: fc.constantFrom(...ROLES),
    content: fc.oneof(
      text,
      fc.array(
        fc.record(
          { type: fc.constantFrom('text', 'tool_call', 'x'), text, messages: fc.constant([]) },
          { requiredKeys: ['type'] },
        ),
        { maxLength: 3 },
      ),
    ),
    tool_calls: fc.array(
      fc.record({ id: text, function: fc.record({ name: text, arguments: fc.jsonValue({ maxDepth: 2 }) }) }),
      { maxLength: 2 },
    ),
    created_at: fc.constantFrom('2026-01-01', '0001-01-01', '0000-01-01', null),
    extra: fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }),
  },
  { requiredKeys: ['role'] },
)

const value = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.dictionary(fc.oneof(fc.constantFrom(...FIELDS), text), tie('value'), { maxKeys: 6 }),
    fc.array(tie('value'), { maxLength: 4 }),
  ),
})).value

/** Bodies from almost right to no JSON at all. */
const body = fc.oneof(
  fc
    .dictionary(fc.constantFrom(...FIELDS), fc.oneof(value, scalar, fc.array(message, { maxLength: 3 })), {
      maxKeys: 8,
    })
    .map(encode),
  fc
    .record({ session_id: text, profile_id: text, name: text, messages: fc.array(message, { maxLength: 4 }) })
    .map(encode),
  fc
    .record({
      session_id: fc.constant('known'),
      message_index: fc.integer(),
      rating: fc.constantFrom(1, -1, 0),
      comment: text,
    })
    .map(encode),
  fc
    .record(
      {
        scope: fc.constantFrom('all', 'session', 'unevaluated'),
        session_id: text,
        model: text,
        backend: text,
        since: text,
      },
      { requiredKeys: [] },
    )
    .map(encode),
  fc.record({ yaml: fc.oneof(text, fc.json()) }).map(encode),
  value.map(encode),
  fc.uint8Array({ maxLength: 200 }).map(bytes => new Uint8Array(bytes)),
)

const query = fc.dictionary(
  fc.constantFrom(
    'limit',
    'offset',
    'status',
    'profile',
    'cursor',
    'days',
    'by_complexity_bucket',
    'time',
    'model',
    'sessions',
    'from',
    'append',
    'x',
  ),
  fc.oneof(text, fc.integer().map(String), fc.constantFrom('all', 'true', 'stale', '1', '50', 'WzEsMl0')),
  { maxKeys: 4 },
)

const type = fc.constantFrom(
  'application/json',
  'application/json; charset=utf-8',
  'text/plain',
  'application/x-ndjson',
  'multipart/form-data',
  undefined,
)

test('no request to any endpoint is answered by a 500', { timeout: 300_000 }, async () => {
  assert.ok(endpoints.length > 30)
  for (const { method, path } of endpoints) {
    const asked = fc.asyncProperty(text, query, body, type, async (part, parameters, sent, contentType) => {
      const address = path.replace(/:\w+/g, () => encodeURIComponent(part.toWellFormed()))
      const search = new URLSearchParams()
      for (const [key, item] of Object.entries(parameters)) search.append(key, item.toWellFormed())
      const init: RequestInit = { method, headers: contentType === undefined ? {} : { 'content-type': contentType } }
      if (method !== 'GET') init.body = sent
      await check(`${address}?${search}`, init)
    })
    await fc.assert(asked, { seed, numRuns })
  }
})

async function check(path: string, init: RequestInit): Promise<void> {
  const response = await app.fetch(path, init)
  const answer = await response.text()
  assert.ok(response.status < 500, `${init.method} ${path}: ${response.status} ${answer}`)
  if (response.status === 200 && response.headers.has('content-disposition')) return
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
  const parsed: unknown = JSON.parse(answer)
  if (response.status < 400) return
  assert.ok(typeof parsed === 'object' && parsed !== null && 'detail' in parsed, answer)
  if (response.status === 422) assert.ok(Array.isArray(parsed.detail) && parsed.detail.length > 0, answer)
  else assert.equal(typeof parsed.detail, 'string', answer)
}

function encode(json: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(json) ?? 'null')
}
