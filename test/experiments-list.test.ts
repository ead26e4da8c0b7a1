import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { query } from '#db/connect.ts'
import type { Experiment } from '#experiments/experiments.ts'
import { openTestApp, type TestApp } from './app.ts'
import { seedExperiment } from './run-rows.ts'

interface Page {
  items: Experiment[]
  next: string | null
  previous: string | null
}

const COUNT = 30
let app: TestApp
let all: Experiment[]

before(async () => {
  app = await openTestApp()
  for (let n = 0; n < COUNT; n++) await seedExperiment(app.db, `question ${n % 4} of ${n}`)
  await query(
    app.db,
    sql`
      update experiments set status = case when experiment_no % 3 = 0 then 'paused' else 'draft' end,
        created_at = '2026-03-01T00:00:00Z'::timestamptz + experiment_no * interval '1 hour'`,
  )
  all = (await app.send<Experiment[]>('GET', '/api/experiments?limit=500')).body
  assert.equal(all.length, COUNT)
})
after(() => app.close())

async function getPage(parameters: string): Promise<Page> {
  const { status, body } = await app.send<Page>('GET', `/api/experiment-page?${parameters}`)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

const ids = (rows: Experiment[]) => rows.map(row => row.id)

test('pages of experiments lead forwards and back over each of them once, also narrowed, and say how many', async () => {
  const filters: [string, (row: Experiment) => boolean][] = [
    ['', () => true],
    ['status=paused', row => row.status === 'paused'],
    ['search=QUESTION%203', row => row.name.startsWith('question 3')],
    [`search=${all[3]?.id}`, row => row === all[3]],
    ['search=_', () => false],
  ]
  for (const [parameters, keeps] of filters) {
    const expected = all.filter(keeps)
    let page = await getPage(`${parameters}&limit=7`)
    assert.equal(page.previous, null)
    const found = [...page.items]
    while (page.next !== null) {
      page = await getPage(`${parameters}&limit=7&after=${page.next}`)
      found.push(...page.items)
    }
    assert.deepEqual(found, expected, parameters)
    const back = [...page.items]
    while (page.previous !== null) {
      page = await getPage(`${parameters}&limit=7&before=${page.previous}`)
      back.unshift(...page.items)
    }
    assert.deepEqual(ids(back), ids(expected), `back under ${parameters}`)
    const { body } = await app.send('GET', `/api/experiment-count?${parameters}`)
    assert.deepEqual(body, { n: expected.length, exact: true })
  }
})

test('a list of experiments begins at a date, and leads back to what is newer', async () => {
  const first = all.findIndex(row => row.created_at <= '2026-03-01T09:30:00.000Z')
  const page = await getPage('at=2026-03-01T09:30:00Z&limit=4')
  assert.deepEqual(ids(page.items), ids(all.slice(first, first + 4)))
  const newer = await getPage(`before=${page.previous}&limit=100`)
  assert.deepEqual(ids(newer.items), ids(all.slice(0, first)))
})
