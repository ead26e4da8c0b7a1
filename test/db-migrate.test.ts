import assert from 'node:assert/strict'
import { test } from 'node:test'
import sql, { raw } from 'sql-template-tag'
import { connect, type Db, disconnect, query } from '#db/connect.ts'
import { listMigrations, migrate } from '#db/migrate.ts'
import { Conflict } from '#errors.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'

test('processes that migrate an empty database at once do each migration once', async t => {
  const database = await openEmpty(t)
  const others = Array.from({ length: 3 }, () => connect(database.url))
  const applied = await Promise.all([database.db, ...others].map(db => migrate(db)))
  await Promise.all(others.map(disconnect))
  assert.deepEqual(applied.flat().sort(), await listMigrations())
  assert.deepEqual(await listApplied(database.db), await listMigrations())
  assert.deepEqual(await migrate(database.db), [])
})

test('a database that a newer Whetstone has changed is refused and left as it is', async t => {
  const { db } = await openEmpty(t)
  await migrate(db)
  await query(db, sql`insert into migrations (name) values ('9999_later.sql')`)
  await query(db, sql`delete from migrations where name = (select max(name) from migrations where name < '9999')`)
  const before = await listApplied(db)
  await assert.rejects(migrate(db), (error: Error) => {
    assert.ok(error instanceof Conflict)
    assert.match(error.message, /newer Whetstone \(migration 9999_later\.sql\)\. Start that version/)
    return true
  })
  assert.deepEqual(await listApplied(db), before)
})

test('a migration that fails leaves nothing of itself', async t => {
  const { db } = await openEmpty(t)
  await query(db, sql`create table sessions (in_the_way integer)`)
  await assert.rejects(migrate(db), { code: '42P07' })
  assert.deepEqual(await listApplied(db), ['0001_projects.sql'])
  assert.deepEqual(await query(db, sql`select from pg_class where relname = 'profiles'`), [])
  await query(db, sql`drop table sessions`)
  assert.deepEqual(await migrate(db), (await listMigrations()).slice(1))
})

test('a server that is too old is refused with the version it has and the one that is needed', async t => {
  const { db, url } = await openEmpty(t)
  await query(
    db,
    raw(`create function public.current_setting(text) returns text language sql as $$
    select case $1 when 'server_version_num' then '140012' else '14.12 (sample)' end $$`),
  )
  await query(
    db,
    raw(
      `do $$ begin execute format('alter database %I set search_path = public, pg_catalog', current_database()); end $$`,
    ),
  )
  const fresh = connect(url)
  t.after(() => disconnect(fresh))
  const message = 'DATABASE_URL points at PostgreSQL 14.12 (sample); Whetstone needs version 15 or newer.'
  await assert.rejects(migrate(fresh), { name: 'Conflict', message })
  assert.deepEqual(await query(db, sql`select from pg_class where relname = 'migrations'`), [])
})

/** A database of the test's own without any table. */
async function openEmpty(t: { after: (drop: () => Promise<void>) => void }): Promise<TestDatabase> {
  const database = await createTestDatabase()
  t.after(database.drop)
  await query(database.db, raw('drop schema public cascade; create schema public'))
  return database
}

async function listApplied(db: Db): Promise<string[]> {
  return (await query<{ name: string }>(db, sql`select name from migrations order by name`)).map(row => row.name)
}
