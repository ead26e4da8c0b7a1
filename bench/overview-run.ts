import { Agent } from 'node:http'
import sql from 'sql-template-tag'
import { connect, type Db, disconnect, query, queryRow } from '#db/connect.ts'
import { openEmbedded } from '#db/embedded.ts'
import { makeBenchHome, startBenchServer } from './processes.ts'
import { seedSessions } from './seed.ts'
import { getBytes, summariseTimes } from './times.ts'

export interface OverviewSetup {
  sessions: number
  /** Of each kind. */
  requests: number
  /** A folder to keep; without it the database goes away afterwards. */
  home?: string | undefined
}

export interface OverviewMeasurement {
  seeded_s: number
  /** Milliseconds from sending a request to the last byte of its answer. */
  requests: { name: string; p50: number; p95: number; status: number; bytes: number }[]
}

const WARM_UP = 30

/** Fills the database up to the size and measures each kind of request. */
export async function measureOverview(setup: OverviewSetup): Promise<OverviewMeasurement> {
  const home = makeBenchHome(setup.home)
  const server = await startBenchServer(home)
  const embedded = await openEmbedded(home, { log: () => {} })
  const db = connect(embedded.url, { statementTimeoutMs: 3_600_000 })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  try {
    const started = performance.now()
    const { known } = await queryRow<{ known: number }>(db, sql`select count(*) as known from sessions`)
    if (known < setup.sessions) await seedSessions(db, setup.sessions, await prepareVersions(server.url, db))
    const seeded_s = (performance.now() - started) / 1000
    const requests: OverviewMeasurement['requests'] = []
    for (const [name, path] of await listRequests(db, setup.sessions)) {
      requests.push({ name, ...(await measureRequest(agent, server.url, path, setup.requests)) })
    }
    return { seeded_s, requests }
  } finally {
    agent.destroy()
    await disconnect(db)
    await embedded.stop()
    await server.stop()
  }
}

/** The shipped versions, pinned, and another rubric that was pinned before. */
export async function prepareVersions(url: string, db: Db): Promise<{ pinned: number; other: number }> {
  const { rubric_version } = await call<{ rubric_version: string }>(url, 'GET', '/pins')
  const { pinned } = await queryRow<{ pinned: number }>(db, sql`select pins_id as pinned from pins`)
  const rubric = await call<object>(url, 'GET', `/rubrics/${rubric_version}`)
  const yaml = JSON.stringify({ ...rubric, title: 'Another' })
  const { version } = await call<{ version: string }>(url, 'POST', '/rubrics', { yaml })
  await call(url, 'PUT', '/pins', { rubric: version })
  const { other } = await queryRow<{ other: number }>(db, sql`select pins_id as other from pins`)
  await call(url, 'PUT', '/pins', { rubric: rubric_version })
  return { pinned, other }
}

async function call<Answer>(url: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const content = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await fetch(`${url}/api/eval${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...content,
  })
  if (!response.ok) throw new Error(await response.text())
  return JSON.parse(await response.text())
}

type NextPath = (turn: number) => string

async function listRequests(db: Db, sessions: number): Promise<[string, NextPath][]> {
  const deep = await findCursors(db, Math.floor(sessions / 2))
  const list =
    (parameters: string): NextPath =>
    () =>
      `/api/eval/sessions?${parameters}`
  const table =
    (parameters: string): NextPath =>
    () =>
      `/api/eval/session-page?${parameters}`
  // Sessions are spread over a year.
  const half = new Date(Date.now() - 183 * 86_400_000).toISOString()
  return [
    ['first page', list('')],
    ['page by cursor at half depth', turn => `/api/eval/sessions?cursor=${deep[turn % deep.length]}`],
    ['offset 100', list('offset=100')],
    ['profile', list('profile=coder')],
    ['profile by cursor at half depth', turn => `/api/eval/sessions?profile=coder&cursor=${deep[turn % deep.length]}`],
    ['status evaluated', list('status=evaluated')],
    ['status pending', list('status=pending')],
    ['status stale', list('status=stale')],
    ['stale by cursor at half depth', turn => `/api/eval/sessions?status=stale&cursor=${deep[turn % deep.length]}`],
    ['profile and evaluated', list('profile=coder&status=evaluated')],
    ['profile and pending', list('profile=coder&status=pending')],
    ['profile and stale', list('profile=coder&status=stale')],
    ['unknown profile', list('profile=nobody')],
    ['first page of 500', list('limit=500')],
    ['table', table('')],
    ['table from a date at half depth', table(`at=${half}`)],
    ['table stale from a date', table(`status=stale&at=${half}`)],
    ['table by judging', table('sort=judged')],
    ['table search', table('search=nothing+at+all')],
    ['stats', () => '/api/eval/stats'],
    ['stats by bucket', () => '/api/eval/stats?by_complexity_bucket=true'],
    ['stats of a year', () => '/api/eval/stats?days=365'],
    ['stats of a year by bucket', () => '/api/eval/stats?days=365&by_complexity_bucket=true'],
    ['stats of a year by activity', () => '/api/eval/stats?days=365&time=last_active&profile=coder'],
    ['session detail', turn => `/api/eval/sessions/session-${1 + ((turn * 7919) % sessions)}`],
  ]
}

/** Cursors as the list itself would give them, from that row of it on. */
async function findCursors(db: Db, offset: number): Promise<string[]> {
  const rows = await query<{ pinned: boolean; last_active: string; session_id: string }>(
    db,
    sql`
      select pinned, last_active, session_id from sessions where project_id = 1
      order by pinned desc, last_active desc, session_id limit 50 offset ${offset}`,
  )
  return rows.map(row =>
    Buffer.from(JSON.stringify([row.pinned, row.last_active, row.session_id])).toString('base64url'),
  )
}

async function measureRequest(agent: Agent, url: string, path: NextPath, count: number) {
  for (let turn = 0; turn < WARM_UP; turn++) await getBytes(agent, url + path(turn))
  const times: number[] = []
  let last = { status: 0, bytes: 0 }
  for (let turn = 0; turn < count; turn++) {
    const started = performance.now()
    last = await getBytes(agent, url + path(turn))
    times.push(performance.now() - started)
  }
  return { ...summariseTimes(times), ...last }
}
