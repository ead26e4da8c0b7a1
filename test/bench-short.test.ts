import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import sql from 'sql-template-tag'
import { connect, disconnect, query } from '#db/connect.ts'
import { openEmbedded } from '#db/embedded.ts'
import { openExperimentBench } from '../bench/experiment-run.ts'
import { measureImport, measureLongUpload } from '../bench/import-run.ts'
import { measureJudging } from '../bench/judging-run.ts'
import { measureOverview } from '../bench/overview-run.ts'
import { measureStart } from '../bench/start-run.ts'

// The benchmarks in small, with bounds that only a blunder passes: a busy machine must not fail them.

test('a run is measured, and loses no call', async () => {
  const latency = { median_ms: 50, sigma: 0.5, seed: 1 }
  const result = await measureJudging({ sessions: 60, in_flight: 16, latency, warm_up: 8 })
  assert.equal(result.calls, 180)
  assert.equal(result.failed, 0)
  assert.ok(result.wall_s < 60 && result.wall_s > result.floor_s, JSON.stringify(result))
})

test('a sweep over HTTP loses no cell, and the same again makes no call', async () => {
  const bench = await openExperimentBench({ cells: 320, variants: 4, in_flight: 16, latency_ms: 5, over_http: true })
  const [first, again] = [await bench.run(1), await bench.run(1)]
  await bench.stop()
  assert.deepEqual([first.cells, first.calls, again.cells, again.calls], [320, 320, 320, 0])
  assert.ok(first.wall_s < 60 && again.wall_s < 60, JSON.stringify([first, again]))
})

test('lists and trends answer at once, and the trend by week is the sum of the trend by day', async t => {
  const home = mkdtempSync(join(tmpdir(), 'whetstone-bench-short-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const { requests } = await measureOverview({ sessions: 2000, requests: 10, home })
  for (const { name, p50, status, bytes } of requests) {
    assert.equal(status, 200, name)
    assert.ok(bytes > 0 && p50 < 250, `${name}: ${p50} ms, ${bytes} bytes`)
  }
  const embedded = await openEmbedded(home, { log: () => {} })
  const db = connect(embedded.url)
  // A part of the entries changes and a part goes, so that cells are taken from as well.
  await query(db, sql`update trend_entries set judged_on = judged_on + 9, means[1] = 0 where session_no % 7 = 0`)
  await query(db, sql`delete from trend_entries where session_no % 11 = 0`)
  const sums = (table: 'day' | 'week') => sql`
    select pins_id, basis, ${table === 'day' ? sql`date_trunc('week', day::timestamp)::date` : sql`week`} as week, bucket,
      ${table === 'day' ? sql`case when whole then '' else profile_id end` : sql`profile_id`} collate "C" as profile_id,
      judge_model, sum(sessions) as sessions, sum(n[1]) as n, sum(total[2]) as total, sum(squares[5]) as squares
    from ${table === 'day' ? sql`trend_cells cross join (values (true), (false)) as span (whole)` : sql`trend_weeks`}
    group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6`
  const [days, weeks] = [await query(db, sums('day')), await query(db, sums('week'))]
  await disconnect(db)
  await embedded.stop()
  assert.ok(weeks.length > 500)
  assert.deepEqual(weeks, days)
})

test('an import is not far from a bare COPY, and its memory does not grow with it', async () => {
  const [round] = await measureImport({ sessions: 300, repeat: 1 })
  assert.ok(round && round.copy_s / round.import_s > 0.05, JSON.stringify(round))
  const { rss_before, rss_most } = await measureLongUpload(20)
  assert.ok(rss_most - rss_before < 400e6, `${rss_before} to ${rss_most} bytes`)
})

test('whetstone start is ready soon and small', async () => {
  const { first_ms, later_ms, idle_rss } = await measureStart({ idle_ms: 0, repeat: 1 })
  assert.ok(Math.max(...first_ms, ...later_ms) < 30_000, `${first_ms} ${later_ms}`)
  assert.ok(idle_rss < 400e6, `${idle_rss} bytes`)
})
