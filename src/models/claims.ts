import type pg from 'pg'
import type { Db } from '#db/connect.ts'

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

/** Opens the claims of this process; its one connection is made with the first claim. */
export function openClaims(db: Db): Claims {
  let connection: Promise<pg.PoolClient> | null = null
  let last: Promise<unknown> = Promise.resolve()
  const forget = () => {
    connection = null
  }
  const connect = () => {
    connection ??= db.pool.connect().then(client => {
      client.once('error', forget)
      client.once('end', forget)
      return client
    })
    connection.catch(forget)
    return connection
  }
  /** One statement after the other: a connection holds no more. */
  const run = (client: pg.PoolClient, text: string, key: bigint) => {
    const turn = last.then(() => client.query(text, [key]))
    last = turn.catch(() => {})
    return turn
  }
  return {
    take: async key => {
      const { rows } = await run(await connect(), 'select pg_try_advisory_lock($1::bigint) as taken', key)
      return rows[0]?.taken === true
    },
    give: async key => {
      // Without the connection there is no lock any more either.
      const client = await connection?.catch(() => null)
      if (client) await run(client, 'select pg_advisory_unlock($1::bigint)', key).catch(() => {})
    },
    close: async () => {
      const client = await connection?.catch(() => null)
      connection = null
      client?.release(true)
    },
  }
}
