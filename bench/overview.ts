/**
 * How fast lists and trends are: `node bench/overview.ts [--sizes 10000,100000,1000000] [--requests 200] [--home FOLDER]`.
 *
 * Fills a database to each size in turn and asks a server in a process of its own over HTTP, one request at a time on a
 * kept connection. Prints p50 and p95 in milliseconds. With `--home` the database stays and is used again.
 */
import { parseArgs } from 'node:util'
import { measureOverview } from './overview-run.ts'

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10000,100000,1000000' },
    requests: { type: 'string', default: '200' },
    home: { type: 'string' },
  },
})

const first = new Map<string, number>()
for (const size of values.sizes.split(',').map(Number)) {
  const measured = await measureOverview({ sessions: size, requests: Number(values.requests), home: values.home })
  console.log(`${size} sessions, seeded in ${measured.seeded_s.toFixed(0)} s`)
  for (const { name, p50, p95 } of measured.requests) {
    const base = first.get(name) ?? p95
    first.set(name, base)
    console.log(
      `  ${name.padEnd(32)} p50 ${p50.toFixed(1).padStart(6)}  p95 ${p95.toFixed(1).padStart(6)}  × ${(p95 / base).toFixed(2)}`,
    )
  }
}
