import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, test } from 'node:test'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { mersenne } from 'pure-rand/generator/mersenne'
import sql from 'sql-template-tag'
import { query, queryRow } from '#db/connect.ts'
import { countRunsBeside, listRunsBeside, type RunSearch } from '#experiments/run-list.ts'
import { chooseFarPage, choosePage, countListedRuns, type RunFilter } from '#experiments/run-page.ts'
import { createTestDatabase, knowsCapitals } from './database.ts'
import { seedExperiment } from './run-rows.ts'

const { db, drop } = await createTestDatabase()
after(drop)

interface PlainRun {
  run_no: number
  run_id: string
  experiment_no: number
  status: string
  score_mean: number | null
}

test('every page, from whichever end and by whatever filter, is a part of the one order', {
  timeout: 120_000,
}, async () => {
  const seed = Number(process.env.TEST_SEED ?? randomInt(1 << 30))
  console.log(`TEST_SEED=${seed}`)
  const random = mersenne(seed)
  const below = (bound: number) => uniformInt(random, 0, bound - 1)
  const experiments = [await seedExperiment(db), await seedExperiment(db)]
  const numbers = experiments.map(one => one.experiment_no)
  // Few times and scores, so that many are equal; scores on the edges of hundredths and beside them.
  const scores = [null, 0, 1, 0.29, 0.57, 0.58, 0.1 + 0.2, 0.3, 1 / 3, 0.01, 0.07, 0.1499999, 0.15, 0.999999999]
  const count = 900
  await query(
    db,
    sql`
      insert into runs (project_id, experiment_no, config, config_hash, status, started_at, completed_at, score_mean)
      select 1, experiment_no, '{}', sha256('x'), status, case when status <> 'pending' then now() - ago * interval '1 s' end,
        case when status in ('completed', 'failed') then now() end, score
      from unnest(
        ${Array.from({ length: count }, () => numbers[below(2)])}::bigint[],
        ${Array.from({ length: count }, () => ['completed', 'completed', 'failed', 'running', 'pending'][below(5)])}::text[],
        ${Array.from({ length: count }, () => below(200))}::integer[],
        ${Array.from({ length: count }, () => scores[below(scores.length)])}::float8[]
      ) as run (experiment_no, status, ago, score)`,
  )
  await query(
    db,
    sql`
      update experiments e set runs = n from (select experiment_no, count(*) as n from runs group by 1) counted
      where counted.experiment_no = e.experiment_no`,
  )
  const all = await query<PlainRun>(
    db,
    sql`select run_no, run_id, experiment_no, status, score_mean from runs order by started_at desc nulls last, run_id`,
  )
  for (let turn = 0; turn < 300; turn++) {
    const experimentNo = [undefined, ...numbers][below(3)]
    const bounds = [scores[below(scores.length)], scores[below(scores.length)]].map(one => one ?? undefined)
    const filter: RunFilter = {
      min_score: below(2) === 0 ? undefined : bounds[0],
      max_score: below(2) === 0 ? undefined : bounds[1],
      status: ([undefined, undefined, 'completed', 'failed', 'pending'] as const)[below(5)],
    }
    const window = { limit: 1 + below(60), offset: [0, below(40), below(count)][below(3)] ?? 0 }
    const wanted = all.filter(run => isWanted(run, experimentNo, filter))
    const expected = wanted.slice(window.offset, window.offset + window.limit).map(run => run.run_no)
    const place = JSON.stringify({ experimentNo, filter, window })
    assert.deepEqual(await readPage(choosePage(1, experimentNo, filter, window)), expected, place)
    assert.equal(await countListedRuns(db, 1, experimentNo, filter), wanted.length, place)
    const every = all.filter(run => experimentNo === undefined || run.experiment_no === experimentNo)
    const far = every.slice(window.offset, window.offset + window.limit).map(run => run.run_no)
    assert.deepEqual(await readPage(chooseFarPage(1, experimentNo, window)), far, `far ${place}`)
  }
  for (let turn = 0; turn < 30; turn++) {
    const experiment = experiments[below(2)] ?? assert.fail()
    const filter: RunFilter = {
      min_score: below(3) === 0 ? (scores[below(scores.length)] ?? undefined) : undefined,
      max_score: below(3) === 0 ? (scores[below(scores.length)] ?? undefined) : undefined,
      status: ([undefined, undefined, 'completed', 'failed', 'pending'] as const)[below(5)],
    }
    const wanted = all.filter(run => isWanted(run, experiment.experiment_no, filter)).map(run => run.run_id)
    const limit = 20 + below(60)
    const place = JSON.stringify({ experiment, filter, limit })
    const read = (beside: object) => listRunsBeside(db, 1, experiment.experiment_id, filter, { limit, ...beside })
    let page = await read({})
    assert.equal(page.previous, null, place)
    const found = page.items.map(run => run.id)
    while (page.next !== null) {
      page = await read({ after: page.next })
      found.push(...page.items.map(run => run.id))
    }
    assert.deepEqual(found, wanted, place)
    const back = page.items.map(run => run.id)
    while (page.previous !== null) {
      page = await read({ before: page.previous })
      back.unshift(...page.items.map(run => run.id))
    }
    assert.deepEqual(back, wanted, `back ${place}`)
  }
})

test('a search leaves the runs of the cases of the version that have the text, beside every other filter, and counts them', async () => {
  const { experiment_id, experiment_no } = await seedExperiment(db, 'searched')
  const inputs: { [name: string]: [id: string | null, input: object] } = {
    money: ['Refund-1', { question: 'Where is 100% of my_Money?' }],
    quoted: [null, { question: 'say "hi"\nthere', tries: 2 }],
    far: ['x', { question: 'Grüße aus Köln' }],
    former: ['refund-2', { question: 'of the version before' }],
    other: ['refund-3', { question: 'of another dataset' }],
  }
  const names = Object.keys(inputs)
  const seeded = await query<{ dataset_no: number }>(
    db,
    sql`insert into datasets (project_id, name, version_no) values (1, 'searched', 2), (1, 'other', 2) returning dataset_no`,
  )
  const [own = 0, other = 0] = seeded.map(row => row.dataset_no)
  const cases = await query<{ case_no: number }>(
    db,
    sql`
      insert into cases (
        project_id, case_no, dataset_no, id, input, metadata, cluster, split, content_hash, added_in, removed_in
      )
      overriding system value
      select 1, 1000 + place, case name when 'other' then ${other}::bigint else ${own}::bigint end, id, input::json, '{}',
        'c', 0, sha256(name::bytea), 1, case name when 'former' then 2 else 2147483647 end
      from unnest(
        ${names}::text[], ${Object.values(inputs).map(([id]) => id)}::text[],
        ${Object.values(inputs).map(([, input]) => JSON.stringify(input))}::text[]
      ) with ordinality as one (name, id, input, place)
      order by place returning case_no`,
  )
  await query(
    db,
    sql`update experiments set dataset_no = ${own}, version_no = 2 where experiment_no = ${experiment_no}`,
  )
  // Of each case, and of none, six runs: the third failed, the last waits.
  const runs = [...names, null].flatMap(name => [1, 2, 3, 4, 5, 6].map(variant => ({ name, variant })))
  const rows = await query<{ run_id: string }>(
    db,
    sql`
      insert into runs (
        project_id, experiment_no, variant_no, case_no, config, config_hash, status, started_at, completed_at, score_mean
      )
      select 1, ${experiment_no}, case when case_no is not null then variant end, case_no, '{}', sha256('x'),
        case when variant = 6 then 'pending' when variant = 3 then 'failed' else 'completed' end,
        case when variant < 6 then now() - place % 7 * interval '1 minute' end, case when variant < 6 then now() end,
        case when variant < 6 then variant / 10.0 end
      from unnest(
        ${runs.map(run => (run.name === null ? null : cases[names.indexOf(run.name)]?.case_no))}::bigint[],
        ${runs.map(run => run.variant)}::integer[]
      ) with ordinality as run (case_no, variant, place)
      order by place returning run_id`,
  )
  const has = (search: string, filter: RunSearch = {}) => ({ ...filter, search })
  const expected: [RunSearch, string[], (variant: number) => boolean][] = [
    [has('REFUND'), ['money'], () => true],
    [has('100%'), ['money'], () => true],
    [has('0_o'), [], () => true],
    [has('"hi"\nTHERE'), ['quoted'], () => true],
    [has('grüSSE'), [], () => true],
    [has('kÖln'), (await knowsCapitals(db)) ? ['far'] : [], () => true],
    [has('KöLN'), ['far'], () => true],
    [has('question'), ['money', 'quoted', 'far'], () => true],
    [has('question', { status: 'failed' }), ['money', 'quoted', 'far'], variant => variant === 3],
    [has('question', { status: 'pending' }), ['money', 'quoted', 'far'], variant => variant === 6],
    [
      has('question', { min_score: 0.2, max_score: 0.4 }),
      ['money', 'quoted', 'far'],
      variant => [2, 3, 4].includes(variant),
    ],
    [has('nobody'), [], () => true],
    [has(''), [...names, ''], () => true],
  ]
  for (const [search, wanted, isLeft] of expected) {
    const place = JSON.stringify(search)
    const left = runs.flatMap(({ name, variant }, n) =>
      wanted.includes(name ?? '') && isLeft(variant) ? [rows[n]?.run_id] : [],
    )
    const read = (beside: object) => listRunsBeside(db, 1, experiment_id, search, { limit: 4, ...beside })
    let page = await read({})
    const found = page.items.map(run => run.id)
    for (; page.next !== null; found.push(...page.items.map(run => run.id))) page = await read({ after: page.next })
    assert.deepEqual(found.toSorted(), left.toSorted(), place)
    const back = page.items.map(run => run.id)
    for (; page.previous !== null; back.unshift(...page.items.map(run => run.id)))
      page = await read({ before: page.previous })
    assert.deepEqual(back, found, `back ${place}`)
    if (search.search !== '') {
      assert.deepEqual(await countRunsBeside(db, 1, experiment_id, search), { n: left.length, exact: true }, place)
    }
  }
})

function isWanted(run: PlainRun, experimentNo: number | undefined, filter: RunFilter): boolean {
  const { min_score, max_score, status } = filter
  const score = run.score_mean
  if (experimentNo !== undefined && run.experiment_no !== experimentNo) return false
  if (status !== undefined && run.status !== status) return false
  if (min_score !== undefined && (score === null || score < min_score)) return false
  return max_score === undefined || (score !== null && score <= max_score)
}

/** As the list puts it: what a page holds, in the list's order. */
async function readPage(page: ReturnType<typeof choosePage>): Promise<number[]> {
  const { numbers } = await queryRow<{ numbers: string[] }>(
    db,
    sql`
      select coalesce(array_agg(run_no::text order by started_at desc nulls last, run_id), '{}') as numbers
      from (${page}) chosen join runs using (run_no)`,
  )
  return numbers.map(Number)
}
