/**
 * How soon a server is ready and what it takes while idle: `node bench/start.ts [--idle-s 60] [--repeat 5]`.
 *
 * Starts `whetstone start` on a new home and then on the same again, and prints the time from spawning it to its word that
 * it is ready; then the resident memory of its processes after a while without work, the embedded database's apart.
 */
import { parseArgs } from 'node:util'
import { measureStart } from './start-run.ts'

const { values } = parseArgs({
  options: { 'idle-s': { type: 'string', default: '60' }, repeat: { type: 'string', default: '5' } },
})

const seconds = (times: number[]) => times.map(time => `${(time / 1000).toFixed(2)} s`).join(', ')
const measured = await measureStart({ idle_ms: Number(values['idle-s']) * 1000, repeat: Number(values.repeat) })
console.log(`ready at the first start: ${seconds(measured.first_ms)}`)
console.log(`ready at later starts: ${seconds(measured.later_ms)}`)
console.log(
  `idle for ${values['idle-s']} s: ${Math.round(measured.idle_rss / 1e6)} MB, at the start ${Math.round(measured.start_rss / 1e6)} MB`,
)
