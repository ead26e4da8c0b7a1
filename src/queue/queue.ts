import pg from 'pg'
import { type Db as BossDb, PgBoss } from 'pg-boss'
import type { Db } from '#db/connect.ts'
import type { Log } from '#log.ts'
import type { Task } from './task.ts'

/** The way to enqueue work. Its engine is pg-boss, on the same database, in the schema `pgboss`. */
export interface Queue {
  boss: PgBoss
  /** Wakes this process's worker, if it runs one, instead of letting it find the work at its next look. */
  wake: () => void
}

/** What pg-boss is told of every queue. Its defaults would end work wrongly: a job whose worker was lost must come back. */
const OPTIONS = {
  policy: 'exclusive',
  retryLimit: 1_000_000,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 5,
  heartbeatSeconds: 10,
  expireInSeconds: 23 * 60 * 60,
  deleteAfterSeconds: 60,
} as const

/**
 * Opens the queue, with a place for each of the named tasks, and creates what is missing of its tables.
 *
 * @param options `supervise`: whether this process looks after lost jobs; one has to, and any worker does.
 */
export async function openQueue(db: Db, names: string[], log: Log, options: { supervise: boolean }): Promise<Queue> {
  const boss = new PgBoss({
    db: toBossDb(db),
    schedule: false,
    supervise: options.supervise,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    maintenanceIntervalSeconds: 60,
    warningSlowQuerySeconds: 30,
  })
  boss.on('error', error => log.warn({ err: error }, 'the queue had trouble; it goes on by itself'))
  await boss.start()
  const known = new Set((await boss.getQueues()).map(queue => queue.name))
  for (const name of names) {
    if (!known.has(name)) await boss.createQueue(name, OPTIONS)
  }
  return { boss, wake: () => {} }
}

/** Stops the queue at once; jobs in hand come back when their heartbeat runs out. */
export async function closeQueue(queue: Queue): Promise<void> {
  await queue.boss.stop({ graceful: false, close: false })
}

/**
 * Enqueues pieces of work in the caller's transaction: they exist if it commits. A piece is known by its key, and one that
 * waits or is being worked on already is not enqueued again. Call `queue.wake()` after the commit.
 */
export async function enqueue<Payload extends object>(
  queue: Queue,
  tx: Db,
  task: Task<Payload>,
  pieces: { key: string; payload: Payload }[],
): Promise<void> {
  if (pieces.length === 0) return
  const jobs = pieces.map(({ key, payload }) => ({ data: payload, singletonKey: key }))
  await queue.boss.insert(task.name, jobs, { db: toBossDb(tx) })
}

/** pg-boss reads times as dates, as `pg` gives them by itself, so it is spared our own parsers. */
function toBossDb(db: Db): BossDb {
  return {
    executeSql: (text, values) => (db.client ?? db.pool).query({ text, values: values ?? [], types: pg.types }),
  }
}
