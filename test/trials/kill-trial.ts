import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type Db, disconnect } from '#db/connect.ts'
import { openEmbedded } from '#db/embedded.ts'
import { type Arrival, type CountingFake, startCountingFake } from './counting-fake.ts'
import { type CallCount, countCalls } from './kill-checks.ts'
import { killDatabase, type Subject, startSubject } from './processes.ts'

export interface KillTrialOptions {
  kills: number
  seed: number
  say: (line: string) => void
}

/** The work that is killed at. */
export interface TrialWork {
  /** Its backends, each a model of its own with this many calls in flight at most. */
  backends: { name: string; concurrency: number }[]
  /** What the models answer to a request's text. */
  reply: (text: string) => string
  /** Hands in the work of a round; nothing is killed meanwhile, so that all of it is started exactly once. */
  begin: (send: TrialSend, round: number) => Promise<void>
  /** Whether all that was handed in has ended; throws what tells how it stands when asked for too long. */
  isOver: (send: TrialSend) => Promise<boolean>
  /** Asserts what must be true of the database after so many rounds. */
  assertWhole: (db: Db, rounds: number) => Promise<void>
}

export type TrialSend = <Answer>(method: string, path: string, body?: string) => Promise<Answer>

export interface KillReport extends CallCount {
  kills: { server: number; worker: number; database: number }
  rounds: number
  /** The longest time, in seconds, from a kill until a call that it had interrupted was asked again. */
  slowest_resumption_s: number
  /** From the last kill until all work had ended. */
  last_end_s: number
  /** Processes that gave up before they were ready, as the database was killed under them. */
  failed_starts: number
}

/** How long work may take to end once nothing is killed any more, in milliseconds. */
const PATIENCE_MS = 120_000

/**
 * Server, worker and embedded database as real processes, work handed in round by round, and SIGKILL at random moments to
 * a random one of the three; then asserts that the work is whole and nothing was paid twice.
 */
export async function runKillTrial(options: KillTrialOptions, work: TrialWork): Promise<KillReport> {
  const random = createRandom(options.seed)
  const fakes = await Promise.all(work.backends.map(({ name }) => startCountingFake(name, random, work.reply)))
  const home = mkdtempSync(join(tmpdir(), 'whetstone-kill-'))
  writeFileSync(join(home, 'whetstone.yaml'), describeBackends(work, fakes))
  const port = await findFreePort()
  const env = { ...process.env, WHETSTONE_HOME: home, PORT: String(port), HOST: '127.0.0.1', DATABASE_URL: '' }
  const server = startSubject('server', env)
  await server.ready()
  const worker = startSubject('worker', env)
  await worker.ready()
  const url = `http://127.0.0.1:${port}`
  const trial: Trial = { options, work, random, server, worker, home, url, kills: [], rounds: 0 }
  try {
    while (trial.kills.length < options.kills) await playRound(trial)
    const last = Date.now()
    await waitForEnd(trial)
    const last_end_s = (Date.now() - last) / 1000
    return { ...(await judgeTrial(trial, fakes)), last_end_s }
  } catch (error) {
    options.say(readFileSync(join(home, 'logs', 'whetstone.log'), 'utf8').slice(-20_000))
    throw error
  } finally {
    for (const subject of [worker, server]) await subject.stop()
    for (const fake of fakes) await fake.close()
    rmSync(home, { recursive: true, force: true })
  }
}

interface Kill {
  target: 'server' | 'worker' | 'database'
  at: number
}

interface Trial {
  options: KillTrialOptions
  work: TrialWork
  random: () => number
  server: Subject
  worker: Subject
  home: string
  url: string
  kills: Kill[]
  rounds: number
}

async function playRound(trial: Trial): Promise<void> {
  const { options, random } = trial
  await waitForHealth(trial)
  trial.rounds++
  await trial.work.begin((method, path, body) => send(trial, method, path, body), trial.rounds)
  while (trial.kills.length < options.kills && !(await isOver(trial))) {
    await sleep(200 + 1_800 * random())
    const target = (['server', 'worker', 'database'] as const)[Math.floor(random() * 3)] ?? 'server'
    const at = Date.now()
    const killed = target === 'database' ? killDatabase(trial.home) : trial[target].kill()
    if (!killed) continue
    trial.kills.push({ target, at })
    options.say(`kill ${trial.kills.length}: ${target}`)
  }
}

async function waitForEnd(trial: Trial): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  while (!(await isOver(trial))) {
    if (Date.now() > deadline) throw new Error(`The work had not ended after ${PATIENCE_MS} ms.`)
    await sleep(100)
  }
}

async function isOver(trial: Trial): Promise<boolean> {
  trial.server.check()
  trial.worker.check()
  return trial.work.isOver((method, path, body) => send(trial, method, path, body)).catch(() => false)
}

async function judgeTrial(trial: Trial, fakes: CountingFake[]): Promise<Omit<KillReport, 'last_end_s'>> {
  const database = await openEmbedded(trial.home, { log: () => {}, adopt: false })
  const db = connect(database.url)
  try {
    await trial.work.assertWhole(db, trial.rounds)
    const times = trial.kills.map(kill => kill.at)
    const arrivals = fakes.flatMap(fake => fake.arrivals).sort((one, other) => one.arrived - other.arrived)
    const calls = await countCalls(db, arrivals, times)
    const count = (target: Kill['target']) => trial.kills.filter(kill => kill.target === target).length
    const kills = { server: count('server'), worker: count('worker'), database: count('database') }
    const slowest_resumption_s = measureResumption(arrivals, times) / 1000
    const failed_starts = trial.server.failedStarts() + trial.worker.failedStarts()
    return { ...calls, kills, rounds: trial.rounds, slowest_resumption_s, failed_starts }
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

async function send<Answer>(trial: Pick<Trial, 'url'>, method: string, path: string, body?: string): Promise<Answer> {
  const init = body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }
  const answer = await fetch(`${trial.url}${path}`, { method, ...init, signal: AbortSignal.timeout(20_000) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return JSON.parse(text)
}

async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

function describeBackends({ backends }: TrialWork, fakes: CountingFake[]): string {
  const entries = backends.map(({ name, concurrency }, index) => ({
    ...{ name, concurrency, base_url: fakes[index]?.url },
    prices: { m: { input: 1, output: 2 } },
  }))
  return JSON.stringify({ backends: entries })
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
