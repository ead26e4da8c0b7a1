import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { caseRowPageSchema, caseTextSchema } from '#datasets/case-rows.ts'
import { datasetPreviewSchema } from '#datasets/upload.ts'
import { queryRow } from '#db/connect.ts'
import { openTestApp, type TestApp } from './app.ts'
import { knowsCapitals } from './database.ts'
import { caseLine, countUpload, useDatasets } from './dataset-uploads.ts'

let app: TestApp
let datasets: ReturnType<typeof useDatasets>
before(async () => {
  app = await openTestApp()
  datasets = useDatasets(app)
})
after(() => app.close())

const lines = (...texts: string[]) => texts.join('\n')

async function preview(name: string, body: string, search = '') {
  const headers = { 'content-type': 'application/x-ndjson' }
  const response = await app.fetch(`/api/datasets/${name}/preview${search}`, { method: 'POST', body, headers })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return datasetPreviewSchema.parse(JSON.parse(text))
}

async function readRows(name: string, search = '') {
  return caseRowPageSchema.parse((await app.send('GET', `/api/datasets/${name}/case-rows${search}`)).body)
}

test('a preview tells what saving then does, in both modes, and changes nothing', async () => {
  await datasets.upload('a', lines(caseLine('1'), caseLine('2', { id: 'two' }), caseLine('3')))
  const before = await datasets.list('a')
  const body = lines(caseLine('1'), caseLine('2!', { id: 'two' }), caseLine('4'), caseLine('4'), 'no case')
  for (const mode of ['append', 'replace']) {
    const told = await preview('a', body, `?mode=${mode}`)
    assert.deepEqual(await datasets.list('a'), before)
    const { differences, ...counts } = told
    const kinds = differences.map(one => one.kind).sort()
    assert.deepEqual(kinds, mode === 'append' ? ['added', 'changed'] : ['added', 'changed', 'removed'])
    assert.deepEqual(
      counts.malformed.map(one => one.line),
      [4, 5],
    )
    if (mode === 'replace') assert.deepEqual(await datasets.upload('a', body, `?mode=${mode}`), counts)
  }
  const again = await preview('a', body)
  assert.deepEqual([...countUpload(again), again.differences], [0, 0, 0, 3, []])
  const left = await queryRow<{ n: number }>(app.db, sql`select count(*) as n from staged_cases`)
  assert.equal(left.n, 0)
})

test('a preview of a dataset that is not there tells of its first version and does not make it', async () => {
  const told = await preview('fresh', lines(caseLine('1'), caseLine('2')))
  assert.deepEqual([told.version_no, ...countUpload(told), told.differences.length], [1, 2, 0, 0, 0, 2])
  assert.equal((await app.send('GET', '/api/datasets/fresh')).status, 404)
  assert.deepEqual([(await preview('fresh', caseLine('1'))).version_no], [1])
})

test('rows of cases are cut, name the session only where it is here, and their pages hold every case once', async () => {
  await app.send('POST', '/api/sessions', { session_id: 's-1', profile_id: 'p', messages: [] })
  const long = 'x'.repeat(5_000)
  const talk = {
    messages: [
      { role: 'system', content: long },
      { role: 'user', content: 'the very end' },
    ],
  }
  const body = lines(
    caseLine(long, { source: 's-1', expected: 'yes' }),
    caseLine('short', { source: 'elsewhere', metadata: { level: 1 } }),
    JSON.stringify({ input: talk }),
  )
  await datasets.upload('rows', body)
  const { rows } = await readRows('rows')
  assert.deepEqual(
    rows.map(row => row.session_id),
    ['s-1', null, null],
  )
  assert.deepEqual(
    rows.map(row => row.input.length <= 401),
    [true, true, true],
  )
  assert.equal(rows[1]?.input, '{"question":"short"}')
  assert.match(rows[2]?.input ?? '', /^….*the very end"\}\]\}$/)
  assert.deepEqual([rows[0]?.expected, rows[1]?.metadata], ['"yes"', '{"level":1}'])
  const seen: string[] = []
  for (let after: number | null = 0; after !== null; ) {
    const page = await readRows('rows', `?limit=2&after=${after}`)
    seen.push(...page.rows.map(row => row.case_id))
    after = page.next
  }
  assert.deepEqual(
    seen,
    rows.map(row => row.case_id),
  )
  const [train, testing] = [await readRows('rows', '?split=train'), await readRows('rows', '?split=test')]
  assert.equal(train.rows.length + testing.rows.length, 3)
})

/** The inputs' questions of all that a search finds, page after page, and how many pages that took. */
async function searchCases(name: string, search: string, more = ''): Promise<{ found: string[]; pages: number }> {
  const found: string[] = []
  let pages = 0
  for (let after: number | null = 0; after !== null; pages++) {
    const page = await readRows(name, `?search=${encodeURIComponent(search)}&after=${after}${more}`)
    found.push(...page.rows.map(row => JSON.parse(row.input).question))
    after = page.next
  }
  return { found, pages }
}

test('a search finds ids, inputs and expected answers as they are written, capitals or not, and nothing else', async () => {
  const body = lines(
    caseLine('Où est mon ÉTÉ?', { id: 'Über-1' }),
    caseLine('say "hi" \\ bye', { id: 'a_b', expected: { answer: 'In Bern' } }),
    caseLine('100 % sure', { id: 'axb', metadata: { level: 'bern' }, source: 'bern' }),
  )
  await datasets.upload('found', body)
  const foreign = (await knowsCapitals(app.db)) ? [0] : []
  const expected: [string, number[]][] = [
    ['ÉTÉ', [0]],
    ['été', foreign],
    ['ÜBER', [0]],
    ['über-1', foreign],
    ['"HI" \\', [1]],
    ['"question":"say', [1]],
    ['BERN', [1]],
    ['a_b', [1]],
    ['a%b', []],
    ['0 %', [2]],
    ['axb', [2]],
    ['nobody', []],
  ]
  const questions = (await searchCases('found', '')).found
  assert.equal(questions.length, 3)
  for (const [search, places] of expected) {
    const { found } = await searchCases('found', search)
    assert.deepEqual(
      found,
      places.map(place => questions[place]),
      search,
    )
  }
})

test('a search looks at so many cases for a page, and its pages come to the end with every case once', async () => {
  const count = 5_100
  const all = Array.from({ length: count }, (_, n) =>
    n % 1_000 === 42 || n === count - 1 ? `Needle ${n}` : `hay ${n}`,
  )
  await datasets.upload('hay', lines(...all.map(text => caseLine(text))))
  const needles = all.filter(text => text.startsWith('Needle'))
  const whole = await searchCases('hay', 'needle')
  assert.deepEqual(whole, { found: needles, pages: 2 })
  assert.deepEqual(await searchCases('hay', 'needle', '&limit=2'), { found: needles, pages: 4 })
  assert.deepEqual(await searchCases('hay', 'nobody'), { found: [], pages: 2 })
  const parts = ['train', 'test'].map(split => searchCases('hay', 'needle', `&split=${split}&test_share=0.5`))
  const [train, testing] = await Promise.all(parts)
  assert.deepEqual(new Set([...(train?.found ?? []), ...(testing?.found ?? [])]), new Set(needles))
  assert.ok((train?.found.length ?? 0) + (testing?.found.length ?? 0) === needles.length)
})

test('a case as text keeps every digit and NUL, and says in which versions it stands', async () => {
  const input = '{"big":9007199254740993,"nul":"a\\u0000b","odd":"\ufdd0"}'
  await datasets.upload('text', `{"input":${input},"id":"n"}`)
  const [row] = (await readRows('text')).rows
  await datasets.upload('text', caseLine('other'))
  const found = caseTextSchema.parse((await app.send('GET', `/api/datasets/text/cases/${row?.case_id}`)).body)
  assert.deepEqual([found.input, found.added_in, found.removed_in, found.expected], [input, 1, 2, null])
  await datasets.upload('another', caseLine('1'))
  assert.equal((await app.send('GET', `/api/datasets/another/cases/${row?.case_id}`)).status, 404)
})
