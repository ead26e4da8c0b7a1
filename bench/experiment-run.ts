import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BenchServer, makeBenchHome, startBenchServer } from './processes.ts'

export interface ExperimentSetup {
  /** Cells of each experiment: cases × variants. */
  cells: number
  variants: number
  in_flight: number
  latency_ms: number
  /** Whether the model is a server of its own instead of a script in Whetstone's process. */
  over_http: boolean
  /** For the server's process. */
  execArgv?: string[]
}

export interface SweepMeasurement {
  cells: number
  /** From the request that starts it to its own `finished_at`. */
  wall_s: number
  /** Model calls that it made. */
  calls: number
  /** CPU milliseconds per cell. */
  server_ms: number
  database_ms: number
  /** The most bytes that the server held, looked at four times a second. */
  rss: number
}

interface ExperimentStanding {
  id: string
  status: string
  error: string | null
  cells: number
  completed: number
  calls: number
  finished_at: string | null
}

/** A server of its own with one backend `bench`; warmed up by 640 cells. */
export interface ExperimentBench {
  /** Runs a sweep; equal seeds ask the same questions. */
  run: (seed: number) => Promise<SweepMeasurement>
  stop: () => Promise<void>
}

export async function openExperimentBench(setup: ExperimentSetup): Promise<ExperimentBench> {
  const home = makeBenchHome()
  const fake = setup.over_http ? await startFakeProcess(setup.latency_ms) : null
  const kind = fake === null ? describeScript(setup.latency_ms) : `base_url: '${fake.url}', free: true`
  writeFileSync(join(home, 'whetstone.yaml'), `backends: [{ name: bench, concurrency: ${setup.in_flight}, ${kind} }]\n`)
  const server = await startBenchServer(home, {}, setup.execArgv)
  await runSweep(server, { ...setup, cells: 640 }, 0)
  return {
    run: seed => runSweep(server, setup, seed),
    stop: async () => {
      await server.stop()
      fake?.child.kill()
    },
  }
}

async function runSweep(server: BenchServer, setup: ExperimentSetup, seed: number): Promise<SweepMeasurement> {
  const { id } = await send<ExperimentStanding>(server, 'POST', '/api/experiments', describeExperiment(setup, seed))
  const [use, database] = [await server.use(), server.databaseCpu()]
  const started = Date.now()
  let standing = await send<ExperimentStanding>(server, 'POST', `/api/experiments/${id}/start`)
  let rss = 0
  while (standing.status === 'running') {
    await sleep(250)
    rss = Math.max(rss, (await server.use()).rss)
    standing = await send<ExperimentStanding>(server, 'GET', `/api/experiments/${id}`)
  }
  if (standing.finished_at === null || standing.completed !== standing.cells) throw new Error(JSON.stringify(standing))
  const cells = standing.cells
  return {
    cells,
    wall_s: (Date.parse(standing.finished_at) - started) / 1000,
    calls: standing.calls,
    server_ms: ((await server.use()).cpu_ms - use.cpu_ms) / cells,
    database_ms: (server.databaseCpu() - database) / cells,
    rss,
  }
}

/** Cases of about a hundred words, an exact and a length scorer. */
function describeExperiment({ cells, variants }: ExperimentSetup, seed: number) {
  const text = 'The order came late and one of the two parts was broken, so I would like to send it back. '.repeat(5)
  const cases = Array.from({ length: Math.ceil(cells / variants) }, (_, index) => ({
    input: { text: `${seed}-${index} ${text}` },
    expected: 'ok',
  }))
  return {
    name: 'bench',
    pipeline: {
      prompt: { system: 'Sort it.', user: 'Sort this letter: {{ text }}' },
      model: 'fake-model',
      backend: 'bench',
    },
    parameter_space: { temperature: { values: Array.from({ length: variants }, (_, index) => index / variants) } },
    dataset: { name: `bench-${seed}-${cells}`, cases },
    scoring_config: { scorers: ['exact', { kind: 'length', max: 100 }] },
  }
}

async function send<Answer>(server: BenchServer, method: string, path: string, body?: unknown): Promise<Answer> {
  const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const response = await fetch(`${server.url}${path}`, { method, ...init })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return JSON.parse(text)
}

function describeScript(latencyMs: number): string {
  return `kind: scripted, script: { default: { reply: ok, delay_ms: ${latencyMs} } }`
}

async function startFakeProcess(latencyMs: number): Promise<{ url: string; child: ChildProcess }> {
  const path = new URL('./fake-openai.ts', import.meta.url).pathname
  const options = { stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'] }
  const child = spawn(process.execPath, [path, '--port', '0', '--latency-ms', String(latencyMs)], options)
  const [line] = await once(child.stdout, 'data')
  return { url: String(line).trim(), child }
}
