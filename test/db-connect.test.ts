import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { after, test } from 'node:test'
import fc from 'fast-check'
import sql, { type Sql } from 'sql-template-tag'
import { connect, disconnect, query, queryOne, queryRow, writeStatement } from '#db/connect.ts'
import { copyLine, copyRows } from '#db/copy.ts'
import { transact } from '#db/transact.ts'
import { createTestDatabase } from './database.ts'

const database = await createTestDatabase()
const { db } = database
after(database.drop)

test('times come as ISO strings in UTC with milliseconds, whatever the zone they were given in', async () => {
  for (const [given, expected] of [
    ['2026-01-02 03:04:05.678901+00', '2026-01-02T03:04:05.678Z'],
    ['2026-01-02T03:04:05+02:00', '2026-01-02T01:04:05.000Z'],
    ['2026-01-02T03:04:05.6Z', '2026-01-02T03:04:05.600Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ]) {
    assert.equal(await read(sql`select ${given}::timestamptz as value`), expected)
  }
  assert.equal(await read(sql`select '2026-01-02'::date as value`), '2026-01-02')
  assert.equal(await read(sql`select null::timestamptz as value`), null)
})

test('a statement with its values written into it means the same as with parameters', async () => {
  for (const text of ["o'clock", 'a \\ b', "\\'; drop table projects; --", '$1', 'NUL \0 and \ud800', '"', '']) {
    const { rows } = await db.pool.query(writeStatement(sql`select ${text}::text as value`))
    assert.deepEqual(rows, [{ value: text }])
  }
  const { rows } = await db.pool.query(writeStatement(sql`select 1 -${-2.5} as number, ${null}::text is null as none`))
  assert.deepEqual(rows, [{ number: '3.5', none: true }])
  assert.throws(() => writeStatement(sql`select ${Number.NaN}`), TypeError)
})

test('8-byte integers come as numbers, and one that a number cannot hold is refused', async () => {
  assert.equal(await read(sql`select 9007199254740991::int8 as value`), Number.MAX_SAFE_INTEGER)
  assert.equal(await read(sql`select count(*) as value from projects`), 1)
  await assert.rejects(read(sql`select 9007199254740993::int8 as value`), /9007199254740993 is larger than JavaScript/)
})

test('a number in JSON that JavaScript would change comes back digit for digit', async () => {
  const text = '{"a":9007199254740993,"b":[1e400,0.10],"c":1.5}'
  assert.equal(JSON.stringify(await read(sql`select ${text}::json as value`)), text.replace('0.10', '0.1'))
})

test('NUL, lone surrogates and the escape itself come back as they went in, as text, in arrays and in JSON', async () => {
  const unit = fc.oneof(
    fc.constantFrom(
      '\0',
      '\uFDD0',
      '\uD800',
      '\uDC00',
      '\u{1F600}',
      'a',
      '\\',
      '"',
      '\uFDD00000',
      '\uFDD0fdd0',
      '\u2028',
    ),
    fc.integer({ min: 0, max: 0xffff }).map(code => String.fromCharCode(code)),
  )
  const text = fc.array(unit, { maxLength: 12 }).map(units => units.join(''))
  const property = fc.asyncProperty(text, fc.array(text, { maxLength: 3 }), async (one, many) => {
    const row = await queryRow(
      db,
      sql`select ${one}::text as one, ${many}::text[] as many, json_build_object('text', ${one}::text) as built,
        ${JSON.stringify({ [`k${one}`]: many })}::json as body`,
    )
    assert.deepEqual({ ...row }, { one, many, built: { text: one }, body: { [`k${one}`]: many } })
  })
  await fc.assert(property, { numRuns: 300 })
})

test('text that COPY loads comes back as it was', async () => {
  await query(db, sql`create table copied (line integer, body text)`)
  const texts = ['', '\\N', 'a\tb\nc\rd\\', '\0\uD800x\uDC00', '\uFDD0', 'x'.repeat(300_000)]
  const lines = [...texts.entries()].map(([line, body]) => copyLine([line, body]))
  await transact(db, tx => copyRows(tx, 'copied (line, body)', [...lines, copyLine([99, null])]))
  const rows = await query<{ body: string | null }>(db, sql`select body from copied order by line`)
  assert.deepEqual(
    rows.map(row => row.body),
    [...texts, null],
  )
})

test('one row, no row and a missing row are told apart', async () => {
  assert.equal(await queryOne(db, sql`select 1 as value where false`), null)
  assert.deepEqual({ ...(await queryOne(db, sql`select 1 as value`)) }, { value: 1 })
  await assert.rejects(queryRow(db, sql`select 1 as value where false`), /No row came back from: select 1/)
})

test('a statement that takes too long is ended by the server, and the connection goes on', async t => {
  const hasty = connect(database.url, { max: 1, statementTimeoutMs: 100 })
  t.after(() => disconnect(hasty))
  await assert.rejects(query(hasty, sql`select pg_sleep(10)`), { code: '57014' })
  assert.equal((await queryRow(hasty, sql`select 1 as value`)).value, 1)
})

test('an idle connection that breaks is reported and replaced', async t => {
  const errors: Error[] = []
  const own = connect(database.url, { max: 1, onError: error => errors.push(error) })
  t.after(() => disconnect(own))
  const { pid } = await queryRow<{ pid: number }>(own, sql`select pg_backend_pid() as pid`)
  const removed = new Promise(resolve => own.pool.once('remove', resolve))
  await query(db, sql`select pg_terminate_backend(${pid})`)
  await removed
  assert.notEqual((await queryRow(own, sql`select pg_backend_pid() as pid`)).pid, pid)
  assert.equal(errors.length, 1)
})

test('a server that is not there is an error at once, not at connect', async () => {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  listener.close()
  await once(listener, 'close')
  const port = typeof address === 'object' && address !== null ? address.port : 1
  const nobody = connect(`postgres://whetstone@127.0.0.1:${port}/whetstone`)
  await assert.rejects(query(nobody, sql`select`), { code: 'ECONNREFUSED' })
  await disconnect(nobody)
})

async function read(statement: Sql): Promise<unknown> {
  return (await queryRow<{ value: unknown }>(db, statement)).value
}
