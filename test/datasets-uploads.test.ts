import assert from 'node:assert/strict'
import { stringify } from 'node:querystring'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import sql from 'sql-template-tag'
import { readCsvCases } from '#datasets/csv-cases.ts'
import type { ReadCase } from '#datasets/jsonl-cases.ts'
import { queryRow } from '#db/connect.ts'
import { openTestApp, type TestApp } from './app.ts'
import { caseLine, countUpload, useDatasets } from './dataset-uploads.ts'

let app: TestApp
let datasets: ReturnType<typeof useDatasets>
before(async () => {
  app = await openTestApp()
  datasets = useDatasets(app)
})
after(() => app.close())

const CSV = 'text/csv'

test('a line that is no case rejects only itself, with its number and what is wrong', async () => {
  const body = [
    `\ufeff${caseLine('1')}`,
    '{"input": {"a": 1}',
    '',
    '{"input": "text"}',
    '{"input": {}, "inptu": 1}',
    '{"input": {}, "id": 5}',
    '{"input": {}, "source": "a", "session_id": "b"}',
    '{"input": {"a": 1, "a": 2}}',
    '[]',
    `${caseLine('2', { session_id: 's' })}\r`,
    caseLine('1'),
    caseLine('3', { id: 'x' }),
    caseLine('4', { id: 'x' }),
    '{"expected": 1}',
  ].join('\n')
  const answer = await datasets.upload('lines', body)
  assert.deepEqual([answer.cases, answer.malformed_count], [3, 10])
  const told = answer.malformed.map(({ line, reason }) => `${line} ${reason}`)
  const expected = [
    /^2 not valid JSON/,
    /^4 input: Expected an object/,
    /^5 A case has no field "inptu"/,
    /^6 id: Expected text/,
    /^7 session_id is another word for source/,
    /^8 .*stands twice/,
    /^9 A line has to be a JSON object/,
    /^11 The same case stands in line 1\.$/,
    /^13 The id "x" stands in line 12 already\.$/,
    /^14 input: This field is needed/,
  ]
  for (const [index, pattern] of expected.entries()) assert.match(told[index] ?? '', pattern)
  assert.deepEqual(
    (await datasets.list('lines')).cases.map(one => one.source),
    [null, 's', null],
  )
})

test('a line that is not UTF-8 is refused, and lines are split at the line feed alone', async () => {
  const bytes = Buffer.concat([
    Buffer.from('{"input": {"a": "'),
    Buffer.from([0xff]),
    Buffer.from(`"}}\n${caseLine('a\u2028b\u2029c\u0085d')}\n`),
  ])
  const answer = await datasets.upload('bytes', new Uint8Array(bytes))
  assert.deepEqual([answer.cases, answer.malformed.map(one => one.line)], [1, [1]])
  assert.match(answer.malformed[0]?.reason ?? '', /not valid UTF-8 at byte 17/)
})

test('numbers, NUL and lone surrogates come out of an export as they went in, and again they are the same cases', async () => {
  const body = [
    '{"id":"n","input":{"big":9007199254740993,"huge":1e400,"deep":{"__proto__":1}},"expected":[1e400]}',
    '{"input":{"text":"a\\u0000b \\ud800 \\ufdd0"},"expected":false,"metadata":{"k":null}}',
    '{"input":{},"expected":0,"source":"s"}',
    '{"input":{"only":"input"}}',
  ].join('\n')
  const first = await datasets.upload('exact', body)
  assert.deepEqual([first.cases, first.malformed_count], [4, 0])
  const exported = await (await app.fetch('/api/datasets/exact/export')).text()
  assert.ok(exported.startsWith(`${body.split('\n')[0]}\n`), exported)
  const again = await datasets.upload('exact', exported)
  assert.deepEqual([again.version, ...countUpload(again)], [first.version, 0, 0, 0, 4])
})

test('whatever JSON cases hold, an export uploaded elsewhere is the same version', async () => {
  let name = 0
  const property = fc.asyncProperty(
    fc.array(fc.record({ input: fc.dictionary(fc.string(), fc.jsonValue()), expected: fc.jsonValue() }), {
      minLength: 1,
      maxLength: 5,
    }),
    async cases => {
      const body = cases.map(one => JSON.stringify(one)).join('\n')
      const { version } = await datasets.upload(`from-${++name}`, body)
      const exported = await (await app.fetch(`/api/datasets/from-${name}/export`)).text()
      assert.equal((await datasets.upload(`to-${name}`, exported)).version, version)
    },
  )
  await fc.assert(property, { numRuns: 40 })
})

test('an upload that breaks off, or has no case, changes nothing and leaves nothing', async () => {
  await datasets.upload('safe', [caseLine('1'), caseLine('2')].join('\n'))
  for (const [type, line] of [
    ['application/x-ndjson', (index: number) => caseLine(`x${index}`)],
    [CSV, (index: number) => `question${index}`],
  ] as const) {
    let sent = 0
    const stream = new ReadableStream<Uint8Array>({
      pull: controller => {
        if (sent === 5_000) controller.error(new Error('the connection is gone'))
        else controller.enqueue(Buffer.from(`${line(sent++)}\n`))
      },
    })
    assert.equal((await datasets.post('safe', stream, '', type)).status, 500)
  }
  assert.equal((await datasets.refuse('safe', '')).type, 'no_cases')
  assert.match((await datasets.refuse('safe', '\n{"\n[]\n')).msg, /No line is a case\. Line 2: not valid JSON/)
  assert.match(
    (await datasets.refuse('safe', 'question\nx\n"1\n2\n', '', CSV)).msg,
    /the text ends within quotes, which record 2 below/,
  )
  assert.equal((await datasets.list('safe')).cases.length, 2)
  assert.equal((await app.send('GET', '/api/datasets/safe')).body.version_no, 1)
  const { left } = await queryRow<{ left: number }>(app.db, sql`select count(*) as left from staged_cases`)
  assert.equal(left, 0)
  assert.equal((await datasets.refuse('new', '')).type, 'no_cases')
  assert.equal((await app.send('GET', '/api/datasets/new')).status, 404)
})

test('a body of another kind is refused, and so is a compressed one', async () => {
  const issue = await datasets.refuse('kind', '[]', '', 'application/json')
  assert.deepEqual(issue.loc, ['header', 'content-type'])
  const headers = { 'content-type': CSV, 'content-encoding': 'gzip' }
  const response = await app.fetch('/api/datasets/kind/versions', { method: 'POST', body: 'a\n1\n', headers })
  assert.equal(response.status, 415)
})

test("a CSV's columns are read by their names", async () => {
  const body =
    '\ufeffid,question,input.tone,expected,session_id,metadata.level\r\n' +
    '1,"say ""hi"",\nplease",warm,hi,s1,easy\r\n' +
    '\r\n' +
    ',plain,,,,\r\n'
  const answer = await datasets.upload('csv', body, '', CSV)
  assert.deepEqual([answer.cases, answer.malformed], [2, []])
  const { cases } = await datasets.list('csv')
  const shown = cases.map(({ id, input, expected, source, metadata }) => ({ id, input, expected, source, metadata }))
  assert.deepEqual(shown, [
    {
      id: '1',
      input: { question: 'say "hi",\nplease', tone: 'warm' },
      expected: 'hi',
      source: 's1',
      metadata: { level: 'easy' },
    },
    { id: null, input: { question: 'plain', tone: '' }, expected: null, source: null, metadata: { level: '' } },
  ])
})

test('options say what columns mean whose names do not', async () => {
  const query = stringify({ input: 'q', expected: 'a,b', id: 'key', source: 'chat', delimiter: ';' })
  await datasets.upload('mapped', 'key;q;a;b;chat;note\n1;x;y;z;s;n\n2;x;;;;n\n', `?${query}`, CSV)
  const { cases } = await datasets.list('mapped')
  assert.deepEqual(
    cases.map(({ id, input, expected, source, metadata }) => [id, input, expected, source, metadata]),
    [
      ['1', { q: 'x' }, { a: 'y', b: 'z' }, 's', { note: 'n' }],
      ['2', { q: 'x' }, null, null, { note: 'n' }],
    ],
  )
  const fields = 'q,expected.a,expected.b\nx,1,2\n'
  await datasets.upload('fields', fields, '', CSV)
  assert.deepEqual((await datasets.list('fields')).cases[0]?.expected, { a: '1', b: '2' })
  const tabs = await datasets.upload('tabs', 'q\texpected\nx\ty\n', '', 'text/tab-separated-values')
  assert.equal(tabs.cases, 1)
})

test('a record with other cells, or not UTF-8, rejects only itself; the line is the one that it begins on', async () => {
  const bytes = Buffer.concat([
    Buffer.from('question,expected\n"a\nb",1\nc\nd,2,3\n'),
    Buffer.from([0xc3, 0x28]),
    Buffer.from(',4\ne,5\n'),
  ])
  const answer = await datasets.upload('records', new Uint8Array(bytes), '', CSV)
  assert.equal(answer.cases, 2)
  assert.deepEqual(
    answer.malformed.map(({ line }) => line),
    [4, 5, 6],
  )
  assert.match(answer.malformed[0]?.reason ?? '', /1 cells, the heading 2/)
  assert.match(answer.malformed[2]?.reason ?? '', /UTF-8/)
})

test('a heading or a quote that cannot be meant like this refuses the whole, with its place', async () => {
  const refuse = async (body: string, search = '') => (await datasets.refuse('headings', body, search, CSV)).msg
  assert.match(await refuse('a,a\n1,2\n'), /Two columns are called "a"/)
  assert.match(await refuse('a,\n1,2\n'), /Column 2 has no name/)
  assert.match(await refuse('id,expected\n1,2\n'), /is a field of the input/)
  assert.match(await refuse('a,source,session_id\n1,2,3\n'), /More than one column is the case's source/)
  assert.match(await refuse('a,input.a\n1,2\n'), /Two columns are input\.a/)
  assert.match(await refuse('a\n1\n', '?expected=b'), /There is no column "b"; there are a/)
  assert.match(await refuse('text;expected\na;b\n'), /only column is called "text;expected".*which delimiter/)
  assert.match(await refuse('a\nx"y\n'), /Line 2: a quote stands within a cell/)
  assert.match(await refuse('a\n"x"y\n'), /Line 2: something follows the closing quote/)
  assert.match(await refuse('a\n'), /There are no cases/)
})

test('whatever texts a CSV holds, and wherever its bytes are cut, they are read as they are', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 12 }).filter(one => one.isWellFormed())
  const property = fc.asyncProperty(
    fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 6 }),
    fc.integer({ min: 1, max: 7 }),
    async (rows, size) => {
      const quote = (cell: string) => `"${cell.replaceAll('"', '""')}"`
      const bytes = Buffer.from(`\ufeffa,b\n${rows.map(row => `${row.map(quote).join(',')}\r\n`).join('')}`)
      const read: ReadCase[] = []
      for await (const batch of readCsvCases(cutBytes(bytes, size))) read.push(...batch)
      assert.deepEqual(
        read.map(one => ('given' in one ? Object.values(one.given.input) : one.reason)),
        rows,
      )
    },
  )
  await fc.assert(property, { numRuns: 300 })
})

async function* cutBytes(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
