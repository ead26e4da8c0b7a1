import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { query, queryRow } from '#db/connect.ts'
import type { VariantComparison } from '#experiments/compare.ts'
import type { CaseMatrix } from '#experiments/matrix.ts'
import { openTestApp, type TestApp } from './app.ts'
import { type SeededExperiment, seedExperiment } from './experiment-seed.ts'

let app: TestApp
let seeded: SeededExperiment
// b against a: worse by 0.5, better by 0.3, the same, worse by 0.1, better by 0.2, the same, without a score, a alone.
const A = [0.9, 0.2, 0.5, 0.5, 0.5, 0, 0.5, 1]
const B = [0.4, 0.5, 0.5, 0.4, 0.7, 0, null, undefined]

before(async () => {
  app = await openTestApp()
  seeded = await seedExperiment(app.db, {
    scorers: [{ name: 'exact', weight: 1 }],
    cases: A.map((_, index) => ({ cluster: `c${index}`, split: index < 2 ? 0 : 9999 })),
    test_share: 0.1,
    variants: [
      { trial: { model: 'a' }, runs: A.map(grade => [{ grades: [grade] }, { grades: [grade] }]) },
      {
        trial: { model: 'b' },
        runs: B.map(grade => (grade === undefined ? null : [{ grades: [grade] }, { grades: [grade] }])),
      },
      { trial: { model: 'c' }, runs: A.map(grade => [{ grades: [grade / 2], failed: grade === 0 }]) },
    ],
  })
})
after(() => app.close())

const compare = async (more: string) => {
  const { status, body } = await app.send<VariantComparison>('GET', `/api/experiments/${seeded.id}/compare?${more}`)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}
const differences = ({ cases }: VariantComparison) =>
  cases.map(({ difference }) => difference && Math.round(difference * 100) / 100)

test('cases are compared with the largest loss first; counts are exact whatever filter and page', async () => {
  const all = await compare('a=a&b=b')
  assert.deepEqual(differences(all), [-0.5, -0.1, 0, 0, 0.2, 0.3, null])
  const counts = { all: 7, regressed: 2, improved: 2, same: 2, unscored: 1, unpaired: 1 }
  assert.deepEqual(all.counts, counts)
  assert.deepEqual(
    all.cases.map(({ winner }) => winner),
    ['a', 'a', 'tie', 'tie', 'b', 'b', null],
  )
  assert.equal(all.difference, null, 'b has no score in one run, so it is not ranked')
  for (const [filter, expected] of [
    ['regressed', [-0.5, -0.1]],
    ['improved', [0.3, 0.2]],
    ['same', [0, 0]],
  ] as const) {
    const some = await compare(`a=a&b=b&filter=${filter}`)
    assert.deepEqual([differences(some), some.counts], [expected, counts])
  }
  const scored = await compare('a=1&b=3')
  assert.equal(scored.difference?.cases, 8)
  assert.ok((scored.difference?.estimate ?? 1) < 0 && scored.difference?.p_value !== null)
})

test('pages join without gap or repetition', async () => {
  for (const filter of ['all', 'improved']) {
    const whole = (await compare(`a=a&b=b&filter=${filter}`)).cases.map(({ case_id }) => case_id)
    const paged: (string | null)[] = []
    for (let after = ''; ; ) {
      const page = await compare(`a=a&b=b&filter=${filter}&limit=2${after}`)
      paged.push(...page.cases.map(({ case_id }) => case_id))
      if (page.next === null) break
      after = `&after=${page.next}`
    }
    assert.deepEqual(paged, whole)
  }
  const { status } = await app.send('GET', `/api/experiments/${seeded.id}/compare?a=a&b=b&after=x`)
  assert.equal(status, 422)
})

test('a case shows the runs of both: what the last stage answered, scores, failures', async () => {
  const question = Buffer.alloc(32, 7)
  const answer = { text: 'Forty-two\u0000', finish_reason: 'stop', tool_calls: [{ name: 'look', arguments: '{}' }] }
  await query(
    app.db,
    sql`
      insert into ledger (project_id, question, repeat, backend, origin, model, request, answer, duration_ms, attempts)
      values (1, ${question}, 3, 'b', 'o', 'm', '{}', ${JSON.stringify(answer)}, 5, '[]')`,
  )
  const { run_no } = await queryRow<{ run_no: number }>(
    app.db,
    sql`
      insert into runs (project_id, experiment_no, variant_no, case_no, config_hash, status, completed_at, duration_ms, cost_usd)
      values (1, ${seeded.experiment_no}, 1, ${seeded.case_nos[0]}, sha256('x'), 'running', null, 12, 0.25) returning run_no`,
  )
  await query(
    app.db,
    sql`
      insert into stage_results (project_id, run_no, stage_index, stage_name, backend, model, question, ledger_repeat)
      values (1, ${run_no}, 0, 'plan', 'b', 'm', sha256('other'), 0), (1, ${run_no}, 1, 'answer', 'b', 'm', ${question}, 3)`,
  )
  const { cases } = await compare('a=a&b=b&limit=1')
  const [one] = cases
  assert.deepEqual(one?.input, { n: 1 })
  assert.deepEqual([one?.a.score, one?.b.score], [0.9, 0.4])
  const [run] = one?.a.runs ?? []
  assert.deepEqual(
    [run?.output, run?.tool_calls, run?.duration_ms, run?.cost_usd],
    ['Forty-two\u0000', answer.tool_calls, 12, 0.25],
  )
  assert.deepEqual(one?.b.runs, [])
})

test('the matrix has each case by each variant, in pages', async () => {
  const matrix = async (more: string) => {
    const { status, body } = await app.send<CaseMatrix>('GET', `/api/experiments/${seeded.id}/matrix?${more}`)
    assert.equal(status, 200, JSON.stringify(body))
    return body
  }
  const whole = await matrix('variant=a&variant=b&variant=c')
  assert.deepEqual([whole.total, whole.next, whole.cases.length], [8, null, 8])
  assert.deepEqual(
    whole.cases[0]?.cells.map(cell => cell?.score),
    [0.9, 0.4, 0.45],
  )
  assert.deepEqual(whole.cases[6]?.cells[1], { score: null, runs: 2, failed: 0, passes: 0 })
  assert.equal(whole.cases[7]?.cells[1], null)
  assert.equal(whole.cases[5]?.cells[2]?.failed, 1)
  assert.deepEqual(
    whole.cases.map(({ split }) => split),
    ['test', 'test', ...Array(6).fill('train')],
  )
  const first = await matrix('limit=5')
  const second = await matrix(`limit=5&after=${first.next}`)
  assert.deepEqual([first.cases.length, second.cases.length, second.next], [5, 3, null])
  assert.deepEqual(
    first.variants.map(({ label }) => label),
    ['a', 'c', 'b'],
  )
  assert.equal((await matrix('split=test')).total, 2)
})
