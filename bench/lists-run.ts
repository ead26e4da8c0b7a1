import sql from 'sql-template-tag'
import { connect, type Db, disconnect, query } from '#db/connect.ts'
import { openEmbedded } from '#db/embedded.ts'
import { migrate } from '#db/migrate.ts'
import { countExperiments, type ExperimentFilter, listExperimentPage } from '#experiments/experiment-list.ts'
import { countRuns, listRunPage, type RunChoice } from '#judging/run-list.ts'
import { chooseVersions } from '#judging/versions.ts'
import { makeBenchHome } from './processes.ts'
import { type RunsMeasurement, timeRequests } from './runs-run.ts'

export interface ListsSetup {
  /** Of each list. */
  rows: number
  requests: number
}

/** Fills a database and measures pages and counts of both lists: at either end, in the middle, narrowed. */
export async function measureLists({ rows, requests }: ListsSetup) {
  const embedded = await openEmbedded(makeBenchHome(), { log: () => {} })
  const db = connect(embedded.url, { statementTimeoutMs: 3_600_000 })
  try {
    await migrate(db)
    await seedLists(db, rows)
    const measured: RunsMeasurement[] = []
    const measure = async (name: string, work: () => Promise<unknown>) => {
      measured.push({ name, ...(await timeRequests(requests, work)) })
    }
    const runs: [string, RunChoice][] = [
      ['all', {}],
      ['running', { state: 'running' }],
      ['failed', { state: 'failed' }],
      ['with failures', { failures: true }],
      ['search: a model', { search: 'judge 3' }],
      ['search: a session', { search: 'case-77777' }],
      ['search: nothing', { search: 'not there' }],
    ]
    const places = [
      ['first page', {}],
      ['half-way, backwards', { before: Math.floor(rows / 2) }],
      ['a date', { at: new Date(Date.now() - rows * 30_000).toISOString() }],
    ] as const
    for (const [name, filter] of runs) {
      for (const [where, place] of places) {
        await measure(`runs, ${name}: ${where}`, () => listRunPage(db, 1, filter, { limit: 100, ...place }))
      }
      await measure(`runs, ${name}: count`, () => countRuns(db, 1, filter))
    }
    const experiments: [string, ExperimentFilter][] = [
      ['all', {}],
      ['paused', { status: 'paused' }],
      ['search: a name', { search: 'question 777' }],
      ['search: nothing', { search: 'not there' }],
    ]
    for (const [name, filter] of experiments) {
      for (const [where, place] of places) {
        await measure(`experiments, ${name}: ${where}`, () =>
          listExperimentPage(db, 1, filter, { limit: 100, ...place }),
        )
      }
      await measure(`experiments, ${name}: count`, () => countExperiments(db, 1, filter))
    }
    return measured
  } finally {
    await disconnect(db)
    await embedded.stop()
  }
}

/** One a minute; one in 2,000 goes on, one in 50 was ended, one in 20 has failures. */
async function seedLists(db: Db, rows: number): Promise<void> {
  const { pins_id } = await chooseVersions(db, 1, 'model')
  await query(db, sql`insert into users (name) values ('bench') on conflict do nothing`)
  await query(
    db,
    sql`
      insert into eval_runs (
        project_id, user_id, scope, backend, judge_model, pins_id, state, resolved, started_at, finished_at, ok, failed
      )
      select 1, (select min(user_id) from users),
        json_build_object('scope', 'session', 'session_id', 'case-' || n, 'limit', null), 'local', 'judge ' || n % 9,
        ${pins_id}::integer, state, true, started, case when state <> 'running' then started + interval '1 minute' end, 20,
        case when n % 20 = 0 then 3 else 0 end
      from generate_series(1, ${rows}::integer) n
      cross join lateral (
        select now() - (${rows}::integer - n) * interval '1 minute' as started,
          case when n % 2000 = 0 then 'running' when n % 50 = 1 then 'failed' else 'done' end as state
      ) row`,
  )
  const definition = JSON.stringify({
    name: 'question',
    pipeline: { prompt: 'word '.repeat(300) },
    sweep: { repeats: 2 },
  })
  await query(
    db,
    sql`
      insert into experiments (project_id, user_id, name, definition, status, created_at)
      select 1, (select min(user_id) from users), 'question ' || n, ${definition}::json,
        case when n % 2000 = 0 then 'paused' else 'completed' end, now() - (${rows}::integer - n) * interval '1 minute'
      from generate_series(1, ${rows}::integer) n`,
  )
  for (const table of [sql`eval_runs`, sql`experiments`]) await query(db, sql`vacuum analyze ${table}`)
}
