import sql from 'sql-template-tag'
import { connect, type Db, disconnect, query, queryRow } from '#db/connect.ts'
import { openEmbedded } from '#db/embedded.ts'
import { migrate } from '#db/migrate.ts'
import { rankRuns } from '#experiments/run-leaderboard.ts'
import { listRunsBeside } from '#experiments/run-list.ts'
import { chooseFarPage, choosePage, countListedRuns } from '#experiments/run-page.ts'
import { getExperimentRun, listExperimentRuns } from '#experiments/runs.ts'
import { addScore } from '#experiments/scores.ts'
import { makeBenchHome } from './processes.ts'
import { type SeededRuns, seedRuns } from './runs-seed.ts'
import { type Quantiles, summariseTimes } from './times.ts'

export interface RunsSetup {
  runs: number
  requests: number
}

/** Milliseconds in the process that asks the database. */
export interface RunsMeasurement extends Quantiles {
  name: string
}

type Filter = Parameters<typeof listExperimentRuns>[2]

/** Fills a database and measures what the API of runs asks of it: pages, their totals, and the rest. */
export async function measureRuns({ runs, requests }: RunsSetup): Promise<RunsMeasurement[]> {
  const embedded = await openEmbedded(makeBenchHome(), { log: () => {} })
  const db = connect(embedded.url, { statementTimeoutMs: 3_600_000 })
  try {
    await migrate(db)
    const seeded = await seedRuns(db, runs)
    const measured: RunsMeasurement[] = []
    const measure = async (name: string, work: (turn: number) => Promise<unknown>) => {
      measured.push({ name, ...(await timeRequests(requests, work)) })
    }
    for (const [name, filter, offset = 0] of listFilters(seeded, runs)) {
      const { experiment_id, ...narrowing } = filter
      const number = experiment_id === undefined ? undefined : await findNumber(db, experiment_id)
      const window = { limit: 50, offset }
      const page = offset > runs / 2 ? chooseFarPage(1, number, window) : choosePage(1, number, narrowing, window)
      await measure(`page: ${name}`, () => query(db, page))
      await measure(`total: ${name}`, () => countListedRuns(db, 1, number, narrowing))
      await measure(`both, whole rows: ${name}`, () => listExperimentRuns(db, 1, filter, window))
    }
    await measureBeside(db, seeded, runs, measure)
    await measureRest(db, seeded, measure)
    return measured
  } finally {
    await disconnect(db)
    await embedded.stop()
  }
}

function listFilters({ large, small }: SeededRuns, runs: number): [string, Filter, number?][] {
  return [
    ['all', {}],
    ['one experiment of half', { experiment_id: large.id }],
    ['failed', { status: 'failed' }],
    ['completed', { status: 'completed' }],
    ['score 0 to 1', { min_score: 0 }],
    ['score from 0.8', { min_score: 0.8 }],
    ['score to 1/6, all old', { max_score: 1 / 6 }],
    ['score near 1/3', { min_score: 0.333, max_score: 0.3334 }],
    ['experiment of half, score to 0.3', { experiment_id: large.id, max_score: 0.3 }],
    ['small experiment, score from 0.8', { experiment_id: small.id, min_score: 0.8 }],
    ['offset 10,000', {}, 10_000],
    ['offset half', {}, runs / 2],
    ['offset 99 %', {}, runs * 0.99],
  ]
}

/** The list of one experiment's runs in a page: at its beginning, half-way forwards and back. */
async function measureBeside(
  db: Db,
  { large }: SeededRuns,
  runs: number,
  measure: (name: string, work: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const filters: [string, Parameters<typeof listRunsBeside>[3]][] = [
    ['all', {}],
    ['failed', { status: 'failed' }],
    ['score to 0.3', { max_score: 0.3 }],
  ]
  // Runs are 50 ms apart; the experiment has the middle half of them.
  const at = new Date(Date.now() - runs * 25).toISOString()
  for (const [name, filter] of filters) {
    const read = (place: object) => listRunsBeside(db, 1, large.id, filter, { limit: 100, ...place })
    const { previous } = await read({ at })
    await measure(`table of half, ${name}: first page`, () => read({}))
    await measure(`table of half, ${name}: half-way`, () => read({ at }))
    if (previous !== null) await measure(`table of half, ${name}: back from there`, () => read({ before: previous }))
  }
}

async function measureRest(
  db: Db,
  { large }: SeededRuns,
  measure: (name: string, work: (turn: number) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const some = await query<{ run_id: string }>(
    db,
    sql`select run_id from runs where experiment_no = ${await findNumber(db, large.id)} and status = 'completed' limit 500`,
  )
  const { user_id } = await queryRow<{ user_id: number }>(db, sql`select user_id from users limit 1`)
  const pick = (turn: number) => some[turn % some.length]?.run_id ?? ''
  await measure('one run', turn => getExperimentRun(db, 1, pick(turn)))
  await measure('leaderboard, top 100 of half', () => rankRuns(db, 1, large.id, 100))
  await measure('a score by a person', turn =>
    addScore(db, 1, user_id, pick(turn), { scorer_name: 'taste', value: (turn % 11) / 10 }),
  )
}

async function findNumber(db: Db, id: string): Promise<number> {
  const row = await queryRow<{ experiment_no: number }>(
    db,
    sql`select experiment_no from experiments where experiment_id = ${id}::uuid`,
  )
  return row.experiment_no
}

const WARM_UP = 5

/** Milliseconds that a piece of work takes, so often, one after the other. */
export async function timeRequests(requests: number, work: (turn: number) => Promise<unknown>): Promise<Quantiles> {
  const times: number[] = []
  for (let turn = 0; turn < WARM_UP + requests; turn++) {
    const started = performance.now()
    await work(turn)
    if (turn >= WARM_UP) times.push(performance.now() - started)
  }
  return summariseTimes(times)
}
