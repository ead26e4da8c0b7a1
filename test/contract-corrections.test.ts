import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import sql from 'sql-template-tag'
import { query } from '#db/connect.ts'
import { openTestApp, type TestApp } from './app.ts'
import { makeBenchmarkFolder, makeCandidateLine } from './benchmark-files.ts'

const bench = makeBenchmarkFolder()
const outside = mkdtempSync(join(tmpdir(), 'whetstone-outside-'))
const SECRET = 'a-secret-of-the-siblings'
let app: TestApp

before(async () => {
  app = await openTestApp({
    env: { WHETSTONE_BENCH_ROOTS: `/nowhere:${bench.path}`, WHETSTONE_INGESTION_SECRET: SECRET },
  })
})
beforeEach(async () => {
  await query(app.db, sql`delete from candidates`)
  await query(app.db, sql`delete from benchmark_runs`)
  await app.send('POST', '/api/corrections/config', { bench_results_dir: bench.path })
})
after(async () => {
  await app.close()
  bench.remove()
  rmSync(outside, { recursive: true })
})

interface Page {
  items: { [field: string]: unknown }[]
  total: number
  page: number
  per_page: number
}

interface Stats {
  total: number
  by_status: { [name: string]: number }
  by_model: { [name: string]: number }
  by_task_type: { [name: string]: number }
  export_ready: number
}

const api = '/api/corrections'
const getQueue = async (parameters = '') => (await app.send<Page>('GET', `${api}/queue${parameters}`)).body
const getStats = async () => (await app.send<Stats>('GET', `${api}/stats`)).body
const submit = (input: object) => app.send('POST', `${api}/submit`, input)
const importRun = (run_id: string) => app.send('POST', `${api}/import`, { run_id })
const exportLines = async () =>
  (await (await app.fetch(`${api}/export`)).text()).split('\n').filter(line => line !== '')

test('runs are listed newest name first, and know whether they were imported', async () => {
  bench.write('2026-01-01', [makeCandidateLine('old')])
  bench.write('2026-02-01', [makeCandidateLine('a'), makeCandidateLine('b')])
  mkdirSync(join(bench.path, 'no-run'), { recursive: true })
  const { body } = await app.send<object[]>('GET', `${api}/runs`)
  const timestamp = '2026-03-01T10:00:00.000Z'
  assert.deepEqual(body, [
    { run_id: '2026-02-01', timestamp, candidate_count: 2, already_imported: false },
    { run_id: '2026-01-01', timestamp, candidate_count: 1, already_imported: false },
  ])
  assert.equal((await importRun('2026-01-01')).status, 200)
  const again = await app.send<{ already_imported: boolean }[]>('GET', `${api}/runs`)
  assert.deepEqual(
    again.body.map(run => run.already_imported),
    [false, true],
  )
  assert.deepEqual((await app.send('GET', '/api/sft/runs')).body, again.body)
})

test('a folder that is not there has no runs, and an unknown run is 404', async () => {
  const gone = join(bench.path, 'not-yet')
  assert.equal((await app.send('POST', `${api}/config`, { bench_results_dir: gone })).status, 200)
  assert.deepEqual((await app.send('GET', `${api}/runs`)).body, [])
  assert.equal((await importRun('x')).status, 404)
  await app.send('POST', `${api}/config`, { bench_results_dir: bench.path })
  for (const id of ['nope', '..', '../x', '', '.', 'a/b']) assert.equal((await importRun(id)).status, 404, id)
  assert.equal((await app.send('POST', `${api}/import`, {})).status, 422)
})

test('an import counts new, known and doubled ids, and names the lines that it could not read', async () => {
  bench.write('r', [
    makeCandidateLine('1'),
    'no json',
    '',
    makeCandidateLine('1'),
    '[1]',
    makeCandidateLine('2', { id: undefined }),
    makeCandidateLine('3', { unknown: { deep: [1, '\0'] }, __proto__: 1 }),
    '{"id":"4","prompt_messages":[],"model_response":"x","id":"5"}',
    makeCandidateLine('6', { quality_score: 1.5 }),
  ])
  const { status, body } = await importRun('r')
  assert.equal(status, 200)
  assert.deepEqual([body.imported, body.skipped], [2, 1])
  const malformed = body.malformed as { line: number; reason: string }[]
  assert.deepEqual(
    malformed.map(one => one.line),
    [2, 5, 6, 8, 9],
  )
  assert.ok(malformed.every(one => one.reason !== ''))
  const again = await importRun('r')
  assert.deepEqual([again.body.imported, again.body.skipped], [0, 3])
})

test('foreign JSONL is read as it is: BOM, CRLF, U+2028, a missing last newline; invalid UTF-8 is told', async () => {
  bench.write('r', [])
  const file = join(bench.path, 'r', 'sft_candidates.jsonl')
  const bytes = (id: string, text: string) => JSON.stringify(makeCandidateLine(id, { model_response: text }))
  appendFileSync(file, `\ufeff${bytes('bom', 'a\u2028b')}\r\n`)
  appendFileSync(file, Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0xff]), Buffer.from('"}\n')]))
  appendFileSync(file, bytes('last', 'no newline \ud800'))
  const { body } = await importRun('r')
  assert.deepEqual([body.imported, body.skipped], [2, 0])
  assert.deepEqual(
    (body.malformed as { line: number }[]).map(one => one.line),
    [2],
  )
  const { items } = await getQueue()
  assert.deepEqual(
    items.map(item => [item.id, item.model_response]),
    [
      ['bom', 'a\u2028b'],
      ['last', 'no newline \ud800'],
    ],
  )
})

test('the queue gives back every field as it came, unknown ones too, in import order', async () => {
  const line = makeCandidateLine('z', { extra: { n: 1, s: 'nul \0' }, harness: null })
  bench.write('r', [line, makeCandidateLine('a'), makeCandidateLine('m')])
  await importRun('r')
  const page = await getQueue('?per_page=2')
  assert.deepEqual([page.total, page.page, page.per_page], [3, 1, 2])
  assert.deepEqual(
    page.items.map(item => item.id),
    ['z', 'a'],
  )
  const { review, failure_category, ...first } = page.items[0] ?? {}
  assert.deepEqual(first, line)
  assert.equal(failure_category, null)
  assert.ok(review)
  assert.deepEqual(
    (await getQueue('?page=2&per_page=2')).items.map(item => item.id),
    ['m'],
  )
  assert.deepEqual((await getQueue('?page=9')).items, [])
  for (const wrong of ['page=0', 'per_page=0', 'per_page=201', 'page=x']) {
    assert.equal((await app.send('GET', `${api}/queue?${wrong}`)).status, 422, wrong)
  }
})

test('missing fields are null, and count as unknown', async () => {
  bench.write('r', [{ id: 'bare', prompt_messages: [], model_response: '' }])
  await importRun('r')
  const [item] = (await getQueue()).items
  assert.equal(item?.model_name, null)
  assert.equal(item?.task_type, null)
  assert.equal(item?.status, 'needs_review')
  const stats = await getStats()
  assert.deepEqual([stats.by_model, stats.by_task_type], [{ unknown: 1 }, { unknown: 1 }])
})

test('correct, discard and flag lead to their states and keep the category', async () => {
  bench.write(
    'r',
    ['c', 'd', 'f', 'rest'].map(id => makeCandidateLine(id)),
  )
  await importRun('r')
  for (const [id, action] of [
    ['c', 'correct'],
    ['d', 'discard'],
    ['f', 'flag'],
  ]) {
    const answer = await submit({ id, action, corrected_response: '42', failure_category: 'wrong_answer' })
    assert.deepEqual([answer.status, answer.body], [200, { ok: true }])
  }
  const stats = await getStats()
  assert.deepEqual(stats.by_status, { needs_review: 1, approved: 1, discarded: 1, model_rejected: 1 })
  assert.deepEqual([stats.total, stats.export_ready], [4, 1])
  assert.deepEqual(stats.by_model, { 'small-model': 4 })
  const { items } = (await app.send<Page>('GET', `${api}/candidates?status=approved`)).body
  assert.deepEqual([items[0]?.corrected_response, items[0]?.failure_category], ['42', 'wrong_answer'])
})

test('a submission is checked for a blank correction, then for the candidate, then for its state', async () => {
  bench.write('r', [makeCandidateLine('a')])
  await importRun('r')
  for (const blank of [
    '',
    ' \t\n',
    '\u00a0\u3000',
    '\u200b\u2060\ufeff',
    '\u2800\u3164',
    '\u0085\u180e',
    null,
    undefined,
  ]) {
    const answer = await submit({ id: 'unknown', action: 'correct', corrected_response: blank })
    assert.equal(answer.status, 422, JSON.stringify(blank))
    assert.ok(Array.isArray(answer.body.detail))
  }
  assert.equal((await submit({ id: 'unknown', action: 'correct', corrected_response: 'x' })).status, 404)
  assert.equal((await submit({ id: 'a', action: 'discard', corrected_response: ' ' })).status, 200)
  const again = await submit({ id: 'a', action: 'correct', corrected_response: 'x' })
  assert.equal(again.status, 409)
  assert.match(String(again.body.detail), /discarded/)
  assert.equal((await submit({ id: 'a', action: 'correct', corrected_response: ' ' })).status, 422)
  assert.equal((await submit({ id: 'a', action: 'approve' })).status, 422)
  assert.equal((await submit({ id: 'a', action: 'flag', failure_category: 'bad' })).status, 422)
})

test('undo brings a candidate back, clears the correction and keeps the history', async () => {
  bench.write('r', [makeCandidateLine('a')])
  await importRun('r')
  assert.equal((await app.send('POST', `${api}/undo`, { id: 'unknown' })).status, 404)
  assert.equal((await app.send('POST', `${api}/undo`, { id: 'a' })).status, 409)
  await submit({ id: 'a', action: 'correct', corrected_response: 'better', failure_category: 'partial_answer' })
  assert.equal((await exportLines()).length, 1)
  const undone = await app.send('POST', `${api}/undo`, { id: 'a' })
  assert.deepEqual([undone.status, undone.body], [200, { ok: true }])
  const [item] = (await getQueue()).items
  assert.deepEqual([item?.corrected_response, item?.failure_category], [null, null])
  assert.deepEqual(await exportLines(), [])
  const stats = await getStats()
  assert.deepEqual([stats.export_ready, stats.by_status.needs_review], [0, 1])
  const detail = await app.send<{ decisions: { action: string; corrected_response: string | null }[] }>(
    'GET',
    `${api}/candidates/a`,
  )
  assert.deepEqual(
    detail.body.decisions.map(one => [one.action, one.corrected_response]),
    [
      ['correct', 'better'],
      ['undo', null],
    ],
  )
})

test('the export is compact, in approval order, an attachment named by the time', async () => {
  const odd = 'a "b"\n\u2028 \ud800 \ufdd0 é'
  bench.write('r', [
    makeCandidateLine('1'),
    makeCandidateLine('2', { prompt_messages: [{ role: 'user', content: odd, name: 'x' }] }),
    makeCandidateLine('3', { prompt_messages: [] }),
    makeCandidateLine('4', { status: 'approved', corrected_response: ' ' }),
  ])
  await importRun('r')
  for (const id of ['3', '2', '1']) await submit({ id, action: 'correct', corrected_response: `${id} ${odd}` })
  const response = await app.fetch('/api/sft/export')
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type') ?? '', /^application\/x-ndjson/)
  assert.match(
    response.headers.get('content-disposition') ?? '',
    /^attachment; filename="?sft_export_\d{8}-\d{6}\.jsonl"?$/,
  )
  const line = (prompt: object[], content: string) =>
    `${JSON.stringify({ messages: [...prompt, { role: 'assistant', content }] })}\n`
  const expected =
    line([], `3 ${odd}`) +
    line([{ role: 'user', content: odd, name: 'x' }], `2 ${odd}`) +
    line(
      [
        { role: 'system', content: 'Answer with a number.' },
        { role: 'user', content: 'What is 1?' },
      ],
      `1 ${odd}`,
    )
  assert.equal(await response.text(), expected)
  assert.equal((await getStats()).export_ready, 3)
})

test('lines of every length come whole, and an export that nobody reads to its end holds nothing', async () => {
  const texts = ['x', 'é'.repeat(70_000), '', 'y\0z', 'w'.repeat(3_000_000), '\ufdd0']
  bench.write(
    'r',
    texts.map((text, index) => makeCandidateLine(`${index}`, { prompt_messages: [{ role: 'user', content: text }] })),
  )
  await importRun('r')
  for (const index of texts.keys())
    await submit({ id: `${index}`, action: 'correct', corrected_response: `c${texts[index]}` })
  assert.deepEqual(
    (await exportLines()).map(line => JSON.parse(line).messages.map((one: { content: string }) => one.content)),
    texts.map(text => [text, `c${text}`]),
  )
  for (let round = 0; round < 25; round++) {
    const reader = (await app.fetch(`${api}/export`)).body?.getReader()
    await reader?.read()
    await reader?.cancel()
  }
  assert.equal((await getStats()).export_ready, texts.length)
})

test('an empty export is an empty file', async () => {
  const response = await app.fetch(`${api}/export`)
  assert.deepEqual([response.status, await response.text()], [200, ''])
})

test('the folder may only lie below the roots, whatever links and dots say', async () => {
  symlinkSync(outside, join(bench.path, 'way-out'))
  mkdirSync(join(bench.path, 'inside'), { recursive: true })
  const set = (bench_results_dir: unknown) => app.send('POST', `${api}/config`, { bench_results_dir })
  for (const path of [
    outside,
    '/etc',
    `${bench.path}-sibling`,
    `${bench.path}/inside/../../x`,
    `${bench.path}/inside/..`,
    `${bench.path}/way-out`,
    `${bench.path}/way-out/deeper`,
    '..',
  ]) {
    const refused = await set(path)
    assert.equal(refused.status, 403, path)
    assert.match(String(refused.body.detail), /\broots?\b/, path)
  }
  assert.deepEqual((await app.send('GET', `${api}/config`)).body, { bench_results_dir: bench.path })
  assert.deepEqual((await set(`${bench.path}/inside/`)).body, { ok: true })
  assert.deepEqual((await app.send('GET', '/api/sft/config')).body, { bench_results_dir: `${bench.path}/inside` })
  for (const wrong of [undefined, null, 7]) assert.equal((await set(wrong)).status, 422)
  assert.equal((await set('')).status, 200)
  assert.deepEqual((await app.send('GET', `${api}/config`)).body, { bench_results_dir: '' })
  assert.deepEqual((await app.send('GET', `${api}/runs`)).body, [])
})

test('a folder that cannot be there has no runs: a name that is too long, a link in a circle', async () => {
  symlinkSync(join(bench.path, 'circle'), join(bench.path, 'circle'))
  for (const name of ['n'.repeat(300), 'circle']) {
    await app.send('POST', `${api}/config`, { bench_results_dir: join(bench.path, name) })
    const { status, body } = await app.send('GET', `${api}/runs`)
    assert.deepEqual([status, body], [200, []], name.slice(0, 10))
  }
  await app.send('POST', `${api}/config`, { bench_results_dir: bench.path })
})

test('a run whose folder leads out is not listed, and not imported', async () => {
  mkdirSync(join(outside, 'run'), { recursive: true })
  appendFileSync(join(outside, 'run', 'sft_candidates.jsonl'), `${JSON.stringify(makeCandidateLine('x'))}\n`)
  symlinkSync(join(outside, 'run'), join(bench.path, 'zz-link'))
  const { body } = await app.send<{ run_id: string }[]>('GET', `${api}/runs`)
  assert.ok(!body.some(run => run.run_id === 'zz-link'))
  assert.equal((await importRun('zz-link')).status, 403)
})

const record = { source: 'sibling', task_type: 'chat', prompt: 'Hi', response: 'No', correction: 'Hello!' }
const ingest = async (body: unknown, headers: { [name: string]: string } = {}, target = app) => {
  const response = await target.fetch(`${api}/ingest`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  })
  return { status: response.status, body: (await response.json()) as { [field: string]: unknown } }
}
const bearer = { authorization: `Bearer ${SECRET}` }

test('ingestion answers for its credentials before it looks at the body', async () => {
  const open = await openTestApp()
  try {
    assert.equal((await ingest('no json', bearer, open)).status, 503)
    assert.equal((await ingest('no json', {}, open)).status, 503)
    const key = await open.send('POST', '/api/keys', { user: 'sibling', role: 'ingest' })
    const holder = { authorization: `Bearer ${key.body.key}` }
    assert.equal((await ingest(record, holder, open)).status, 200)
    assert.equal((await ingest(record, {}, open)).status, 401)
    assert.equal((await ingest(record, bearer, open)).status, 403)
  } finally {
    await open.close()
  }
})

test('ingestion tells a missing header from a wrong secret, and both from a wrong body', async () => {
  const guarded = await openTestApp({ env: { AVOCET_INGESTION_SECRET: 's3cret' } })
  try {
    const right = { authorization: 'Bearer s3cret' }
    for (const headers of [
      {},
      { authorization: '' },
      { authorization: 's3cret' },
      { authorization: 'Basic czpz' },
      { authorization: 'Bearer' },
      { authorization: 'Bearer a b' },
    ]) {
      assert.equal((await ingest('no json', headers, guarded)).status, 401, JSON.stringify(headers))
    }
    for (const token of ['wrong', 's3cre', 's3cret0', 'S3CRET']) {
      assert.equal((await ingest('no json', { authorization: `Bearer ${token}` }, guarded)).status, 403, token)
    }
    assert.equal((await ingest('no json', right, guarded)).status, 422)
    for (const wrong of [
      { ...record, correction: '\u200b ' },
      { ...record, prompt: undefined },
      { ...record, source: 1 },
      [],
    ]) {
      assert.equal((await ingest(wrong, right, guarded)).status, 422, JSON.stringify(wrong))
    }
    const answer = await ingest(record, right, guarded)
    assert.equal(answer.status, 200)
    assert.deepEqual(Object.keys(answer.body), ['ok', 'id'])
    const stats = await guarded.send('GET', `${api}/stats`)
    assert.deepEqual([stats.body.export_ready, stats.body.by_model], [1, { unknown: 1 }])
    const text = await (await guarded.fetch(`${api}/export`)).text()
    assert.equal(text, '{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello!"}]}\n')
  } finally {
    await guarded.close()
  }
})

test('the same Idempotency-Key makes one record, also at the same time; another body under it is refused', async () => {
  const guarded = await openTestApp({ env: { WHETSTONE_INGESTION_SECRET: 's3cret' } })
  try {
    const headers = { authorization: 'Bearer s3cret', 'idempotency-key': 'k1' }
    const answers = await Promise.all(Array.from({ length: 8 }, () => ingest(record, headers, guarded)))
    assert.equal(new Set(answers.map(answer => answer.body.id)).size, 1)
    assert.equal((await guarded.send('GET', `${api}/stats`)).body.total, 1)
    assert.equal((await ingest({ ...record, prompt: 'Other' }, headers, guarded)).status, 422)
    await ingest(record, { authorization: 'Bearer s3cret' }, guarded)
    assert.equal((await guarded.send('GET', `${api}/stats`)).body.total, 2)
  } finally {
    await guarded.close()
  }
})

test('of many who submit the same candidate at once, one succeeds and nothing is lost', async () => {
  bench.write('r', [makeCandidateLine('a')])
  await importRun('r')
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => submit({ id: 'a', action: 'correct', corrected_response: `by ${index}` })),
  )
  assert.deepEqual(answers.map(answer => answer.status).sort(), [200, ...Array(11).fill(409)])
  assert.equal((await exportLines()).length, 1)
  assert.equal((await getStats()).export_ready, 1)
})

test('two imports of the same run at the same time bring each candidate once', async () => {
  bench.write(
    'r',
    Array.from({ length: 5_000 }, (_, index) => makeCandidateLine(`c${index}`)),
  )
  const results = await Promise.all([importRun('r'), importRun('r')])
  const imported = results.map(result => Number(result.body.imported))
  assert.equal((imported[0] ?? 0) + (imported[1] ?? 0), 5_000)
  assert.equal((await getStats()).total, 5_000)
  assert.equal((await getQueue()).total, 5_000)
})

test('wrong methods are 405 and unknown paths 404, under both prefixes', async () => {
  for (const prefix of [api, '/api/sft']) {
    assert.equal((await app.send('DELETE', `${prefix}/queue`)).status, 405)
    assert.equal((await app.send('GET', `${prefix}/ingest`)).status, 405)
    assert.equal((await app.send('GET', `${prefix}/nothing`)).status, 404)
  }
})
