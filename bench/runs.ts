/**
 * How fast the list of runs and its relatives are: `node bench/runs.ts [--runs 1000000] [--requests 50]`.
 *
 * Fills a database and asks it as the API does, one request at a time. Prints p50 and p95 in milliseconds, of a page and of
 * its total apart.
 */
import { parseArgs } from 'node:util'
import { measureRuns } from './runs-run.ts'

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '1000000' }, requests: { type: 'string', default: '50' } },
})

const measured = await measureRuns({ runs: Number(values.runs), requests: Number(values.requests) })
console.log(`${values.runs} runs`)
for (const { name, p50, p95 } of measured) {
  console.log(`  ${name.padEnd(52)} p50 ${p50.toFixed(1).padStart(6)}  p95 ${p95.toFixed(1).padStart(6)}`)
}
