import assert from 'node:assert/strict'
import sql from 'sql-template-tag'
import { type Db, query, queryRow } from '#db/connect.ts'
import { assertTrendExact } from '../trend-check.ts'

/** Asserts what must be true of the database after runs that ended, whatever was killed meanwhile. */
export async function assertRunsWhole(db: Db, expected: { sessions: number; runs: number }): Promise<void> {
  const runs = await query(
    db,
    sql`
      select state, error, ended_because, pending, failed, reserved_usd::float8 as reserved_usd,
        ok = (select count(*) from eval_units u where u.run_id = r.run_id and u.state = 'ok') as counted,
        (calls, tokens_in, tokens_out, cost_usd, unpriced) = (
          select count(*), coalesce(sum(l.tokens_in), 0), coalesce(sum(l.tokens_out), 0), coalesce(sum(l.cost_usd), 0),
            count(*) filter (where l.cost_usd is null)
          from ledger l where l.paid_by = r.run_id
        ) as billed
      from eval_runs r`,
  )
  const whole = { state: 'done', error: null, ended_because: null, pending: 0, failed: 0, reserved_usd: 0 }
  assert.deepEqual(
    runs,
    Array.from({ length: expected.runs }, () => ({ ...whole, counted: true, billed: true })),
  )
  const sessions = await query<{ session_id: string; passes: number; experts: string }>(
    db,
    sql`
      select session_id, count(distinct pass_no) as passes, string_agg(expert_id, ' ' order by e.position) as experts
      from sessions s left join passes p using (project_id, session_no) left join evaluations e using (project_id, pass_no)
      group by 1`,
  )
  assert.equal(sessions.length, expected.sessions)
  for (const { session_id, ...judged } of sessions) {
    assert.deepEqual(judged, { passes: 1, experts: 'strict_critic pragmatist tech_lead' }, `session ${session_id}`)
  }
  const { present, lost, ended } = await queryRow<{ present: number; lost: number; ended: number }>(
    db,
    sql`
      select (select count(*) from sessions where standing > 0) as present,
        (select count(*) from evaluations e cross join json_array_elements(e.calls) as call
          where not exists (
            select from ledger l where l.project_id = e.project_id and l.question = decode(call ->> 'question', 'hex')
              and l.repeat = (call ->> 'repeat')::integer
          )) as lost,
        (select count(*) from eval_units where state not in ('ok', 'failed')) as ended`,
  )
  assert.deepEqual({ present, lost, ended }, { present: expected.sessions, lost: 0, ended: 0 })
  await assertTrendExact(db, 'the trend equals its recomputation from the passes')
}
