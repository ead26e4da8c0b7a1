import { request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import sql, { raw } from 'sql-template-tag'
import { connect, type Db, disconnect, query } from '#db/connect.ts'
import { openEmbedded } from '#db/embedded.ts'
import { transact } from '#db/transact.ts'
import { type BenchServer, makeBenchHome, startBenchServer } from './processes.ts'
import { makeBenchSession } from './sessions.ts'

export interface ImportMeasurement {
  /** Of NDJSON. */
  megabytes: number
  import_s: number
  copy_s: number
  /** CPU time of the server during the import. */
  server_ms: number
}

const CHUNK = 256 * 1024

/** Imports sessions and loads what they became by COPY, in turn, each time into empty tables. */
export async function measureImport(setup: {
  sessions: number
  repeat: number
  execArgv?: string[]
}): Promise<ImportMeasurement[]> {
  const lines: string[] = []
  for (let index = 0; index < setup.sessions; index++) lines.push(`${JSON.stringify(makeBenchSession(index))}\n`)
  const body = Buffer.from(lines.join(''))
  return withServer(setup.execArgv ?? [], async (server, db, url) => {
    await createCopies(db)
    await upload(server.url, [body.subarray(0, body.indexOf(10, body.length / 20) + 1)])
    const rounds: ImportMeasurement[] = []
    for (let round = 0; round < setup.repeat; round++) {
      await query(db, sql`truncate sessions cascade`)
      const before = await server.use()
      const import_s = await time(() => upload(server.url, cutChunks(body)))
      const server_ms = (await server.use()).cpu_ms - before.cpu_ms
      const rows = await readRows(url)
      await query(db, sql`truncate copied_sessions, copied_messages`)
      const copy_s = await time(() => copyRows(db, rows))
      rounds.push({ megabytes: body.length / 1e6, import_s, copy_s, server_ms })
    }
    return rounds
  })
}

/** Sends one upload and looks at the server's memory every 100 ms. */
export async function measureLongUpload(
  megabytes: number,
): Promise<{ seconds: number; rss_before: number; rss_most: number }> {
  return withServer([], async server => {
    await upload(server.url, [Buffer.from(`${JSON.stringify(makeBenchSession(0))}\n`)])
    const { rss: rss_before } = await server.use()
    let rss_most = 0
    let watching = true
    const watch = async () => {
      while (watching) {
        rss_most = Math.max(rss_most, (await server.use()).rss)
        await new Promise(resolve => setTimeout(resolve, 100))
      }
    }
    const watcher = watch()
    const seconds = await time(() => upload(server.url, generateSessions(megabytes * 1e6)))
    watching = false
    await watcher
    return { seconds, rss_before, rss_most }
  })
}

async function withServer<Result>(
  execArgv: string[],
  work: (server: BenchServer, db: Db, url: string) => Promise<Result>,
): Promise<Result> {
  const home = makeBenchHome()
  const server = await startBenchServer(home, {}, execArgv)
  const embedded = await openEmbedded(home, { log: () => {} })
  const db = connect(embedded.url, { statementTimeoutMs: 3_600_000 })
  try {
    return await work(server, db, embedded.url)
  } finally {
    await disconnect(db)
    await embedded.stop()
    await server.stop()
  }
}

function* cutChunks(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += CHUNK) yield body.subarray(at, at + CHUNK)
}

/** A few thousand sessions under ever new ids, so that making them costs little. */
function* generateSessions(bytes: number): Generator<Buffer> {
  const bodies = Array.from({ length: 2000 }, (_, index) => JSON.stringify(makeBenchSession(index)))
  let sent = 0
  for (let index = 0; sent < bytes; ) {
    let chunk = ''
    for (; chunk.length < CHUNK; index++) {
      chunk += `${bodies[index % bodies.length]?.replace('"session-', `"session-${index}-`)}\n`
    }
    sent += chunk.length
    yield Buffer.from(chunk)
  }
}

async function upload(url: string, chunks: Iterable<Buffer>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const headers = { 'content-type': 'application/x-ndjson' }
  const sent = request(`${url}/api/sessions/import`, { method: 'POST', headers }, response => {
    response.setEncoding('utf8')
    let text = ''
    response.on('data', (part: string) => {
      text += part
    })
    response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))))
  })
  sent.on('error', reject)
  await pipeline(Readable.from(chunks), sent)
  const result = JSON.parse(await promise)
  if (result.rejected_count > 0) throw new Error(JSON.stringify(result.rejected[0]))
}

const TABLES = ['sessions', 'messages'] as const

/** Tables with the same columns, indexes and constraints. */
async function createCopies(db: Db): Promise<void> {
  for (const table of TABLES) {
    await query(db, sql`create table ${raw(`copied_${table}`)} (like ${raw(table)} including all)`)
  }
  await query(db, sql`alter table copied_sessions add foreign key (project_id) references projects on delete cascade`)
  await query(
    db,
    sql`alter table copied_messages add foreign key (project_id, session_no) references copied_sessions on delete cascade`,
  )
}

interface Rows {
  table: string
  columns: string
  chunks: Buffer[]
}

async function readRows(url: string): Promise<Rows[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const rows: Rows[] = []
    for (const table of TABLES) {
      const { rows: named } = await client.query(
        `select string_agg(attname, ', ' order by attnum) as columns from pg_attribute
        where attrelid = $1::regclass and attnum > 0 and attgenerated = ''`,
        [table],
      )
      const columns = String(named[0]?.columns)
      const chunks: Buffer[] = []
      for await (const chunk of client.query(copyTo(`copy ${table} (${columns}) to stdout`))) chunks.push(chunk)
      rows.push({ table: `copied_${table}`, columns, chunks: [...cutChunks(Buffer.concat(chunks))] })
    }
    return rows
  } finally {
    await client.end()
  }
}

function copyRows(db: Db, rows: Rows[]): Promise<void> {
  return transact(db, async tx => {
    for (const { table, columns, chunks } of rows) {
      if (tx.client === null) throw new Error('COPY needs a transaction')
      await pipeline(Readable.from(chunks), tx.client.query(copyFrom(`copy ${table} (${columns}) from stdin`)))
    }
  })
}

async function time(work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}
