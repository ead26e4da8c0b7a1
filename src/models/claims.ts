import type pg from 'pg'
import type { Db } from '#db/connect.ts'
import { createGathering } from '#db/gathering.ts'

/**
 * Who of all processes on this database asks a question right now: a session-level advisory lock, held on one connection
 * of this process. The lock ends by itself with the process or its connection, so a killed process blocks nobody.
 */
export interface Claims {
  /** Whether the claim is ours now. */
  take: (key: bigint) => Promise<boolean>
  give: (key: bigint) => Promise<void>
  /** Whether a claim that was taken is still ours: all are lost with the connection. */
  holds: (key: bigint) => boolean
  /** Whether the database went away so lately that answers may be written which were asked for under claims lost then. */
  isUnsettled: () => boolean
  close: () => Promise<void>
}

/** For so long, in milliseconds, an answer whose claim was lost may still come and be written. */
const UNSETTLED_MS = 90_000

/** Opens the claims of this process; its one connection is made with the first claim, and again when it broke. */
export function openClaims(db: Db): Claims {
  let connection: Promise<pg.PoolClient> | null = null
  let current: pg.PoolClient | null = null
  let settledAt = 0
  const held = new Map<bigint, pg.PoolClient>()
  const connect = () => {
    if (connection !== null) return connection
    const opening = db.pool.connect().then(async client => {
      // A break is told more than once (the server's last word, then the end), and unheard it would end the process.
      client.on('error', () => drop(client))
      current = client
      // This process may have begun after the break, others before it.
      const { rows } = await client.query<{ age: number }>(AGE).catch(error => {
        drop(client)
        throw error
      })
      settledAt = Math.max(settledAt, performance.now() + UNSETTLED_MS - (rows[0]?.age ?? 0))
      return client
    })
    connection = opening
    opening.catch(() => {
      connection = null
    })
    return opening
  }
  const dropped = new WeakSet<pg.PoolClient>()
  /** Gives the pool its place back; all locks of the connection go with it. */
  const drop = (client: pg.PoolClient) => {
    if (dropped.has(client)) return
    dropped.add(client)
    connection = null
    current = null
    held.clear()
    settledAt = performance.now() + UNSETTLED_MS
    client.release(true)
  }
  /** One statement after the other, each with all that came meanwhile: a connection holds no more. */
  const change = createGathering<Change, boolean>({ lanes: 1, most: 1000 }, async changes => {
    const client = await connect()
    try {
      const { rows } = await client.query(CHANGE, [changes.map(one => one.key), changes.map(one => one.take)])
      changes.forEach(({ key, take }, index) => {
        if (!take) held.delete(key)
        else if (rows[index]?.done === true) held.set(key, client)
      })
      return rows.map(row => row.done === true)
    } catch (error) {
      // A statement without an answer may have locked or not.
      drop(client)
      throw error
    }
  })
  return {
    take: key => change({ key, take: true }),
    give: async key => {
      // Without the connection there is no lock any more either.
      if (connection !== null) await change({ key, take: false }).catch(() => {})
    },
    holds: key => current !== null && held.get(key) === current,
    isUnsettled: () => performance.now() < settledAt,
    close: async () => {
      const client = await connection?.catch(() => null)
      if (client) drop(client)
    },
  }
}

/** There is no sense in sending any more: the question is answered, or its claim was lost while a slot was waited for. */
export class Overtaken extends Error {}

/**
 * Right before a question is sent: after the database went away two processes may be after the same one, the one whose claim
 * was lost then and the one that has it now.
 *
 * @param look finds the answer. @returns null when nothing has to be looked up.
 * @throws Overtaken
 */
export function checkClaim(claims: Claims, key: bigint, look: () => Promise<unknown>): Promise<void> | null {
  if (!claims.holds(key)) return Promise.reject(new Overtaken('The claim was lost.'))
  if (!claims.isUnsettled()) return null
  return look().then(known => {
    if (known !== null) throw new Overtaken('The question is answered.')
  })
}

interface Change {
  key: bigint
  take: boolean
}

const CHANGE = `
  select case when take then pg_try_advisory_lock(key) else pg_advisory_unlock(key) end as done
  from unnest($1::bigint[], $2::boolean[]) as change (key, take)`

const AGE = 'select extract(epoch from now() - pg_postmaster_start_time())::float8 * 1000 as age'
