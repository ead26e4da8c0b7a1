import assert from 'node:assert/strict'
import sql from 'sql-template-tag'
import { type Db, query, queryRow } from '#db/connect.ts'

/** Asserts what must be true of the database after sweeps that ended, whatever was killed meanwhile. */
export async function assertSweepsWhole(db: Db, expected: { experiments: number; cells: number }): Promise<void> {
  const experiments = await query(
    db,
    sql`
      select status, error, ended_because, cells, completed, failed, runs,
        runs = (select count(*) from runs r where r.experiment_no = e.experiment_no) as counted,
        best = (select max(weighted) from runs r where r.experiment_no = e.experiment_no) as best_found,
        (calls, tokens_in, tokens_out, cost_usd, unpriced) = (
          select count(*), coalesce(sum(l.tokens_in), 0), coalesce(sum(l.tokens_out), 0), coalesce(sum(l.cost_usd), 0),
            count(*) filter (where l.cost_usd is null)
          from ledger l where l.paid_by = e.experiment_id
        ) as billed
      from experiments e order by experiment_no`,
  )
  const { cells } = expected
  const whole = {
    status: 'completed',
    error: null,
    ended_because: null,
    cells,
    completed: cells,
    failed: 0,
    runs: cells,
  }
  assert.deepEqual(
    experiments,
    Array.from({ length: expected.experiments }, () => ({ ...whole, counted: true, best_found: true, billed: true })),
  )
  const total = expected.experiments * cells
  const runs = await queryRow(
    db,
    sql`
      select count(*) as runs, count(distinct (experiment_no, variant_no, case_no, repeat)) as cells,
        count(*) filter (where status = 'completed' and weighted = 2.0 / 3 and grades = '{1,0}') as right_ones,
        (select count(*) from stage_results s join ledger l on l.project_id = s.project_id and l.question = s.question
          and l.repeat = s.ledger_repeat) as stages,
        (select count(*) from scores) as scores,
        (select count(*) from run_batches where state <> 'done' or admitted <> 0) as open
      from runs`,
  )
  assert.deepEqual(runs, {
    runs: total,
    cells: total,
    right_ones: total,
    stages: 2 * total,
    scores: 2 * total,
    open: 0,
  })
  await assertCaseSumsExact(db)
}

/** The sums by case equal their recomputation from the runs. */
export async function assertCaseSumsExact(db: Db): Promise<void> {
  const wrong = await query(
    db,
    sql`
      with made as (
        select experiment_no, variant_no, case_no, count(*) as runs, count(*) filter (where status = 'failed') as failed,
          count(weighted) as weighted_n, coalesce(sum((weighted * 1e9)::bigint), 0) as weighted_total,
          coalesce(sum(cost_usd), 0) as cost_total, coalesce(sum(duration_ms), 0) as duration_total
        from runs where variant_no is not null and status in ('completed', 'failed')
        group by experiment_no, variant_no, case_no
      )
      select * from made m full join case_sums s using (experiment_no, variant_no, case_no)
      where (m.runs, m.failed, m.weighted_n, m.weighted_total, m.cost_total, m.duration_total)
        is distinct from (s.runs, s.failed, s.weighted_n, s.weighted_total, s.cost_total, s.duration_total)`,
  )
  assert.deepEqual(wrong, [])
}
