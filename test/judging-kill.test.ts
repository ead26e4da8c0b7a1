import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planJudgingWork } from './trials/judging-work.ts'
import { runKillTrial } from './trials/kill-trial.ts'

test('server, worker and database killed 30 times: every session has one whole pass, nothing in the ledger was asked twice, every run ended', {
  timeout: 280_000,
}, async t => {
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000)
  t.diagnostic(`seed ${seed} (TEST_SEED repeats its choices)`)
  const report = await runKillTrial({ kills: 30, seed, say: () => {} }, planJudgingWork(30))
  t.diagnostic(JSON.stringify(report))
  assert.ok(report.slowest_resumption_s < 60)
})
