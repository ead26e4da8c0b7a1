import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, disconnect } from '#db/connect.ts'
import { openEmbedded } from '#db/embedded.ts'
import type { RunStatus } from '#judging/runs.ts'
import { type Arrival, type CountingFake, startCountingFake } from './counting-fake.ts'
import { assertRunsWhole, type CallCount, countCalls } from './kill-checks.ts'
import { killDatabase, type Subject, startSubject } from './processes.ts'

export interface KillTrialOptions {
  kills: number
  seed: number
  /** Sessions of each round; a round's runs are killed at until they ended, then the next begins. */
  sessions: number
  say: (line: string) => void
}

export interface KillReport extends CallCount {
  kills: { server: number; worker: number; database: number }
  sessions: number
  runs: number
  /** The longest time, in seconds, from a kill until a call that it had interrupted was asked again. */
  slowest_resumption_s: number
  /** From the last kill until every run had ended. */
  last_end_s: number
  /** Processes that gave up before they were ready, as the database was killed under them. */
  failed_starts: number
}

/** How long runs may take to end once nothing is killed any more, in milliseconds. */
const PATIENCE_MS = 120_000

/**
 * Server, worker and embedded database as real processes, two runs at a time over the same sessions, and SIGKILL at random
 * moments to a random one of the three; then asserts that every session has one whole pass and nothing was paid twice.
 */
export async function runKillTrial(options: KillTrialOptions): Promise<KillReport> {
  const random = createRandom(options.seed)
  const fake = await startCountingFake(random)
  const home = mkdtempSync(join(tmpdir(), 'whetstone-kill-'))
  writeFileSync(join(home, 'whetstone.yaml'), describeBackend(fake))
  const port = await findFreePort()
  const env = { ...process.env, WHETSTONE_HOME: home, PORT: String(port), HOST: '127.0.0.1', DATABASE_URL: '' }
  const server = startSubject('server', env)
  await server.ready()
  const worker = startSubject('worker', env)
  await worker.ready()
  const trial: Trial = {
    options,
    random,
    server,
    worker,
    home,
    url: `http://127.0.0.1:${port}`,
    kills: [],
    runs: [],
    rounds: 0,
  }
  try {
    while (trial.kills.length < options.kills) await playRound(trial)
    const last = Date.now()
    await waitForRuns(trial)
    const last_end_s = (Date.now() - last) / 1000
    return { ...(await judgeTrial(trial, fake)), last_end_s }
  } catch (error) {
    options.say(readFileSync(join(home, 'logs', 'whetstone.log'), 'utf8').slice(-20_000))
    throw error
  } finally {
    for (const subject of [worker, server]) await subject.stop()
    await fake.close()
    rmSync(home, { recursive: true, force: true })
  }
}

interface Kill {
  target: 'server' | 'worker' | 'database'
  at: number
}

interface Trial {
  options: KillTrialOptions
  random: () => number
  server: Subject
  worker: Subject
  home: string
  url: string
  kills: Kill[]
  runs: string[]
  rounds: number
}

/** Nothing is killed while sessions and runs are handed in, so that each run is started exactly once. */
async function playRound(trial: Trial): Promise<void> {
  const { options, random } = trial
  await waitForHealth(trial)
  trial.rounds++
  const lines = Array.from({ length: options.sessions }, (_, index) =>
    JSON.stringify(describeSession(trial.rounds, index)),
  )
  await send(trial, 'POST', '/api/sessions/import', lines.join('\n'))
  for (let count = 0; count < 2; count++) {
    const run = await send<RunStatus>(trial, 'POST', '/api/eval/run', JSON.stringify({ backend: 'fake', model: 'm' }))
    trial.runs.push(run.run_id)
  }
  while (trial.kills.length < options.kills && !(await areRunsOver(trial))) {
    await sleep(200 + 1_800 * random())
    const target = (['server', 'worker', 'database'] as const)[Math.floor(random() * 3)] ?? 'server'
    const at = Date.now()
    const killed = target === 'database' ? killDatabase(trial.home) : trial[target].kill()
    if (!killed) continue
    trial.kills.push({ target, at })
    options.say(`kill ${trial.kills.length}: ${target}`)
  }
}

async function waitForRuns(trial: Trial): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  while (!(await areRunsOver(trial))) {
    if (Date.now() > deadline)
      throw new Error(`Runs had not ended after ${PATIENCE_MS} ms: ${JSON.stringify(await listRuns(trial))}`)
    await sleep(100)
  }
}

async function areRunsOver(trial: Trial): Promise<boolean> {
  trial.server.check()
  trial.worker.check()
  const runs = await listRuns(trial).catch(() => null)
  return runs?.every(run => run.state !== 'running') ?? false
}

async function listRuns(trial: Trial): Promise<RunStatus[]> {
  return send<RunStatus[]>(trial, 'GET', '/api/eval/runs?sessions=none')
}

async function judgeTrial(trial: Trial, fake: CountingFake): Promise<Omit<KillReport, 'last_end_s'>> {
  const database = await openEmbedded(trial.home, { log: () => {}, adopt: false })
  const db = connect(database.url)
  try {
    const sessions = trial.rounds * trial.options.sessions
    await assertRunsWhole(db, { sessions, runs: trial.runs.length })
    const times = trial.kills.map(kill => kill.at)
    const calls = await countCalls(db, fake.arrivals, times)
    const count = (target: Kill['target']) => trial.kills.filter(kill => kill.target === target).length
    const kills = { server: count('server'), worker: count('worker'), database: count('database') }
    const slowest_resumption_s = measureResumption(fake.arrivals, times) / 1000
    const failed_starts = trial.server.failedStarts() + trial.worker.failedStarts()
    return { ...calls, kills, sessions, runs: trial.runs.length, slowest_resumption_s, failed_starts }
  } finally {
    await disconnect(db)
    await database.stop()
  }
}

/** From the first kill after a call was sent until it was asked again, the longest, in milliseconds. */
function measureResumption(arrivals: Arrival[], kills: number[]): number {
  const waits = [...Map.groupBy(arrivals, arrival => arrival.key).values()].flatMap(times =>
    times.slice(1).map(({ arrived }, index) => {
      const lost = times[index]?.arrived ?? arrived
      return arrived - (kills.find(kill => kill >= lost) ?? arrived)
    }),
  )
  return Math.max(0, ...waits)
}

async function waitForHealth(trial: Trial): Promise<void> {
  await trial.server.ready()
  await trial.worker.ready()
  while (
    !(await fetch(`${trial.url}/health`).then(
      answer => answer.ok,
      () => false,
    ))
  ) {
    trial.server.check()
    await sleep(50)
  }
}

async function send<Answer>(trial: Trial, method: string, path: string, body?: string): Promise<Answer> {
  const init = body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }
  const answer = await fetch(`${trial.url}${path}`, { method, ...init, signal: AbortSignal.timeout(20_000) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return JSON.parse(text)
}

function describeSession(round: number, index: number) {
  const request = `Please look up order ${round}-${index} and tell me when it comes.`
  const last_active = new Date(Date.UTC(2026, 0, 1 + (index % 20))).toISOString()
  return {
    session_id: `s${round}-${index}`,
    profile_id: index % 2 === 0 ? 'support' : 'sales',
    last_active,
    messages: [
      { role: 'user', content: request },
      { role: 'assistant', content: `Order ${round}-${index} comes on Monday.` },
    ],
  }
}

function describeBackend(fake: CountingFake): string {
  return `backends: [{ name: fake, base_url: '${fake.url}', concurrency: 4, prices: { m: { input: 1, output: 2 } } }]\n`
}

async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Uniform numbers from 0 to 1, the same for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
