import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLatencySource } from '#models/latency.ts'
import { makeBenchHome, startBenchServer } from './processes.ts'
import { makeBenchSession } from './sessions.ts'

export interface JudgingSetup {
  sessions: number
  in_flight: number
  latency: { median_ms: number; sigma: number; seed: number }
  /** Sessions judged beforehand (64), so that neither side compiles its code during the measurement. */
  warm_up?: number
  /** For the server's process. */
  execArgv?: string[]
}

export interface JudgingMeasurement {
  calls: number
  failed: number
  /** From the request that starts the run to its own `finished_at`. */
  wall_s: number
  ideal_s: number
  /** What nobody can be quicker than who sends the calls in this order: with heavy tails the last ones keep few slots busy. */
  floor_s: number
  /** CPU time per call. */
  server_ms: number
  database_ms: number
  /** Bytes of the server at the end. */
  rss: number
}

interface RunStatus {
  run_id: string
  state: string
  finished_at: string | null
  calls: number
  counts: { ok: number; failed: number }
}

const EXPERTS = 3

/** Judges a warm-up, then the sessions, by a run each, on a database made for it. */
export async function measureJudging(setup: JudgingSetup): Promise<JudgingMeasurement> {
  const warmUp = setup.warm_up ?? 64
  const fake = await startFakeProcess(setup.latency)
  const server = await startBenchServer(
    makeBenchHome(),
    { OLLAMA_BASE_URL: fake.url, WHETSTONE_MODEL_CONCURRENCY: String(setup.in_flight) },
    setup.execArgv,
  )
  try {
    await importSessions(server.url, 0, warmUp)
    await finishRun(server.url)
    await importSessions(server.url, warmUp, setup.sessions)
    const [use, database] = [await server.use(), server.databaseCpu()]
    const { run, wall_s } = await finishRun(server.url)
    const after = await server.use()
    const calls = setup.sessions * EXPERTS
    return {
      calls: run.calls,
      failed: run.counts.failed,
      wall_s,
      ...planLatencies(setup, warmUp * EXPERTS, calls),
      server_ms: (after.cpu_ms - use.cpu_ms) / calls,
      database_ms: (server.databaseCpu() - database) / calls,
      rss: after.rss,
    }
  } finally {
    await server.stop()
    fake.stop()
  }
}

async function importSessions(url: string, first: number, count: number): Promise<void> {
  const lines = Array.from({ length: count }, (_, at) => JSON.stringify(makeBenchSession(first + at)))
  const response = await fetch(`${url}/api/sessions/import`, { method: 'POST', body: lines.join('\n') })
  if (!response.ok) throw new Error(await response.text())
}

async function finishRun(url: string): Promise<{ run: RunStatus; wall_s: number }> {
  const started = Date.now()
  const response = await fetch(`${url}/api/eval/run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'fake-model' }),
  })
  let run: RunStatus = JSON.parse(await response.text())
  while (run.state === 'running') {
    await sleep(250)
    run = JSON.parse(await (await fetch(`${url}/api/eval/run/${run.run_id}?sessions=none`)).text())
  }
  if (run.state !== 'done' || run.finished_at === null) throw new Error(JSON.stringify(run))
  return { run, wall_s: (Date.parse(run.finished_at) - started) / 1000 }
}

/** The fake draws a latency for each call in the order in which they come. */
function planLatencies(setup: JudgingSetup, skipped: number, count: number): { ideal_s: number; floor_s: number } {
  const draw = createLatencySource(setup.latency)
  for (let at = 0; at < skipped; at++) draw()
  const slots = new Array<number>(setup.in_flight).fill(0)
  let total = 0
  for (let at = 0; at < count; at++) {
    const latency = draw()
    const slot = slots.indexOf(Math.min(...slots))
    slots[slot] = (slots[slot] ?? 0) + latency
    total += latency
  }
  return { ideal_s: total / setup.in_flight / 1000, floor_s: Math.max(...slots) / 1000 }
}

async function startFakeProcess(latency: JudgingSetup['latency']): Promise<{ url: string; stop: () => void }> {
  const child = spawn(
    process.execPath,
    [
      ...[new URL('./fake-openai.ts', import.meta.url).pathname, '--port', '0', '--verdicts'],
      ...['--median', String(latency.median_ms), '--sigma', String(latency.sigma), '--seed', String(latency.seed)],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [line] = await once(child.stdout, 'data')
  return { url: String(line).trim(), stop: () => child.kill() }
}
