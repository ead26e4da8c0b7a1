import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import sql from 'sql-template-tag'
import { connect, type Db, disconnect, queryRow } from '#db/connect.ts'
import { openEmbedded } from '#db/embedded.ts'
import { listMigrations, migrate } from '#db/migrate.ts'
import { openLog } from '#log.ts'
import { closeQueue, openQueue } from '#queue/queue.ts'
import { TASKS } from '#tasks.ts'

/** The database of a test file: its own, cloned from a template that holds the tables of this version. */
export interface TestDatabase {
  url: string
  db: Db
  drop: () => Promise<void>
}

/**
 * Clones a database. The server is `TEST_DATABASE_URL`, or an embedded one shared by all test files: it lives in the
 * system's temporary folder and the last process that uses it stops it.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = await openServer()
  const template = await ensureTemplate(server.url)
  const name = `whetstone_test_${randomBytes(6).toString('hex')}`
  await runAdmin(server.url, `create database ${name} template ${template}`)
  const url = atDatabase(server.url, name)
  const db = connect(url, { max: 20 })
  return {
    url,
    db,
    drop: async () => {
      await disconnect(db)
      await dropDatabase(server.url, name)
      await server.stop()
    },
  }
}

async function openServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const url = process.env.TEST_DATABASE_URL
  if (url !== undefined) return { url, stop: async () => {} }
  return openEmbedded(join(tmpdir(), `whetstone-test-${process.getuid?.() ?? 'user'}`), { log: () => {} })
}

/** The template is named by the migrations' content, so that a changed migration makes a new one. */
async function ensureTemplate(url: string): Promise<string> {
  const hash = createHash('sha256')
  for (const name of await listMigrations())
    hash.update(readFileSync(new URL(`../src/db/migrations/${name}`, import.meta.url)))
  const template = `whetstone_template_${hash.digest('hex').slice(0, 16)}`
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    // Test files start together; one of them builds the template.
    await client.query('select pg_advisory_lock(4780002)')
    const known = await client.query('select from pg_database where datname = $1', [template])
    if (known.rowCount === 0) await buildTemplate(client, url, template)
  } finally {
    await client.end()
  }
  return template
}

async function buildTemplate(client: pg.Client, url: string, template: string): Promise<void> {
  const building = `${template}_building`
  await client.query(`drop database if exists ${building} with (force)`)
  await client.query(`create database ${building}`)
  const db = connect(atDatabase(url, building))
  await migrate(db)
  const queue = await openQueue(db, TASKS, openLog({ level: 'silent' }), { supervise: false })
  await closeQueue(queue)
  await disconnect(db)
  await client.query(`alter database ${building} rename to ${template}`)
}

/** An autovacuum that happens to work there may not be ended by this role; it soon ends by itself. */
async function dropDatabase(url: string, name: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await runAdmin(url, `drop database ${name} with (force)`)
    } catch (error) {
      if (attempt === 50 || !(error instanceof pg.DatabaseError && error.code === '42501')) throw error
      await sleep(200)
    }
  }
}

async function runAdmin(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

function atDatabase(url: string, name: string): string {
  const address = new URL(url)
  address.pathname = `/${name}`
  return address.href
}

/** Whether the locale of the database knows capitals beyond ASCII; with the locale `C` a search finds those as they are written. */
export async function knowsCapitals(db: Db): Promise<boolean> {
  return (await queryRow<{ known: boolean }>(db, sql`select 'É' ilike 'é' as known`)).known
}
