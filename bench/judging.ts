/**
 * What judging costs beside the model: `node bench/judging.ts [--calls 2000] [--in-flight 64] [--median 200] [--sigma 0] [--repeat 3]`.
 *
 * An evaluation run over as many sessions as make that many calls (three a session), started over HTTP, by a server and
 * worker of its own against a fake backend in another process; everything is written to the embedded database. Prints wall
 * time ÷ ideal, where the ideal is the sum of all latencies ÷ calls in flight.
 */
import { parseArgs } from 'node:util'
import { type JudgingMeasurement, measureJudging } from './judging-run.ts'

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '2000' },
    'in-flight': { type: 'string', default: '64' },
    median: { type: 'string', default: '200' },
    sigma: { type: 'string', default: '0' },
    repeat: { type: 'string', default: '3' },
    profile: { type: 'string' },
  },
})

const results: JudgingMeasurement[] = []
for (let round = 0; round < Number(values.repeat); round++) {
  const result = await measureJudging({
    sessions: Math.ceil(Number(values.calls) / 3),
    in_flight: Number(values['in-flight']),
    latency: { median_ms: Number(values.median), sigma: Number(values.sigma), seed: round + 1 },
    execArgv: values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`],
  })
  results.push(result)
  console.log(
    `${result.calls} calls in ${result.wall_s.toFixed(2)} s, ideal ${result.ideal_s.toFixed(2)} s: ` +
      `${(result.wall_s / result.ideal_s).toFixed(3)} (without any cost ${(result.floor_s / result.ideal_s).toFixed(3)}) · CPU per call: server ${result.server_ms.toFixed(2)} ms, ` +
      `database ${result.database_ms.toFixed(2)} ms · ${Math.round(result.rss / 1e6)} MB`,
  )
}
const ratios = results.map(result => result.wall_s / result.ideal_s).sort((a, b) => a - b)
console.log(`median ${ratios[Math.floor(ratios.length / 2)]?.toFixed(3)}`)
