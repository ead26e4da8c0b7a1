import assert from 'node:assert/strict'
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { type Arrival, type AskedQuestion, nameQuestion } from './counting-fake.ts'

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

/** From its last look into the ledger until its request arrives, a busy machine takes so long at most. */
const LAG_MS = 300

/**
 * Asserts that no question was asked again once its answer stood in the ledger, and that each request which was repeated
 * had been in flight when something was killed.
 */
export async function countCalls(db: Db, arrivals: Arrival[], kills: number[]): Promise<CallCount> {
  const rows = await query<AskedQuestion & { backend: string; recorded_at: string }>(
    db,
    sql`
      select backend, model, (request #>> '{parameters,temperature}')::float8 as temperature,
        request -> 'messages' as messages, created_at as recorded_at
      from ledger order by created_at`,
  )
  const recorded = new Map<string, number[]>()
  for (const row of rows) {
    const key = nameQuestion(row.backend, row)
    recorded.set(key, [...(recorded.get(key) ?? []), Date.parse(row.recorded_at)])
  }
  const asked = Map.groupBy(arrivals, arrival => arrival.key)
  for (const [key, times] of asked) {
    const [first] = recorded.get(key) ?? []
    assert.ok(first !== undefined, 'every question that was asked has its answer in the ledger')
    times.forEach((arrival, index) => {
      const late = arrival.arrived - first
      const when = `${late} ms; kills at ${kills.map(kill => kill - first).join()}, sent at ${times.map(one => one.arrived - first).join()}`
      assert.ok(late <= LAG_MS, `no question is asked again after its answer was recorded: ${when}`)
      const next = times[index + 1]
      const explained =
        next === undefined || kills.some(kill => kill >= arrival.arrived - LAG_MS && kill <= next.arrived)
      assert.ok(explained, `a request that is repeated was in flight at a kill: ${when}`)
    })
  }
  // One that was lost was open until its question was asked again: no one asks while somebody does.
  const openUntil = ({ key, arrived, answered }: Arrival) =>
    asked.get(key)?.find(other => other.arrived > arrived)?.arrived ??
    Math.max(answered, ...(recorded.get(key) ?? []).filter(time => time < answered + 5_000))
  const isOpen = (arrival: Arrival, at: number) => arrival.arrived <= at && at <= openUntil(arrival)
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
