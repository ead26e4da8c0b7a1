/**
 * How fast the leaderboard by variant is:
 * `node bench/leaderboard.ts [--shapes 50x2000x10x500,1000x200x5x200] [--reads 100] [--scores 100]`.
 *
 * A shape is variants × cases × repeats × clusters. Prints the first read of a process, reads without a change, and reads
 * with that many new scores before each, in milliseconds over HTTP.
 */
import { parseArgs } from 'node:util'
import { measureLeaderboard } from './leaderboard-run.ts'

const { values } = parseArgs({
  options: {
    shapes: { type: 'string', default: '50x2000x10x500,1000x200x5x200,10x20000x5x5000' },
    reads: { type: 'string', default: '100' },
    scores: { type: 'string', default: '100' },
  },
})

for (const text of values.shapes.split(',')) {
  const [variants = 0, cases = 0, repeats = 0, clusters = 0] = text.split('x').map(Number)
  const measured = await measureLeaderboard({
    shape: { variants, cases, repeats, clusters },
    reads: Number(values.reads),
    scores: Number(values.scores),
  })
  const { cold, unchanged, changed, cpu_ms, bytes, rss, seeded_s } = measured
  const show = ({ p50, p95 }: { p50: number; p95: number }) => `p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`
  console.log(
    `${variants} variants x ${cases} cases x ${repeats} repeats, ${clusters} clusters (${variants * cases * repeats} runs, seeded in ${seeded_s.toFixed(0)} s)`,
  )
  console.log(`  first read ${cold.toFixed(0)} ms`)
  console.log(`  without a change  ${show(unchanged)}`)
  console.log(`  ${values.scores} new scores     ${show(changed)}, server CPU ${cpu_ms.toFixed(1)} ms a read`)
  console.log(`  ${Math.round(bytes / 1024)} KiB, server ${Math.round(rss / 1e6)} MB`)
}
