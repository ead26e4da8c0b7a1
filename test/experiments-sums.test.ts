import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, test } from 'node:test'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { mersenne } from 'pure-rand/generator/mersenne'
import sql from 'sql-template-tag'
import { query, queryRow } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { weighGrades } from '#experiments/weights.ts'
import { createTestDatabase } from './database.ts'
import { seedExperiment } from './run-rows.ts'

const { db, drop } = await createTestDatabase()
after(drop)

test('the sums of cases are those of their runs, whatever happens to these', { timeout: 120_000 }, async () => {
  const draws = createDraws()
  const one = await seedExperiment(db)
  const other = await seedExperiment(db)
  const experiments = [one.experiment_no, other.experiment_no]
  await query(
    db,
    sql`
      insert into variants (project_id, experiment_no, variant_no, trial, stages)
      select 1, experiment_no, variant_no, '{}', '[]'
      from unnest(${experiments}::bigint[]) experiment_no, generate_series(1, 3) variant_no`,
  )
  const pick = <Item>(items: readonly Item[]) => items[draws.below(items.length)]
  const drawGrade = (): number | null => pick([null, 0, 1, 0.5, 0.1, 1 / 3, draws.below(1000) / 999]) ?? null
  const add = async () => {
    const count = 1 + draws.below(40)
    const cells = Array.from({ length: count }, () => [draws.below(4), 1 + draws.below(5), draws.below(50)])
    await query(
      db,
      sql`
        insert into runs (project_id, experiment_no, variant_no, case_no, repeat, config_hash, status, completed_at, grades, weighted)
        select 1, ${pick(experiments)}, nullif(variant_no, 0), case when variant_no > 0 then case_no end, repeat,
          sha256('x'), status, case when status = 'completed' then now() end, '{0.5}', 0.5
        from unnest(
          ${cells.map(cell => cell[0])}::integer[], ${cells.map(cell => cell[1])}::bigint[],
          ${cells.map(cell => cell[2])}::smallint[], ${cells.map(() => pick(['pending', 'running', 'running', 'completed']))}::text[]
        ) as cell (variant_no, case_no, repeat, status) on conflict do nothing`,
    )
  }
  const end = async () => {
    const rows = await query<{ run_no: number }>(
      db,
      sql`select run_no from runs where status in ('pending', 'running') order by run_no limit ${1 + draws.below(40)}`,
    )
    const grades = rows.map(() => Array.from({ length: draws.below(5) }, drawGrade))
    await query(
      db,
      sql`
        update runs r set status = new.status, completed_at = now(), grades = new.grades::float8[], weighted = new.weighted,
          cost_usd = new.cost, duration_ms = new.ms
        from unnest(
          ${rows.map(row => row.run_no)}::bigint[], ${rows.map(() => pick(['completed', 'completed', 'failed']))}::text[],
          ${grades.map(write)}::text[], ${rows.map(drawGrade)}::float8[],
          ${rows.map(() => pick([null, 0, 0.000000001, 12.5]))}::numeric[], ${rows.map(() => pick([null, 0, 1234]))}::integer[]
        ) as new (run_no, status, grades, weighted, cost, ms)
        where r.project_id = 1 and r.run_no = new.run_no`,
    )
  }
  const score = () =>
    query(
      db,
      sql`
        update runs set grades = place_grade(grades, ${1 + draws.below(5)}, ${drawGrade()}), weighted = ${drawGrade()}
        where project_id = 1 and run_no % 7 = ${draws.below(7)} and status = 'completed'`,
    )
  const reopen = () =>
    query(
      db,
      sql`update runs set status = 'running', completed_at = null where run_no % 31 = ${draws.below(31)} and status = 'failed'`,
    )
  const remove = () => query(db, sql`delete from runs where project_id = 1 and run_no % 29 = ${draws.below(29)}`)
  const undo = () =>
    transact(db, async tx => {
      await query(tx, sql`update runs set weighted = 0.25 where project_id = 1 and status = 'completed'`)
      throw new Error('changed its mind')
    }).catch((error: Error) => assert.equal(error.message, 'changed its mind'))
  const steps = [add, add, end, end, end, score, reopen, remove, undo]
  for (let step = 0; step < 150; step++) {
    await pick(steps)?.()
    if (step % 10 === 9) await compare()
  }
  await query(db, sql`delete from experiments where experiment_no = ${other.experiment_no}`)
  await compare()
  const left = await query<{ experiment_no: number }>(db, sql`select distinct experiment_no from case_sums`)
  assert.deepEqual(left, [{ experiment_no: one.experiment_no }])
})

/** Sums of runs that went leave zeros, and places without a grade may be missing at the end. */
async function compare(): Promise<void> {
  const kept = await query(
    db,
    sql`
      select experiment_no, variant_no, case_no, runs, failed, weighted_n, weighted_total, passes, cost_n,
        cost_total::text, duration_n, duration_total::text,
        (select array_agg(n || '/' || place order by place) from unnest(grade_n) with ordinality as g (n, place)
          where n <> 0) as grade_n,
        (select array_agg(total || '/' || place order by place) from unnest(grade_total) with ordinality as g (total, place)
          where total <> 0) as grade_total
      from case_sums where runs > 0 order by experiment_no, variant_no, case_no`,
  )
  const recomputed = await query(
    db,
    sql`
      select r.experiment_no, variant_no, case_no, count(*)::integer as runs, count(*) filter (where r.status = 'failed')::integer as failed,
        count(weighted)::integer as weighted_n, coalesce(sum((weighted * 1e9)::bigint), 0)::bigint as weighted_total,
        count(*) filter (where weighted >= e.pass_threshold)::integer as passes, count(r.cost_usd)::integer as cost_n,
        coalesce(sum(r.cost_usd), 0)::numeric(20, 9)::text as cost_total, count(duration_ms)::integer as duration_n,
        coalesce(sum(duration_ms), 0)::text as duration_total,
        (select array_agg(n || '/' || place order by place) from (
          select place, count(g) as n from runs t cross join unnest(t.grades) with ordinality as u (g, place)
          where t.experiment_no = r.experiment_no and t.variant_no = r.variant_no and t.case_no = r.case_no
            and t.status in ('completed', 'failed')
          group by place
        ) by_place where n <> 0) as grade_n,
        (select array_agg(total || '/' || place order by place) from (
          select place, sum((g * 1e9)::bigint) as total
          from runs t cross join unnest(t.grades) with ordinality as u (g, place)
          where t.experiment_no = r.experiment_no and t.variant_no = r.variant_no and t.case_no = r.case_no
            and t.status in ('completed', 'failed')
          group by place
        ) by_place where total <> 0) as grade_total
      from runs r join experiments e using (project_id, experiment_no)
      where variant_no is not null and r.status in ('completed', 'failed')
      group by r.experiment_no, variant_no, case_no order by r.experiment_no, variant_no, case_no`,
  )
  assert.deepEqual(kept, recomputed)
}

test('a change that leaves a run as it was leaves the mark of its sums', async () => {
  const { experiment_no } = await queryRow<{ experiment_no: number }>(
    db,
    sql`select experiment_no from case_sums limit 1`,
  )
  const marks = () =>
    query(
      db,
      sql`select variant_no, case_no, changed_xid::text from case_sums where experiment_no = ${experiment_no} order by 1, 2`,
    )
  const before = await marks()
  assert.ok(before.length > 0)
  await query(db, sql`update runs set new_best = true, error = 'x' where experiment_no = ${experiment_no}`)
  assert.deepEqual(await marks(), before)
})

test('the database weighs grades as the server does, to the last bit', async () => {
  const draws = createDraws()
  const drawGrade = () => {
    const kind = draws.below(6)
    if (kind === 0) return null
    return kind === 1 ? draws.below(2) : kind === 2 ? draws.below(1001) / 1000 : draws.next()
  }
  const drawWeight = () => {
    const kind = draws.below(6)
    if (kind === 0) return null
    return kind === 1
      ? 0
      : kind === 2
        ? draws.below(10)
        : kind === 3
          ? draws.next() * 10 ** (draws.below(18) - 9)
          : draws.next()
  }
  const samples = Array.from({ length: 3000 }, () => {
    const weights = Array.from({ length: 1 + draws.below(6) }, drawWeight)
    return { grades: Array.from({ length: draws.below(weights.length + 1) }, drawGrade), weights }
  })
  const rows = await query(
    db,
    sql`
      select w.* from unnest(${samples.map(one => write(one.grades))}::text[], ${samples.map(one => write(one.weights))}::text[])
        with ordinality as sample (grades, weights, turn),
        weigh_grades(sample.grades::float8[], sample.weights::float8[]) w order by turn`,
  )
  for (const [index, { grades, weights }] of samples.entries()) {
    const scorers = weights.map((weight, place) => ({ scorer_no: place + 1, weight }))
    assert.deepEqual(rows[index], weighGrades(grades, scorers), JSON.stringify({ grades, weights }))
  }
})

function createDraws(): { below: (bound: number) => number; next: () => number } {
  const seed = Number(process.env.TEST_SEED ?? randomInt(1 << 30))
  console.log(`TEST_SEED=${seed}`)
  const random = mersenne(seed)
  return { below: bound => uniformInt(random, 0, bound - 1), next: () => uniformFloat64(random) }
}

function write(values: readonly (number | null)[]): string {
  return `{${values.map(value => value ?? 'null').join()}}`
}
