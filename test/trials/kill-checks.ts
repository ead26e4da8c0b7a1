import assert from 'node:assert/strict'
import sql from 'sql-template-tag'
import { type Db, query, queryRow } from '#db/connect.ts'
import type { ModelMessage } from '#models/model.ts'
import { assertTrendExact } from '../trend-check.ts'
import { type Arrival, nameQuestion } from './counting-fake.ts'

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

export interface CallCount {
  /** Questions, each of which has to be answered once. */
  needed: number
  /** Requests that the model saw beyond these. */
  extra: number
  /** The most that may be extra: over all kills, calls sent and not yet in the ledger at that moment. */
  in_flight_at_kills: number
  /** Answers that came and were recorded twice, as their claim was lost with the database. */
  recorded_twice: number
}

/**
 * Asserts that no question was asked again once its answer stood in the ledger, and that each request which was repeated
 * had been in flight when something was killed.
 */
export async function countCalls(db: Db, arrivals: Arrival[], kills: number[]): Promise<CallCount> {
  const rows = await query<{ messages: ModelMessage[]; recorded_at: string }>(
    db,
    sql`select request -> 'messages' as messages, created_at as recorded_at from ledger order by created_at`,
  )
  const recorded = new Map<string, number[]>()
  for (const row of rows) {
    const key = nameQuestion(row.messages)
    recorded.set(key, [...(recorded.get(key) ?? []), Date.parse(row.recorded_at)])
  }
  const asked = Map.groupBy(arrivals, arrival => arrival.key)
  for (const [key, times] of asked) {
    const [first] = recorded.get(key) ?? []
    assert.ok(first !== undefined, 'every question that was asked has its answer in the ledger')
    times.forEach((arrival, index) => {
      assert.ok(arrival.arrived <= first, 'no question is asked again after its answer was recorded')
      const next = times[index + 1]
      const explained = next === undefined || kills.some(kill => kill >= arrival.arrived - 100 && kill <= next.arrived)
      assert.ok(explained, 'a request that is repeated was in flight at a kill')
    })
  }
  const isOpen = (arrival: Arrival, at: number) =>
    arrival.arrived <= at &&
    at <=
      Math.max(arrival.answered, ...(recorded.get(arrival.key) ?? []).filter(time => time < arrival.answered + 5_000))
  const in_flight_at_kills = kills.reduce(
    (sum, kill) => sum + arrivals.filter(arrival => isOpen(arrival, kill)).length,
    0,
  )
  const count = {
    needed: asked.size,
    extra: arrivals.length - asked.size,
    in_flight_at_kills,
    recorded_twice: rows.length - recorded.size,
  }
  assert.ok(count.extra <= in_flight_at_kills, JSON.stringify(count))
  return count
}
