import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { Conflict } from '#errors.ts'
import type { PostmasterPhase } from './postmaster.ts'

const NOTICE_MS = 5000
/** A server that recovers from a crash replays up to `max_wal_size`. */
const RECOVERY_MS = 600_000
/** A server that calls itself ready and does not answer is given less time. */
const SILENCE_MS = 30_000

/**
 * Waits until the database at `url` answers a query.
 *
 * @param phase asked between attempts
 * @returns false when the server ended instead.
 * @throws Conflict when it refuses for good (password, missing database) or does not get ready in time.
 */
export async function waitUntilReady(
  url: string,
  phase: () => PostmasterPhase,
  log: (message: string) => void,
): Promise<boolean> {
  const start = performance.now()
  let noticed = start
  let lastBusy = start
  for (;;) {
    const now = phase()
    if (now === 'ended') return false
    if (now === 'busy') lastBusy = performance.now()
    const obstacle = now === 'ready' ? await findObstacle(url) : new Error('it starts, recovers or shuts down')
    if (obstacle === null) return true
    const time = performance.now()
    if (time - start > RECOVERY_MS || time - lastBusy > SILENCE_MS) {
      throw new Conflict(`The embedded PostgreSQL does not get ready: ${obstacle.message}`, { cause: obstacle })
    }
    if (time - noticed > NOTICE_MS) {
      noticed = time
      log(`Waiting for the embedded PostgreSQL: ${obstacle.message}`)
    }
    await sleep(10)
  }
}

/** What keeps a query from being answered, null if nothing does. */
async function findObstacle(url: string): Promise<Error | null> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000, query_timeout: 5000 })
  // A connection that breaks between two calls reports it here as well; the calls themselves reject.
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('SELECT 1')
    return null
  } catch (error) {
    if (!(error instanceof Error)) throw error
    // Invalid password, invalid authorization, missing database: see "PostgreSQL Error Codes" in its documentation.
    if ('code' in error && ['28P01', '28000', '3D000'].includes(String(error.code))) {
      throw new Conflict(
        `The embedded database refuses its own password or is not complete (${error.message}). If its data folder was ` +
          'put back from a backup, put all of it back, whetstone.password included.',
        { cause: error },
      )
    }
    return error
  } finally {
    await client.end().catch(() => {})
  }
}
