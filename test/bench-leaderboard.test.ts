import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureLeaderboard } from '../bench/leaderboard-run.ts'

// The benchmark in small, with a bound that only a blunder passes.

test('a leaderboard is read at once, also with new scores before each reading', async () => {
  const shape = { variants: 6, cases: 40, repeats: 2, clusters: 10 }
  const { cold, unchanged, changed, bytes } = await measureLeaderboard({ shape, reads: 5, scores: 10 })
  assert.ok(bytes > 1000)
  assert.ok(cold < 10_000 && unchanged.p50 < 1000 && changed.p50 < 1000, JSON.stringify({ cold, unchanged, changed }))
})
