/**
 * What one call to a model costs this process: `node bench/model-calls.ts [calls] [in flight] [latency in ms]`.
 *
 * Asks a fake backend in a process of its own through limiter, retries, provider and HTTP, and prints the CPU time per
 * call and the wall time against the ideal. The prompt has 20,000 characters, as a session's has, and a schema.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openBackend } from '#models/backend.ts'
import { readBackends } from '#models/backends.ts'

const [calls = 2000, inFlight = 64, latency = 200] = process.argv.slice(2).map(Number)

const fakePath = new URL('./fake-openai.ts', import.meta.url).pathname
const fake = spawn(process.execPath, [fakePath, '--port', '0', '--latency-ms', String(latency)])
const [line] = await once(fake.stdout, 'data')
const [config] = readBackends([{ name: 'ollama', base_url: String(line).trim(), concurrency: inFlight }], {})
if (!config) throw new Error('no backend')
const backend = openBackend(config, {})

const schema = { type: 'object', properties: { score: { type: 'integer' } }, required: ['score'] }
const content = 'All work and no play makes a dull day. '.repeat(512)
const askOne = (i: number) =>
  backend.ask({
    model: 'fake',
    messages: [
      { role: 'system', content: 'Judge.' },
      { role: 'user', content: `${i} ${content}` },
    ],
    parameters: { temperature: 0 },
    schema,
  })

/** As a run does: so many at a time, the next when one is done. */
const askAll = async (n: number) => {
  let next = 0
  const askInTurn = async () => {
    while (next < n) await askOne(next++)
  }
  await Promise.all(Array.from({ length: inFlight }, askInTurn))
}

await askAll(500)
const before = process.cpuUsage()
const start = performance.now()
await askAll(calls)
const wall = performance.now() - start
const { user, system } = process.cpuUsage(before)
const ideal = (Math.ceil(calls / inFlight) * latency) / 1000
console.log(
  `${calls} calls, ${inFlight} in flight: ${((user + system) / 1000 / calls).toFixed(2)} ms of CPU per call, ` +
    `${(wall / 1000).toFixed(2)} s wall (ideal ${ideal.toFixed(2)} s), ${Math.round(process.memoryUsage().rss / 1e6)} MB`,
)
fake.kill()
await backend.close()
