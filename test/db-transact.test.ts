import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import sql from 'sql-template-tag'
import { connect, type Db, disconnect, query, queryRow } from '#db/connect.ts'
import { liftDeadline, transact } from '#db/transact.ts'
import { createTestDatabase } from './database.ts'

const database = await createTestDatabase()
const { db } = database
after(database.drop)
await query(db, sql`create table accounts (name text primary key, amount integer not null)`)

beforeEach(async () => {
  await query(db, sql`truncate accounts`)
  await query(db, sql`insert into accounts values ('ada', 1), ('grace', 1)`)
})

test('what a transaction did is there when it returns, with its result', async () => {
  const result = await transact(db, async tx => {
    await add(tx, 'ada', 1)
    return 'done'
  })
  assert.deepEqual([result, await readAmounts()], ['done', { ada: 2, grace: 1 }])
})

test('nothing of a transaction that throws is there, its error comes through, and its connection is used again', async () => {
  const trouble = new Error('no')
  for (let i = 0; i < 30; i++) {
    const failing = transact(db, async tx => {
      await add(tx, 'ada', 1)
      throw trouble
    })
    await assert.rejects(failing, trouble)
  }
  assert.deepEqual(await readAmounts(), { ada: 1, grace: 1 })
  assert.equal(db.pool.totalCount, db.pool.idleCount)
  assert.equal(db.pool.totalCount < 5, true)
})

test('a statement without a deadline outlasts that of the server and that of the driver, ten seconds later', async () => {
  const hasty = connect(database.url, { statementTimeoutMs: 50 })
  try {
    const sleepLong = sql`select pg_sleep(10.3)`
    await assert.rejects(query(hasty, sleepLong), /statement timeout/)
    await transact(hasty, async tx => {
      await query(await liftDeadline(tx), sleepLong)
    })
  } finally {
    await disconnect(hasty)
  }
})

test('a transaction inside another joins it and goes with it', async () => {
  const failing = transact(db, async tx => {
    await transact(tx, inner => add(inner, 'ada', 1))
    assert.equal((await readAmounts(tx)).ada, 2)
    throw new Error('no')
  })
  await assert.rejects(failing, /no/)
  assert.deepEqual(await readAmounts(), { ada: 1, grace: 1 })
})

test('others do not see what a transaction has not committed', async () => {
  await transact(db, async tx => {
    await add(tx, 'ada', 1)
    assert.equal((await readAmounts()).ada, 1)
  })
})

test('of two transactions that wait for each other, the one that is sacrificed runs again', async () => {
  let attempts = 0
  const bothHold = createMeeting(2)
  const move = (first: string, second: string) =>
    transact(db, async tx => {
      attempts++
      await add(tx, first, 1)
      await bothHold()
      await add(tx, second, 1)
    })
  await Promise.all([move('ada', 'grace'), move('grace', 'ada')])
  assert.deepEqual(await readAmounts(), { ada: 3, grace: 3 })
  assert.equal(attempts, 3)
})

test('a connection that breaks in a transaction fails it and is not used again', async () => {
  const failing = transact(db, async tx => {
    const { pid } = await queryRow<{ pid: number }>(tx, sql`select pg_backend_pid() as pid`)
    await query(db, sql`select pg_terminate_backend(${pid})`)
    await add(tx, 'ada', 1)
  })
  await assert.rejects(failing)
  for (let i = 0; i < 30; i++) await transact(db, tx => add(tx, 'ada', 1))
  assert.deepEqual(await readAmounts(), { ada: 31, grace: 1 })
})

function add(to: Db, name: string, amount: number): Promise<unknown> {
  return query(to, sql`update accounts set amount = amount + ${amount} where name = ${name}`)
}

async function readAmounts(from: Db = db): Promise<{ [name: string]: number }> {
  const rows = await query<{ name: string; amount: number }>(from, sql`select name, amount from accounts order by name`)
  return Object.fromEntries(rows.map(row => [row.name, row.amount]))
}

/** Lets everybody pass once as many as are expected have come; later ones pass at once. */
function createMeeting(expected: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let came = 0
  return () => {
    if (++came >= expected) resolve()
    return promise
  }
}
