import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { query, queryRow } from '#db/connect.ts'
import type { VariantComparison } from '#experiments/compare.ts'
import type { ExperimentFailures } from '#experiments/failures.ts'
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

test('pages join without gap or repetition, forwards and backwards', async () => {
  for (const filter of ['all', 'improved']) {
    const whole = (await compare(`a=a&b=b&filter=${filter}`)).cases.map(({ case_id }) => case_id)
    let page = await compare(`a=a&b=b&filter=${filter}&limit=2`)
    const paged = page.cases.map(({ case_id }) => case_id)
    assert.equal(page.previous, null)
    while (page.next !== null) {
      page = await compare(`a=a&b=b&filter=${filter}&limit=2&after=${page.next}`)
      paged.push(...page.cases.map(({ case_id }) => case_id))
    }
    assert.deepEqual(paged, whole)
    const back = page.cases.map(({ case_id }) => case_id)
    while (page.previous !== null) {
      page = await compare(`a=a&b=b&filter=${filter}&limit=2&before=${page.previous}`)
      back.unshift(...page.cases.map(({ case_id }) => case_id))
    }
    assert.deepEqual(back, whole)
  }
  for (const wrong of ['after=x', 'before=x']) {
    const { status } = await app.send('GET', `/api/experiments/${seeded.id}/compare?a=a&b=b&${wrong}`)
    assert.equal(status, 422)
  }
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
  assert.deepEqual(whole.cases[6]?.cells[1], { score: null, runs: 2, failed: 0, passes: 0, run: null })
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
  const numbers = (page: CaseMatrix) => page.cases.map(({ case_no }) => case_no)
  const back = await matrix(`limit=5&before=${second.previous}`)
  assert.deepEqual([numbers(back), back.previous, back.next], [numbers(first), null, first.next])
  const middle = await matrix(`limit=2&before=${numbers(whole)[4]}`)
  assert.deepEqual(numbers(middle), numbers(whole).slice(2, 4))
  assert.deepEqual([middle.previous, middle.next], [numbers(whole)[2], numbers(whole)[3]])
  assert.deepEqual((await matrix(`before=${numbers(whole)[0]}`)).cases, [])
})

test('the matrix is narrowed to cases on which the variants differ, or that one of them failed', async () => {
  const list = async (more: string) => {
    const { body } = await app.send<CaseMatrix>('GET', `/api/experiments/${seeded.id}/matrix?${more}`)
    return body.cases.map(({ case_no }) => seeded.case_nos.indexOf(case_no))
  }
  assert.deepEqual(await list('variant=a&variant=b&filter=differ'), [0, 1, 3, 4])
  assert.deepEqual(await list('variant=a&variant=b&filter=failed'), [])
  assert.deepEqual(await list('variant=c&filter=failed'), [5])
  assert.deepEqual(await list('filter=failed'), [5])
})

test('with texts a cell says how the answer of its first run begins, and why it failed', async () => {
  const [, second = 0] = seeded.case_nos
  const answer = { text: `\u0000${'🐝'.repeat(500)}`, finish_reason: 'stop' }
  await query(
    app.db,
    sql`
      insert into ledger (project_id, question, repeat, backend, origin, model, request, answer, duration_ms, attempts)
      values (1, sha256('long'), 0, 'b', 'o', 'm', '{}', ${JSON.stringify(answer)}, 5, '[]')`,
  )
  await query(
    app.db,
    sql`
      with run as (
        insert into runs (
          project_id, experiment_no, variant_no, case_no, repeat, config_hash, status, started_at, completed_at, error, error_kind
        )
        select 1, ${seeded.experiment_no}, variant_no, ${second}, repeat, sha256('x'), status, now(), now(), error, kind
        from (values
          (1, 0, 'completed', null, null), (1, 1, 'completed', null, null),
          (2, 0, 'failed', 'no answer within 30 s', 'timeout'), (2, 1, 'failed', 'no answer within 31 s', 'timeout'),
          (3, 0, 'failed', 'refused', 'refused')
        ) as run (variant_no, repeat, status, error, kind)
        returning run_no, variant_no, repeat
      )
      insert into stage_results (project_id, run_no, stage_index, stage_name, backend, model, question, ledger_repeat)
      select 1, run_no, 0, 'answer', 'b', 'm', sha256('long'), 0 from run where variant_no = 1 and repeat = 0`,
  )
  const { body } = await app.send<CaseMatrix>(
    'GET',
    `/api/experiments/${seeded.id}/matrix?variant=a&variant=b&texts=true`,
  )
  const row = body.cases[1]
  assert.equal(row?.preview, '2')
  assert.deepEqual([...(row?.cells[0]?.run?.output ?? '')].length, 400)
  assert.match(row?.cells[0]?.run?.output ?? '', /^\p{Cc}🐝+…$/u)
  assert.deepEqual([row?.cells[1]?.run?.status, row?.cells[1]?.run?.error], ['failed', 'no answer within 30 s'])

  const failures = await app.send<ExperimentFailures>('GET', `/api/experiments/${seeded.id}/failures`)
  assert.equal(failures.status, 200, JSON.stringify(failures.body))
  assert.deepEqual(
    failures.body.causes.map(({ kind, n, variants }) => [kind, n, variants]),
    [
      ['timeout', 2, [{ variant_no: 2, n: 2 }]],
      ['refused', 1, [{ variant_no: 3, n: 1 }]],
    ],
    'numbers in the text do not make another cause',
  )
  assert.equal(failures.body.looked_at, 3)
  const { status } = await app.send('GET', '/api/experiments/nobody/failures')
  assert.equal(status, 404)
})
