import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runKillTrial } from './trials/kill-trial.ts'
import { planSweepWork } from './trials/sweep-work.ts'

test('server, worker and database killed 30 times while sweeps with two backends go on: every cell has one result, nothing in the ledger was asked twice, counts add up', {
  timeout: 280_000,
}, async t => {
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000)
  t.diagnostic(`seed ${seed} (TEST_SEED repeats its choices)`)
  const report = await runKillTrial({ kills: 30, seed, say: () => {} }, planSweepWork(40))
  t.diagnostic(JSON.stringify(report))
  assert.ok(report.last_end_s < 90)
})
