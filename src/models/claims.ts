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
  close: () => Promise<void>
}

/** Opens the claims of this process; its one connection is made with the first claim, and again when it broke. */
export function openClaims(db: Db): Claims {
  let connection: Promise<pg.PoolClient> | null = null
  const connect = () => {
    if (connection !== null) return connection
    const opening = db.pool.connect().then(client => {
      // A break is told more than once (the server's last word, then the end), and unheard it would end the process.
      client.on('error', () => drop(client))
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
    client.release(true)
  }
  /** One statement after the other, each with all that came meanwhile: a connection holds no more. */
  const change = createGathering<Change, boolean>({ lanes: 1, most: 1000 }, async changes => {
    const client = await connect()
    try {
      const { rows } = await client.query(CHANGE, [changes.map(one => one.key), changes.map(one => one.take)])
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
    close: async () => {
      const client = await connection?.catch(() => null)
      if (client) drop(client)
    },
  }
}

interface Change {
  key: bigint
  take: boolean
}

const CHANGE = `
  select case when take then pg_try_advisory_lock(key) else pg_advisory_unlock(key) end as done
  from unnest($1::bigint[], $2::boolean[]) as change (key, take)`
