/**
 * How fast the lists of evaluation runs and of experiments are: `node bench/lists.ts [--rows 100000] [--requests 50]`.
 *
 * Fills a database with so many of each and asks it as the API does, one request at a time. Prints p50 and p95 in
 * milliseconds.
 */
import { parseArgs } from 'node:util'
import { measureLists } from './lists-run.ts'

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '100000' }, requests: { type: 'string', default: '50' } },
})

const measured = await measureLists({ rows: Number(values.rows), requests: Number(values.requests) })
console.log(`${values.rows} evaluation runs, ${values.rows} experiments`)
for (const { name, p50, p95 } of measured) {
  console.log(`  ${name.padEnd(52)} p50 ${p50.toFixed(1).padStart(6)}  p95 ${p95.toFixed(1).padStart(6)}`)
}
