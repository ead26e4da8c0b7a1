import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { countCases, readCases } from '#datasets/cases.ts'
import { openVersion } from '#datasets/datasets.ts'
import { openTestApp, type TestApp } from './app.ts'
import { caseLine, countUpload, useDatasets } from './dataset-uploads.ts'

let app: TestApp
let datasets: ReturnType<typeof useDatasets>
before(async () => {
  app = await openTestApp()
  datasets = useDatasets(app)
})
after(() => app.close())

const lines = (...texts: string[]) => texts.join('\n')
const questions = (page: { cases: { input: object }[] }) => page.cases.map(one => Object(one.input).question)

test('an upload replaces the cases, and says what came, went, changed and stayed', async () => {
  const first = await datasets.upload('a', lines(caseLine('1'), caseLine('2', { id: 'two' }), caseLine('3')))
  assert.deepEqual([first.version_no, first.cases, ...countUpload(first)], [1, 3, 3, 0, 0, 0])
  assert.match(first.version, /^[0-9a-f]{12}$/)
  const body = lines(caseLine('1'), caseLine('2', { id: 'two', expected: 'x' }), caseLine('4'))
  const second = await datasets.upload('a', body)
  assert.deepEqual([second.version_no, second.cases, ...countUpload(second)], [2, 3, 1, 1, 1, 1])
  const again = await datasets.upload('a', body)
  assert.deepEqual([again.version, again.version_no, ...countUpload(again)], [second.version, 2, 0, 0, 0, 3])
  assert.deepEqual(questions(await datasets.list('a', `?version=${first.version}`)), ['1', '2', '3'])
  assert.deepEqual(questions(await datasets.list('a')), ['1', '2', '4'])
})

test('with append, only a case of the same id gives way', async () => {
  await datasets.upload('b', lines(caseLine('1', { id: 'one' }), caseLine('2')))
  const more = await datasets.upload(
    'b',
    lines(caseLine('1!', { id: 'one' }), caseLine('2'), caseLine('3')),
    '?mode=append',
  )
  assert.deepEqual([more.cases, ...countUpload(more)], [3, 1, 0, 1, 1])
  assert.deepEqual(questions(await datasets.list('b')), ['2', '1!', '3'])
})

test('the same content has the same label, in any order, in any dataset, and when it comes back', async () => {
  const one = await datasets.upload('c', lines(caseLine('1'), caseLine('2')))
  const other = await datasets.upload('c', caseLine('1'))
  const back = await datasets.upload('c', lines(caseLine('2'), '{"input": {"question": "\\u0031"}}'))
  const elsewhere = await datasets.upload('d', lines(caseLine('2'), caseLine('1')))
  assert.notEqual(other.version, one.version)
  assert.deepEqual([back.version, elsewhere.version], [one.version, one.version])
  assert.equal(back.version_no, 3)
  const none = await datasets.compare('c', '?from=1&to=3')
  assert.deepEqual([none.unchanged, none.differences], [2, []])
})

test('a list of datasets and versions says what was made by whom', async () => {
  await datasets.upload('e', caseLine('1'))
  await datasets.upload('e', lines(caseLine('1'), caseLine('2')))
  const listed = await app.send<{ name: string; case_count: number; version_no: number }[]>('GET', '/api/datasets')
  const found = listed.body.find(one => one.name === 'e')
  assert.deepEqual([found?.case_count, found?.version_no], [2, 2])
  assert.equal((await app.send('GET', '/api/datasets/e')).body.case_count, 2)
  assert.equal((await app.send('GET', '/api/datasets/none')).status, 404)
  const versions = await app.send<{ version_no: number; made_by: string; author: string; added: number }[]>(
    'GET',
    '/api/datasets/e/versions',
  )
  assert.deepEqual(
    versions.body.map(one => [one.version_no, one.made_by, one.added]),
    [
      [2, 'upload', 1],
      [1, 'upload', 1],
    ],
  )
  assert.ok(versions.body[0]?.author)
  const older = await app.send<unknown[]>('GET', '/api/datasets/e/versions?before=2')
  assert.equal(older.body.length, 1)
})

test('cases come in pages, each once', async () => {
  await datasets.upload('f', Array.from({ length: 25 }, (_, index) => caseLine(String(index))).join('\n'))
  const seen: string[] = []
  for (let after: number | null = 0; after !== null; ) {
    const page = await datasets.list('f', `?limit=10&after=${after}`)
    seen.push(...questions(page))
    after = page.next
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 25 }, (_, index) => String(index)),
  )
})

test('a version is found by its label, its number, or as the newest, and what is not there by none', async () => {
  const { version } = await datasets.upload('g', caseLine('1'))
  await datasets.upload('g', caseLine('2'))
  const open = async (version?: string) => (await openVersion(app.app.db, 1, { name: 'g', version })).version_no
  assert.deepEqual([await open(), await open('1'), await open(version)], [2, 1, 1])
  await assert.rejects(open('3'), /no version "3"/)
  await assert.rejects(open('%'), /no version/)
  await assert.rejects(openVersion(app.app.db, 1, { name: 'nowhere' }), /no dataset "nowhere"/)
})

test('train and test are all there is, apart, and share neither a session nor an input', async () => {
  const all = Array.from({ length: 300 }, (_, index) =>
    caseLine(String(index % 200), index < 150 ? { source: `s${index % 40}`, id: `${index}` } : { id: `${index}` }),
  )
  await datasets.upload('h', all.join('\n'))
  const [train, held] = await Promise.all(
    ['train', 'test'].map(split => datasets.list('h', `?split=${split}&test_share=0.3&limit=1000`)),
  )
  assert.ok(train && held && train.cases.length > 0 && held.cases.length > 0)
  assert.equal(train.cases.length + held.cases.length, 300)
  const clusters = new Set(train.cases.map(one => one.cluster))
  assert.ok(!held.cases.some(one => clusters.has(one.cluster)))
  const sessionless = new Set(train.cases.filter(one => one.source === null).map(one => JSON.stringify(one.input)))
  assert.ok(!held.cases.some(one => one.source === null && sessionless.has(JSON.stringify(one.input))))
  const ref = await openVersion(app.app.db, 1, { name: 'h' })
  const counts = await countCases(app.app.db, 1, ref, 0.3)
  assert.deepEqual(counts, {
    cases: 300,
    test: held.cases.length,
    clusters: new Set([...clusters, ...held.cases.map(one => one.cluster)]).size,
  })
  assert.equal((await countCases(app.app.db, 1, ref, 0)).test, 0)
  assert.equal((await countCases(app.app.db, 1, ref, 1)).test, 300)
})

test('uploads at the same time make versions one after the other, and none is lost', async () => {
  await Promise.all(
    Array.from({ length: 12 }, (_, index) => datasets.upload('busy', caseLine(`q${index}`), '?mode=append')),
  )
  const page = await datasets.list('busy')
  assert.equal(page.cases.length, 12)
  const versions = await app.send<{ version_no: number; case_count: number }[]>('GET', '/api/datasets/busy/versions')
  assert.deepEqual(
    versions.body.map(one => [one.version_no, one.case_count]),
    Array.from({ length: 12 }, (_, index) => [12 - index, 12 - index]),
  )
})

interface ModelCase {
  id: string | null
  text: string
}

const caseArbitrary = fc.record({
  id: fc.option(fc.constantFrom('a', 'b', 'c', 'd')),
  text: fc.constantFrom('1', '2', '3', '4'),
})
const uploadArbitrary = fc.record({
  mode: fc.constantFrom('replace', 'append'),
  cases: fc.array(caseArbitrary, { minLength: 1, maxLength: 8 }),
})

test('whatever is uploaded, versions hold what a simple model says, and differ by what it says', async () => {
  let name = 0
  const property = fc.asyncProperty(fc.array(uploadArbitrary, { minLength: 1, maxLength: 6 }), async uploads => {
    const dataset = `model-${name++}`
    const history: Map<string, ModelCase>[] = []
    for (const { mode, cases } of uploads) {
      const before = history.at(-1) ?? new Map<string, ModelCase>()
      const after = applyUpload(before, mode, cases)
      const body = cases.map(({ id, text }) => caseLine(text, id === null ? {} : { id })).join('\n')
      const answer = await datasets.upload(dataset, body, `?mode=${mode}`)
      assert.deepEqual(countUpload(answer), compareModel(before, after))
      assert.equal(answer.malformed_count, cases.length - distinct(cases).length)
      if (answer.version_no > history.length) history.push(after)
      assert.equal(answer.version_no, history.length)
    }
    for (const [index, expected] of history.entries()) {
      const page = await datasets.list(dataset, `?version=${index + 1}`)
      const held = page.cases.map(one => keyOf({ id: one.id, text: String(Object(one.input).question) }))
      assert.deepEqual(held.sort(), [...expected.keys()].sort())
    }
    for (const [from, before] of history.entries()) {
      for (const [to, after] of history.entries()) {
        const diff = await datasets.compare(dataset, `?from=${from + 1}&to=${to + 1}`)
        assert.deepEqual(countUpload({ ...diff, version: '', version_no: 1, cases: 0 }), compareModel(before, after))
        assert.equal(diff.differences.length, diff.added + diff.removed + diff.changed)
      }
    }
  })
  await fc.assert(property, { numRuns: 25 })
})

function keyOf({ id, text }: ModelCase): string {
  return JSON.stringify([id, text])
}

/** Of two with one id, or without one and with one text, the first. */
function distinct(cases: ModelCase[]): ModelCase[] {
  return cases.filter(
    (one, index) =>
      cases.findIndex(other => (one.id === null ? keyOf(other) === keyOf(one) : other.id === one.id)) === index,
  )
}

function applyUpload(before: Map<string, ModelCase>, mode: string, cases: ModelCase[]): Map<string, ModelCase> {
  const fresh = distinct(cases)
  const ids = new Set(fresh.flatMap(({ id }) => id ?? []))
  const kept = mode === 'replace' ? [] : [...before.values()].filter(({ id }) => id === null || !ids.has(id))
  return new Map([...kept, ...fresh].map(one => [keyOf(one), one]))
}

/** Added, removed, changed, unchanged. */
function compareModel(before: Map<string, ModelCase>, after: Map<string, ModelCase>): number[] {
  const went = [...before].filter(([key]) => !after.has(key)).map(([, one]) => one)
  const came = [...after].filter(([key]) => !before.has(key)).map(([, one]) => one)
  const changed = came.filter(({ id }) => id !== null && went.some(one => one.id === id)).length
  return [came.length - changed, went.length - changed, changed, after.size - came.length]
}

test('a difference shows the case before and after, in pages', async () => {
  await datasets.upload('diff', lines(caseLine('1', { id: 'a' }), caseLine('2'), caseLine('3')))
  await datasets.upload('diff', lines(caseLine('1', { id: 'a', expected: 'x' }), caseLine('2'), caseLine('4')))
  const whole = await datasets.compare('diff', '?from=1')
  const shown = whole.differences.map(({ kind, before, after }) => [
    kind,
    before && Object(before.input).question,
    after && [Object(after.input).question, after.expected],
  ])
  assert.deepEqual(shown, [
    ['removed', '3', null],
    ['changed', '1', ['1', 'x']],
    ['added', null, ['4', null]],
  ])
  const first = await datasets.compare('diff', '?from=1&limit=2')
  const rest = await datasets.compare('diff', `?from=1&limit=2&after=${first.next}`)
  assert.deepEqual([...first.differences, ...rest.differences], whole.differences)
  assert.deepEqual([rest.next, rest.added, rest.removed, rest.changed], [null, 1, 1, 1])
  const backwards = await datasets.compare('diff', '?from=2&to=1')
  assert.deepEqual([backwards.added, backwards.removed, backwards.changed], [1, 1, 1])
})

test('datasets of one project are not there for another', async () => {
  await datasets.upload('private', caseLine('1'))
  await app.send('POST', '/api/projects', { name: 'elsewhere' })
  const headers = { 'x-whetstone-project': 'elsewhere' }
  assert.equal((await app.fetch('/api/datasets/private/cases', { headers })).status, 404)
  assert.deepEqual(await (await app.fetch('/api/datasets', { headers })).json(), [])
})

test('cases are read on by their number', async () => {
  await datasets.upload('rows', lines(caseLine('1', { expected: { a: 1 }, source: 's' }), caseLine('2')))
  const ref = await openVersion(app.app.db, 1, { name: 'rows' })
  const [first] = await readCases(app.app.db, 1, ref, { limit: 1 })
  assert.deepEqual([first?.expected, first?.cluster], [{ a: 1 }, 'session:s'])
  const rest = await readCases(app.app.db, 1, ref, { after_case_no: first?.case_no, limit: 10 })
  assert.deepEqual(
    rest.map(one => one.input),
    [{ question: '2' }],
  )
})
