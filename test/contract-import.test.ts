import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fc from 'fast-check'
import sql from 'sql-template-tag'
import { z } from 'zod'
import { queryRow } from '#db/connect.ts'
import { type ImportResult, importResultSchema, importSessions } from '#sessions/import.ts'
import { openTestApp, type TestApp } from './app.ts'

let app: TestApp
before(async () => {
  app = await openTestApp()
})
after(() => app.close())

async function bring(body: string | Uint8Array<ArrayBuffer>): Promise<ImportResult> {
  const response = await app.fetch('/api/sessions/import', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-ndjson' },
  })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return importResultSchema.parse(JSON.parse(text))
}

function line(session_id: string, content: unknown = 'x', fields: object = {}): string {
  return JSON.stringify({ session_id, profile_id: 'p', messages: [{ role: 'user', content }], ...fields })
}

/** The answer as text, since a parsed one would hide what happened to a number. */
async function readText(id: string): Promise<string> {
  return (await app.fetch(`/api/sessions/${encodeURIComponent(id)}`)).text()
}

function counts({ imported, updated, unchanged, rejected }: ImportResult) {
  return [imported, updated, unchanged, rejected.map(one => one.line)]
}

test('imported, updated, unchanged and rejected lines are counted, the rejected by their number', async () => {
  assert.deepEqual(counts(await bring([line('a'), line('b')].join('\n'))), [2, 0, 0, []])
  const result = await bring([line('a'), '{"', line('b', 'y'), '[]', line('c')].join('\n'))
  assert.deepEqual(counts(result), [1, 1, 1, [2, 4]])
  assert.match(result.rejected[0]?.reason ?? '', /not valid JSON/)
  assert.match(result.rejected[1]?.reason ?? '', /object/)
  assert.deepEqual(counts(await bring('')), [0, 0, 0, []])
  assert.deepEqual(counts(await bring('\n\n \n')), [0, 0, 0, []])
})

test('CRLF, a byte order mark, blank lines and a missing last line feed change nothing', async () => {
  const body = `\ufeff${line('crlf1')}\r\n\r\n  \n${line('crlf2')}\r\nnonsense\r\n${line('crlf3')}`
  assert.deepEqual(counts(await bring(body)), [3, 0, 0, [5]])
})

test('lines are split at the line feed alone', async () => {
  const content = 'a\u2028b\u2029c\u0085d\vf\f'
  assert.deepEqual(counts(await bring(line('separators', content))), [1, 0, 0, []])
  assert.ok((await readText('separators')).includes(JSON.stringify(content)))
})

test('of an id that stands twice, the later line counts last', async () => {
  const result = await bring(
    [line('twice', '1st'), line('between'), line('twice', '2nd'), line('twice', '2nd')].join('\n'),
  )
  assert.deepEqual(counts(result), [2, 1, 1, []])
  assert.ok((await readText('twice')).includes('2nd'))
})

test('each kind of bad line is rejected with a reason and rejects only itself', async () => {
  const bad: [string, RegExp][] = [
    ['{"session_id":"r","profile_id":"p","messages":[],"profile_id":"q"}', /twice/],
    [line('r', 'x', { messages: [{ role: 'robot' }] }), /^messages\[0\]\.role: Expected "system", "user"/],
    [line('r', 5), /^messages\[0\]\.content: Expected text or a list, not a number/],
    [line('r', 'x', { colour: 1 }), /^colour: There is no such field/],
    [line('r', 'x', { append: true }), /^append: /],
    ['{"session_id":"r","messages":[]}', /profile_id/],
    ['{"session_id":"r","profile_id":"p"}', /messages/],
    ['"text"', /object/],
    ['null', /object/],
    [line('r\0'), /^session_id: /],
    [line('r', 'x', { created_at: '2026-13-01' }), /^created_at: Expected a time/],
    [`{"session_id":"r","x":${'['.repeat(1000)}`, /nested deeper/],
    [line('r', 'x', { ['k'.repeat(100_000)]: 1 }), /^k+…: There is no such field/],
  ]
  const body = bad.flatMap(([text], index) => [text, line(`beside ${index}`)]).join('\n')
  const result = await bring(body)
  assert.deepEqual(counts(result), [bad.length, 0, 0, bad.map((_, index) => 2 * index + 1)])
  for (const [index, [, reason]] of bad.entries()) {
    assert.match(result.rejected[index]?.reason ?? '', reason)
    assert.ok((result.rejected[index]?.reason.length ?? 0) <= 300)
  }
  assert.equal((await app.send('GET', '/api/sessions/r')).status, 404)
})

test('invalid UTF-8 rejects its line', async () => {
  const broken = Buffer.from(line('utf8', 'X'))
  broken[broken.indexOf('X')] = 0xff
  const result = await bring(new Uint8Array(Buffer.concat([broken, Buffer.from(`\n${line('utf8 beside')}`)])))
  assert.deepEqual(counts(result), [1, 0, 0, [1]])
  assert.match(result.rejected[0]?.reason ?? '', /UTF-8/)
})

test('NUL, lone surrogates, foreign numbers and __proto__ are given back as they came', async () => {
  const message = `{"role":"user","content":"a\\u0000b\\ud800c\\udfffd\ufdd0","n":[9007199254740993,1e400,-0,0.1,1e-400],"__proto__":{"__proto__":1},"constructor":null,"":1}`
  const nested = `{"role":"assistant","content":[{"type":"tool_call","id":"1","name":"t","arguments":{"__proto__":[123456789012345678901234567890]},"messages":[${message}],"__proto__":2}]}`
  const text = `{"session_id":"exact","profile_id":"p","messages":[${message},${nested}]}`
  assert.deepEqual(counts(await bring(text)), [1, 0, 0, []])
  const stored = await readText('exact')
  assert.ok(stored.endsWith(`"messages":[${message},${nested}]}`), stored)
  assert.deepEqual(counts(await bring(text)), [0, 0, 1, []])
})

test('any JSON in a message comes back equal', async () => {
  const seed = Date.now() % 2 ** 31
  console.log(`seed ${seed}`)
  await fc.assert(
    fc.asyncProperty(fc.json({ stringUnit: 'binary' }), async json => {
      const message = `{"role":"user","content":"x","value":${JSON.stringify(JSON.parse(json))}}`
      await bring(`{"session_id":"any","profile_id":"p","messages":[${message}]}`)
      assert.ok((await readText('any')).endsWith(`"messages":[${message}]}`))
    }),
    { seed, numRuns: 60 },
  )
})

test('a line of 100 MB is rejected with its length, and its neighbours are not', async () => {
  async function* stream() {
    yield Buffer.from(`${line('before')}\n{"session_id":"huge","profile_id":"`)
    const megabyte = Buffer.alloc(1024 * 1024, 'x')
    for (let count = 0; count < 100; count++) yield megabyte
    yield Buffer.from(`"}\n${line('behind')}\n`)
  }
  const grown = await measureGrowth(async () => {
    const result = await importSessions(app.app.db, 1, stream())
    assert.deepEqual(counts(result), [2, 0, 0, [2]])
    assert.match(result.rejected[0]?.reason ?? '', /104857\d+ bytes/)
  })
  assert.ok(grown < 150, `${grown} MB more`)
})

test('memory stays bounded however much comes: 200 MB pass through a heap of 80 MB', { timeout: 240_000 }, async () => {
  const script = fileURLToPath(new URL('import-flood.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--max-old-space-size=80', script, '200'])
  const { imported, grown } = z.object({ imported: z.number(), grown: z.number() }).parse(JSON.parse(stdout))
  assert.equal(imported, 2_000)
  assert.ok(grown < 200, `${grown} MB more`)
})

test('a hundred thousand bad lines are all told, and many small good ones are all stored', async () => {
  const bad = await bring('x\n'.repeat(100_000))
  assert.equal(bad.rejected.length, 100_000)
  assert.equal(bad.rejected.at(-1)?.line, 100_000)
  const lines = Array.from({ length: 20_000 }, (_, index) => line(`small ${index}`, 'x', { messages: [] }))
  assert.deepEqual(counts(await bring(lines.join('\n'))), [20_000, 0, 0, []])
})

test('imports of the same sessions at the same time end in one consistent state', async () => {
  const ids = Array.from({ length: 150 }, (_, index) => `raced ${index}`)
  const shuffle = (seed: number) => [...ids].sort((a, b) => hashOf(a, seed) - hashOf(b, seed))
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, writer) =>
      bring(
        shuffle(writer)
          .map(id =>
            line(id, 'x', {
              messages: Array.from({ length: writer + 1 }, () => ({ role: 'user', content: `by ${writer}` })),
            }),
          )
          .join('\n'),
      ),
    ),
  )
  assert.equal(
    results.reduce((sum, result) => sum + result.imported, 0),
    ids.length,
  )
  assert.equal(
    results.reduce((sum, result) => sum + result.imported + result.updated + result.unchanged, 0),
    20 * ids.length,
  )
  const { wrong } = await queryRow<{ wrong: number }>(
    app.app.db,
    sql`
      select count(*) as wrong from sessions s left join lateral (
        select count(*) as n, count(distinct body::text) as writers from messages m
        where m.project_id = s.project_id and m.session_no = s.session_no
      ) stored on true
      where s.session_id like 'raced %' and (n <> s.msg_count or writers <> 1)`,
  )
  assert.equal(wrong, 0)
  const { deadlocks } = await queryRow<{ deadlocks: number }>(
    app.app.db,
    sql`select deadlocks from pg_stat_database where datname = current_database()`,
  )
  assert.equal(deadlocks, 0)
})

function hashOf(text: string, seed: number): number {
  let value = seed * 2_654_435_761
  for (const letter of text) value = (Math.imul(value, 31) + letter.charCodeAt(0)) | 0
  return Math.imul(value ^ (value >>> 15), 2_246_822_507)
}

/** Megabytes by which the process grew at its largest, sampled while `work` runs. */
async function measureGrowth(work: () => Promise<void>): Promise<number> {
  const start = process.memoryUsage().rss
  let most = start
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss)
  }, 20)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  return Math.round((most - start) / 1024 / 1024)
}
