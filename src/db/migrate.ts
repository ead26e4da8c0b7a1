import { readdir, readFile } from 'node:fs/promises'
import sql, { raw } from 'sql-template-tag'
import { Conflict } from '#errors.ts'
import { type Db, query } from './connect.ts'
import { liftDeadline, transact } from './transact.ts'

const folder = new URL('./migrations/', import.meta.url)
/** Any constant will do; it names Whetstone's migrations among the advisory locks of the database. */
const LOCK = 4_780_001
const OLDEST_SERVER = 150_000

/**
 * Brings the database's tables up to this version of Whetstone, forward only, each migration in a transaction of its own
 * under an advisory lock, so that processes which start together do it once.
 *
 * @returns the names of the migrations that were applied, none when the database was up to date.
 * @throws Conflict when the server is older than PostgreSQL 15, or when a newer Whetstone has already changed the tables.
 */
export async function migrate(db: Db): Promise<string[]> {
  await checkServer(db)
  const known = await listMigrations()
  const applied: string[] = []
  for (const name of known) {
    const text = await readFile(new URL(name, folder), 'utf8')
    if (await applyMigration(db, name, text, known)) applied.push(name)
  }
  return applied
}

/** The migrations of this version in their order. */
export async function listMigrations(): Promise<string[]> {
  return (await readdir(folder)).filter(name => /^\d{4}_[a-z_]+\.sql$/.test(name)).sort()
}

async function checkServer(db: Db): Promise<void> {
  const [row] = await query<{ version: number; shown: string }>(
    db,
    sql`select current_setting('server_version_num')::int as version, current_setting('server_version') as shown`,
  )
  if (row !== undefined && row.version < OLDEST_SERVER) {
    throw new Conflict(`DATABASE_URL points at PostgreSQL ${row.shown}; Whetstone needs version 15 or newer.`)
  }
}

function applyMigration(db: Db, name: string, text: string, known: string[]): Promise<boolean> {
  return transact(db, async tx => {
    await query(tx, sql`select pg_advisory_xact_lock(${LOCK})`)
    await query(
      tx,
      sql`create table if not exists migrations (name text primary key, applied_at timestamptz(3) not null default now())`,
    )
    const rows = await query<{ name: string }>(tx, sql`select name from migrations order by name`)
    const unknown = rows.find(row => !known.includes(row.name))
    if (unknown !== undefined) {
      throw new Conflict(
        `This database was changed by a newer Whetstone (migration ${unknown.name}). Start that version, or use another WHETSTONE_HOME.`,
      )
    }
    if (rows.some(row => row.name === name)) return false
    await query(await liftDeadline(tx), raw(text))
    await query(tx, sql`insert into migrations (name) values (${name})`)
    return true
  })
}
