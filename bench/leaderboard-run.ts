import { Agent } from 'node:http'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { mersenne } from 'pure-rand/generator/mersenne'
import sql from 'sql-template-tag'
import { connect, type Db, disconnect, query } from '#db/connect.ts'
import { openEmbedded } from '#db/embedded.ts'
import { addScore } from '#experiments/scores.ts'
import { ensureUser } from '#projects/users.ts'
import { type LeaderboardShape, seedLeaderboard } from './leaderboard-seed.ts'
import { makeBenchHome, startBenchServer } from './processes.ts'
import { getBytes, type Quantiles, summariseTimes } from './times.ts'

export interface LeaderboardSetup {
  shape: LeaderboardShape
  /** Reads that are measured. */
  reads: number
  /** New scores before each of them. */
  scores: number
}

export interface LeaderboardMeasurement {
  seeded_s: number
  /** Milliseconds from sending a request to the last byte of its answer. */
  cold: number
  unchanged: Quantiles
  changed: Quantiles
  /** CPU milliseconds of the server for one read after a change; the scores come from another process. */
  cpu_ms: number
  bytes: number
  rss: number
}

const WARM_UP = 5
const AT_ONCE = 8

/** Writes an experiment and measures its leaderboard over HTTP: the first read of a process, then with and without changes. */
export async function measureLeaderboard({ shape, reads, scores }: LeaderboardSetup): Promise<LeaderboardMeasurement> {
  const home = makeBenchHome()
  const server = await startBenchServer(home)
  const embedded = await openEmbedded(home, { log: () => {} })
  const db = connect(embedded.url, { statementTimeoutMs: 3_600_000 })
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  try {
    const started = performance.now()
    const { id, experiment_no } = await seedLeaderboard(db, shape)
    const seeded_s = (performance.now() - started) / 1000
    const path = `${server.url}/api/experiments/${id}/leaderboard`
    const read = async () => {
      const began = performance.now()
      const answer = await getBytes(agent, path)
      if (answer.status !== 200) throw new Error(`the leaderboard answered ${answer.status}`)
      return { ms: performance.now() - began, bytes: answer.bytes }
    }
    const cold = (await read()).ms
    const unchanged: number[] = []
    for (let turn = 0; turn < WARM_UP + reads; turn++) unchanged.push((await read()).ms)
    const runs = await pickRuns(db, experiment_no)
    const { user_id } = await ensureUser(db, 'ada')
    const random = mersenne(1)
    const changed: number[] = []
    let bytes = 0
    const before = await server.use()
    for (let turn = 0; turn < WARM_UP + reads; turn++) {
      await addScores(db, user_id, runs, scores, () => uniformInt(random, 0, 999_999))
      const last = await read()
      changed.push(last.ms)
      bytes = last.bytes
    }
    const after = await server.use()
    const cpu_ms = (after.cpu_ms - before.cpu_ms) / (WARM_UP + reads)
    const times = {
      unchanged: summariseTimes(unchanged.slice(WARM_UP)),
      changed: summariseTimes(changed.slice(WARM_UP)),
    }
    return { seeded_s, cold, ...times, cpu_ms, bytes, rss: after.rss }
  } finally {
    agent.destroy()
    await disconnect(db)
    await embedded.stop()
    await server.stop()
  }
}

async function pickRuns(db: Db, experimentNo: number): Promise<string[]> {
  const rows = await query<{ run_id: string }>(
    db,
    sql`
      select run_id from runs where project_id = 1 and experiment_no = ${experimentNo}
      order by hashint8(run_no) limit 100000`,
  )
  return rows.map(row => row.run_id)
}

/** Scores of runs drawn by chance, from another process than the one that is read from. */
async function addScores(db: Db, userId: number, runs: string[], count: number, draw: () => number): Promise<void> {
  const left = Array.from({ length: count }, () => ({
    run: runs[draw() % runs.length] ?? '',
    value: (draw() % 1000) / 1000,
  }))
  const work = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      await addScore(db, 1, userId, next.run, { scorer_name: 'style', value: next.value })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}
