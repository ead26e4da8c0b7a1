import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import fc from 'fast-check'
import sql, { type Sql } from 'sql-template-tag'
import { isBlank } from '#corrections/blank.ts'
import { chooseBriefs } from '#corrections/candidate-page.ts'
import { query } from '#db/connect.ts'
import { openTestApp, type TestApp } from './app.ts'
import { type BenchmarkFolder, makeBenchmarkFolder, makeCandidateLine } from './benchmark-files.ts'

const api = '/api/corrections'
const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31)

interface Brief {
  id: string
  place: string
  status: string
  source: string
  model_name: string
  failure_category: string | null
  quality_score: number | null
  request: string | null
  decided_by: string | null
  decided_as: string | null
  decided_at: string | null
}

interface Page {
  items: Brief[]
  next: string | null
  previous: string | null
}

let bench: BenchmarkFolder
let app: TestApp

before(async () => {
  bench = makeBenchmarkFolder()
  app = await openTestApp({ env: { WHETSTONE_BENCH_ROOTS: bench.path } })
  await app.send('POST', `${api}/config`, { bench_results_dir: bench.path })
})
beforeEach(async () => {
  for (const table of ['candidates', 'exports', 'candidate_imports', 'datasets'])
    await app.db.pool.query(`delete from ${table}`)
})
after(async () => {
  await app.close()
  bench.remove()
})

async function importLines(lines: (string | { [field: string]: unknown })[]) {
  bench.write('r', lines)
  const { status, body } = await app.send<{ imported: number }>('POST', `${api}/import`, { run_id: 'r' })
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

async function get<Body>(path: string): Promise<Body> {
  const { status, body } = await app.send<Body>('GET', `${api}/${path}`)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

const send = async (path: string, body: object) => {
  const answer = await app.send('POST', `${api}/${path}`, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body
}

async function readWhole(query: string, direction: 'after' | 'before', limit: number): Promise<string[]> {
  const pages: string[][] = []
  let place = ''
  if (direction === 'before') {
    let at = ''
    for (;;) {
      const page = await get<Page>(`candidate-page?${query}&limit=${limit}${at}`)
      if (page.next === null) {
        place = `&before=${encodeURIComponent(page.items.at(-1)?.place ?? '')}`
        pages.push(page.items.slice(-1).map(item => item.id))
        break
      }
      at = `&after=${encodeURIComponent(page.next)}`
    }
  }
  for (;;) {
    const page = await get<Page>(`candidate-page?${query}&limit=${limit}${place}`)
    const ids = page.items.map(item => item.id)
    if (direction === 'after') pages.push(ids)
    else pages.unshift(ids)
    const edge = direction === 'after' ? page.next : page.previous
    if (edge === null) return pages.flat()
    place = `&${direction}=${encodeURIComponent(edge)}`
  }
}

test(`both lists give each candidate once, in order, in both directions, whatever the filter (TEST_SEED=${seed})`, async () => {
  const kinds = fc.sample(
    fc.record({
      model_name: fc.constantFrom(null, 'a', 'b'),
      source: fc.constantFrom('bench', 'other'),
      quality_score: fc.constantFrom(null, 0.1, 0.9),
    }),
    { seed, numRuns: 40 },
  )
  await importLines(kinds.map((kind, index) => makeCandidateLine(`c${index}`, kind)))
  const decided: string[] = []
  for (const [index] of kinds.entries()) {
    if (index % 2 === 0) continue
    const action = ['discard', 'flag'][index % 4 === 1 ? 0 : 1]
    await send('submit', { id: `c${index}`, action, failure_category: index % 3 === 0 ? 'wrong_answer' : null })
    decided.unshift(`c${index}`)
  }
  const waiting = kinds.flatMap((_, index) => (index % 2 === 0 ? [`c${index}`] : []))
  const kindOf = (id: string) => kinds[Number(id.slice(1))]
  const wishes: [string, (id: string) => boolean][] = [
    ['', () => true],
    ['&model_name=a', id => kindOf(id)?.model_name === 'a'],
    ['&model_name=', id => kindOf(id)?.model_name === null],
    ['&source=other&min_quality=0.5', id => kindOf(id)?.source === 'other' && kindOf(id)?.quality_score === 0.9],
  ]
  for (const [list, all] of [
    ['waiting', waiting],
    ['decided', decided],
  ] as const) {
    for (const [filter, passes] of wishes) {
      const expected = all.filter(passes)
      for (const limit of [1, 3, 500]) {
        assert.deepEqual(await readWhole(`list=${list}${filter}`, 'after', limit), expected, `${list}${filter}`)
        if (expected.length > 0)
          assert.deepEqual(await readWhole(`list=${list}${filter}`, 'before', limit), expected, `${list}${filter}`)
      }
      const { total } = await get<{ total: number }>(`candidate-count?list=${list}${filter}`)
      assert.equal(total, expected.length, `${list}${filter}`)
    }
  }
  const flagged = decided.filter(id => Number(id.slice(1)) % 4 === 3)
  assert.deepEqual(await readWhole('list=decided&status=model_rejected', 'after', 4), flagged)
  const wrong = decided.filter(id => Number(id.slice(1)) % 3 === 0)
  assert.deepEqual(await readWhole('list=decided&failure_category=wrong_answer', 'after', 4), wrong)
  const [newest] = (await get<Page>('candidate-page?list=decided&limit=1')).items
  const earlier = await get<Page>(`candidate-page?list=decided&until=${newest?.decided_at}`)
  assert.ok(!earlier.items.some(item => item.id === newest?.id))
})

test('a row says what was asked, who decided and how; a place of the other list is refused', async () => {
  await importLines([makeCandidateLine('a'), makeCandidateLine('b', { prompt_messages: [] })])
  await send('submit', { id: 'a', action: 'correct', corrected_response: 'Right.' })
  await send('edit', { id: 'a', corrected_response: 'Better.' })
  await send('comment', { id: 'a', comment: 'hm' })
  const { items } = await get<Page>('candidate-page?list=decided')
  assert.equal(items[0]?.request, 'What is a?')
  assert.equal(items[0]?.decided_as, 'edit')
  assert.ok(items[0]?.decided_by)
  const waiting = await get<Page>('candidate-page')
  assert.equal(waiting.items[0]?.request, null)
  for (const query of [`list=decided&after=${waiting.items[0]?.place}`, `after=${items[0]?.place}`, 'after=x'])
    assert.equal((await app.send('GET', `${api}/candidate-page?${query}`)).status, 422, query)
  const kinds = await get<{ model_names: object[]; reviewers: string[] }>('candidate-kinds?list=waiting')
  assert.deepEqual(kinds.model_names, [{ name: 'small-model', n: 1 }])
  assert.deepEqual(kinds.reviewers, [items[0]?.decided_by])
})

test('a search finds what a line shows, looks at a thousand at a time, says so and goes on', async () => {
  await importLines([
    ...Array.from({ length: 1_003 }, (_, n) =>
      makeCandidateLine(`c${n}`, { model_response: n % 400 === 2 ? '100% Wrong_' : 'x' }),
    ),
    makeCandidateLine('last', { task_name: 'a WRONG_ task' }),
  ])
  const find = (place = '') => get<Page & { searched: object }>(`candidate-page?search=wrong_&limit=2${place}`)
  const ids = (page: Page) => page.items.map(item => item.id)
  const first = await find()
  assert.deepEqual([ids(first), first.searched], [['c2', 'c402'], { candidates: 1_000, all: false }])
  const second = await find(`&after=${first.next}`)
  assert.deepEqual(
    [ids(second), second.searched, second.next],
    [['c802', 'last'], { candidates: 601, all: true }, null],
  )
  const wide = await get<Page>('candidate-page?search=wrong_')
  assert.deepEqual(ids(wide), ['c2', 'c402', 'c802'])
  assert.deepEqual(ids(await get<Page>(`candidate-page?search=wrong_&after=${wide.next}`)), ['last'])
  assert.deepEqual(ids(await get<Page>('candidate-page?search=What is C999')), ['c999'])
  assert.deepEqual(ids(await get<Page>('candidate-page?search=wrongx')), [])
  assert.equal((await get<Page & { searched: null }>('candidate-page')).searched, null)
})

test('a page of what is decided is read from the front of each kind', async () => {
  await query(
    app.db,
    sql`
      insert into candidates (
        project_id, id, status, origin, source, model_name, task_type, fields, prompt_messages, model_response,
        content_hash, split, sample, decided_at
      )
      select 1, 'n' || n, 'discarded', 'benchmark', 'bench', 'm' || n % 3, 't', '{}', '[]', '', sha256('x'), 0, 0,
        now() - make_interval(secs => n) from generate_series(1, 20000) n`,
  )
  await query(app.db, sql`analyze candidates`)
  await query(app.db, sql`analyze candidate_cells`)
  const edge = { candidate_no: 5, decided_at: new Date(Date.now() - 9_000_000).toISOString() }
  const page = chooseBriefs(1, { list: 'decided', filter: {} }, { edge, backwards: false, limit: 101 })
  const explain = (statement: Sql) => query<{ 'QUERY PLAN': string }>(app.db, sql`explain ${statement}`)
  const plan = (await explain(page)).map(row => row['QUERY PLAN']).join('\n')
  assert.match(plan, /Index (Only )?Scan Backward using candidates_decided/)
  assert.match(plan, /Index Cond: .*ROW\(decided_at, candidate_no\) < ROW/)
})

test('an import leaves a record: how far, how many, which lines could not be read; one that broke off says so', async () => {
  await importLines([makeCandidateLine('a'), '{"id": 3', makeCandidateLine('a'), 'null'])
  const [record] = await get<{ [field: string]: unknown; import_id: string }[]>('imports')
  assert.deepEqual([record?.state, record?.imported, record?.skipped, record?.malformed_count], ['done', 1, 1, 2])
  assert.equal(record?.bytes_read, record?.size)
  const detail = await get<{ malformed: { line: number }[] }>(`imports/${record?.import_id}`)
  assert.deepEqual(
    detail.malformed.map(one => one.line),
    [2, 4],
  )
  await query(app.db, sql`update candidate_imports set ended_at = null, seen_at = now() - interval '2 minutes'`)
  assert.equal((await get<{ state: string }[]>('imports'))[0]?.state, 'broken_off')
  assert.equal((await app.send('POST', `${api}/import`, { run_id: 'nobody' })).status, 404)
  assert.equal((await get<object[]>('imports')).length, 1)
  assert.equal((await app.send('GET', `${api}/imports/${crypto.randomUUID()}`)).status, 404)
})

const blanks = [
  '',
  ' \t\n',
  '\u00a0\u2003\u3000',
  '\u200b\u200d\ufe0f',
  '\u2800',
  '\u3164',
  '\0',
  '\u{e0100}',
  '\0'.repeat(300),
]
const visible = ['x', '\u200bä', '猫', '\u{1f600}', '\ufdd0', '-', `${' '.repeat(300)}.`]

test('what an export would come to is what it comes to, with its first lines, whatever there is', async () => {
  const lines = [
    makeCandidateLine('unasked', { prompt_messages: [] }),
    makeCandidateLine('same', { model_response: 'Right.' }),
    ...[...blanks, ...visible].map((model_response, index) => makeCandidateLine(`text-${index}`, { model_response })),
    makeCandidateLine('other', { source: 'other', prompt_messages: [{ role: 'user', content: 'a\0b' }] }),
  ]
  await importLines(lines)
  for (const { id } of lines.filter(line => typeof line !== 'string'))
    await send('submit', { id, action: 'correct', corrected_response: 'Right.', failure_category: 'wrong_answer' })
  for (const format of ['sft', 'sft_tools', 'dpo', 'kto']) {
    for (const filter of [{}, { source: 'other' }, { split: 'train', test_share: 0.5 }, { source: 'nobody' }]) {
      const about = JSON.stringify({ format, filter })
      const { approved, matching, left_out, records, samples } = await preview({ format, filter })
      const made = await send('exports', { format, filter })
      const text = await (await app.fetch(`${api}/exports/${made.export_id}/file`)).text()
      assert.equal(records, made.records, about)
      assert.equal(left_out.no_prompt + left_out.blank_original + left_out.same_text, made.left_out, about)
      assert.deepEqual([approved, matching <= approved], [lines.length, true], about)
      const first = text.split('\n').slice(0, Math.min(3, records))
      assert.deepEqual(
        samples.map(sample => sample.text),
        first.map(line => line.slice(0, 4_000)),
        about,
      )
    }
  }
  const dpo = await preview({ format: 'dpo' })
  assert.deepEqual(dpo.left_out, { no_prompt: 1, blank_original: blanks.length, same_text: 1 })
  assert.ok(blanks.every(isBlank) && !visible.some(isBlank))
})

async function preview(wish: object) {
  const { status, body } = await app.send<{
    approved: number
    matching: number
    records: number
    left_out: { no_prompt: number; blank_original: number; same_text: number }
    samples: { text: string }[]
  }>('POST', `${api}/exports/preview`, wish)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

test('before an undo it is told what goes with it: cases and files', async () => {
  await importLines([makeCandidateLine('a'), makeCandidateLine('b')])
  await send('submit', { id: 'a', action: 'correct', corrected_response: 'Right.' })
  const made = await send('exports', { format: 'dpo' })
  await send('exports', { format: 'sft', filter: { source: 'nobody' } })
  await send('golden', { id: 'a', dataset: 'gold' })
  const uses = await get<{ datasets: string[]; exports: { export_id: string; format: string }[] }>('candidates/a/uses')
  assert.deepEqual(uses.datasets, ['gold'])
  assert.deepEqual(
    uses.exports.map(one => [one.export_id, one.format]),
    [[made.export_id, 'dpo']],
  )
  const undone = await app.send<{ retracted: { datasets: string[]; exports: string[] } }>('POST', `${api}/undo`, {
    id: 'a',
  })
  assert.deepEqual(undone.body.retracted, { datasets: ['gold'], exports: [made.export_id] })
  assert.deepEqual(await get('candidates/a/uses'), { datasets: [], exports: [] })
  assert.equal((await app.send('GET', `${api}/candidates/nobody/uses`)).status, 404)
})
