import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { openTestApp, type TestApp } from './app.ts'
import { type BenchmarkFolder, makeBenchmarkFolder, makeCandidateLine } from './benchmark-files.ts'

const api = '/api/corrections'
const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31)
const STATUSES = ['needs_review', 'approved', 'discarded', 'model_rejected']

interface Known {
  id: string
  status: string
  source: string
  model_name: string
  task_type: string
  quality_score: number | null
  failure_category: string | null
}

interface Page {
  items: { id: string }[]
  total: number
}

let bench: BenchmarkFolder
let app: TestApp
before(async () => {
  bench = makeBenchmarkFolder()
  app = await openTestApp({ env: { WHETSTONE_BENCH_ROOTS: bench.path } })
  await app.send('POST', `${api}/config`, { bench_results_dir: bench.path })
})
after(async () => {
  await app.close()
  bench.remove()
})

// '' stands for a name that is missing.
const name = (...names: string[]) => fc.constantFrom('', ...names)
const known: fc.Arbitrary<Omit<Known, 'id'>> = fc.record({
  status: fc.constantFrom('needs_review', 'needs_review', ...STATUSES),
  source: name('benchmark', 'other'),
  model_name: name('a', 'b', 'c'),
  task_type: name('x', 'y'),
  quality_score: fc.constantFrom(null, 0, 0.25, 0.5, 1),
  failure_category: fc.constantFrom(null, null, 'wrong_answer', 'format_error'),
})
const filter = fc.record(
  {
    status: fc.constantFrom(...STATUSES),
    source: name('benchmark', 'other', 'unknown'),
    model_name: name('a', 'b', 'c'),
    task_type: name('x', 'y'),
    failure_category: fc.constantFrom('wrong_answer', 'format_error'),
    min_quality: fc.constantFrom(0, 0.25, 0.6),
    max_quality: fc.constantFrom(0, 0.5, 1),
  },
  { requiredKeys: [] },
)

test(`every filter gives exactly what passes it, page by page, with its total (TEST_SEED=${seed})`, async () => {
  const sample = fc.sample(known, { seed, numRuns: 120 })
  const all: Known[] = sample.map((fields, index) => ({ id: `c${index}`, ...fields }))
  bench.write('r', all.map(makeLine))
  const { body } = await app.send<{ imported: number }>('POST', `${api}/import`, { run_id: 'r' })
  assert.equal(body.imported, all.length)
  for (const wish of fc.sample(filter, { seed, numRuns: 80 })) {
    const expected = all.filter(one => passes(one, wish)).map(one => one.id)
    assert.deepEqual(await readAll('candidates', wish), expected, JSON.stringify(wish))
    const { status: _, ...queued } = wish
    const waiting = all.filter(one => passes(one, { ...queued, status: 'needs_review' })).map(one => one.id)
    assert.deepEqual(await readAll('queue', queued), waiting, JSON.stringify(queued))
    const claim = await app.send<{ candidate: { id: string } | null }>('POST', `${api}/claim`, queued)
    assert.equal(claim.body.candidate?.id, waiting[0], JSON.stringify(queued))
  }
})

function makeLine({ id, ...fields }: Known) {
  const given = Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, value === '' ? null : value]))
  return makeCandidateLine(id, { ...given, corrected_response: fields.status === 'approved' ? 'Right.' : null })
}

function passes(one: Known, wish: { [field: string]: unknown }): boolean {
  const quality = one.quality_score ?? Number.NaN
  return (['status', 'source', 'model_name', 'task_type', 'failure_category'] as const)
    .map(field => wish[field] === undefined || wish[field] === one[field])
    .concat(
      wish.min_quality === undefined || quality >= Number(wish.min_quality),
      wish.max_quality === undefined || quality <= Number(wish.max_quality),
    )
    .every(Boolean)
}

async function readAll(list: string, wish: object): Promise<string[]> {
  const ids: string[] = []
  for (let page = 1; ; page++) {
    const texts = Object.entries({ ...wish, page, per_page: 7 }).map(([field, value]) => [field, String(value)])
    const parameters = new URLSearchParams(Object.fromEntries(texts))
    const { body } = await app.send<Page>('GET', `${api}/${list}?${parameters}`)
    ids.push(...body.items.map(item => item.id))
    if (body.items.length < 7) {
      assert.equal(body.total, ids.length)
      return ids
    }
  }
}
