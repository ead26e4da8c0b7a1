import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import sql from 'sql-template-tag'
import { type Db, query } from './connect.ts'

const SERIALIZATION_FAILURE = '40001'
const DEADLOCK_DETECTED = '40P01'
const ATTEMPTS = 5

/**
 * Runs `work` in one transaction: committed when it returns, rolled back when it throws. Called inside a transaction it
 * joins it. Where two transactions stood in each other's way (deadlock, serialisation failure), `work` is run again, so
 * it must do nothing but talk to the database; a model call has no place in it.
 */
export async function transact<Result>(db: Db, work: (tx: Db) => Promise<Result>): Promise<Result> {
  if (db.client !== null) return work(db)
  for (let attempt = 1; ; attempt++) {
    try {
      return await runOnce(db, work)
    } catch (error) {
      if (attempt >= ATTEMPTS || !isCollision(error)) throw error
      await sleep(Math.random() * 20 * 2 ** attempt)
    }
  }
}

/**
 * The same transaction for statements that work through whole tables: their deadlines are taken away, the server's until
 * the transaction ends, the driver's for what goes through the answer. With only one of them gone, work that takes longer
 * than the other would fail each time it is tried again.
 */
export async function liftDeadline(tx: Db): Promise<Db> {
  await query(tx, sql`set local statement_timeout = 0`)
  return { ...tx, patient: true }
}

async function runOnce<Result>(db: Db, work: (tx: Db) => Promise<Result>): Promise<Result> {
  const client = await db.pool.connect()
  let broken: Error | undefined
  const onError = (error: Error) => {
    broken = error
  }
  client.on('error', onError)
  try {
    await client.query('begin')
    const result = await work({ pool: db.pool, client })
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch((rollbackError: Error) => {
      broken = rollbackError
    })
    throw error
  } finally {
    client.off('error', onError)
    client.release(broken)
  }
}

function isCollision(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code === SERIALIZATION_FAILURE || error.code === DEADLOCK_DETECTED)
}
