/**
 * What experiments cost beside the model:
 *
 *   node bench/experiments.ts                 2,000 cells of 200 ms with 64 in flight, 20,000 with an instant model in the
 *                                             process and over HTTP, and the same 20,000 once more
 *   node bench/experiments.ts --only slow|instant|http [--cells 20000] [--repeat 1] [--profile FOLDER]
 *
 * Each is a sweep over ten variants with two scorers, started over HTTP, by a server and worker of its own on an embedded
 * database made for it. Times are from the request that starts it to its end; ideal is latency × cells ÷ in flight.
 */
import { parseArgs } from 'node:util'
import { type ExperimentSetup, openExperimentBench, type SweepMeasurement } from './experiment-run.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    cells: { type: 'string', default: '20000' },
    repeat: { type: 'string', default: '1' },
    profile: { type: 'string' },
  },
})

const profile = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`]
/** As `npm start` runs it. */
const execArgv = ['--max-semi-space-size=8', ...profile]
const setup = { variants: 10, in_flight: 64, latency_ms: 0, over_http: false, execArgv }
const cells = Number(values.cells)
if (wants('slow')) await measureSlow({ ...setup, cells: 2000, latency_ms: 200 })
if (wants('instant')) await measureInstant({ ...setup, cells }, 'instant')
if (wants('http')) await measureInstant({ ...setup, cells, over_http: true }, 'instant over HTTP')

async function measureSlow(slow: ExperimentSetup): Promise<void> {
  const bench = await openExperimentBench(slow)
  for (let seed = 1; seed <= Number(values.repeat); seed++) {
    const sweep = await bench.run(seed)
    const ideal = ((Math.ceil(sweep.cells / slow.in_flight) * slow.latency_ms) / 1000).toFixed(2)
    const ratio = (sweep.wall_s / Number(ideal)).toFixed(3)
    console.log(`${slow.latency_ms} ms: ${describe(sweep)} · ideal ${ideal} s: ${ratio}`)
  }
  await bench.stop()
}

async function measureInstant(instant: ExperimentSetup, name: string): Promise<void> {
  const bench = await openExperimentBench(instant)
  for (let seed = 1; seed <= Number(values.repeat); seed++) {
    console.log(`${name}: ${describe(await bench.run(seed))}`)
    console.log(`the same again: ${describe(await bench.run(seed))}`)
  }
  await bench.stop()
}

function describe({ cells, wall_s, calls, server_ms, database_ms, rss }: SweepMeasurement): string {
  return (
    `${cells} cells in ${wall_s.toFixed(2)} s, ${Math.round(cells / wall_s)} cells/s, ${calls} calls · CPU per cell: ` +
    `server ${server_ms.toFixed(2)} ms, database ${database_ms.toFixed(2)} ms · ${Math.round(rss / 1e6)} MB`
  )
}

function wants(name: string): boolean {
  return values.only === undefined || values.only === name
}
