import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { createWatch, type Watch } from '#queue/watch.ts'

/** How often the runs in hand are looked up, in milliseconds. */
const LOOK_MS = 500

/** Tells the sessions in hand that their run has ended, in whatever process that happened. */
export function watchRuns(db: Db): Watch {
  return createWatch({ findEnded: runIds => findEnded(db, runIds), lookMs: LOOK_MS, resumable: false })
}

async function findEnded(db: Db, runIds: string[]): Promise<string[]> {
  if (runIds.length === 0) return []
  const rows = await query<{ run_id: string }>(
    db,
    sql`select run_id from eval_runs where run_id = any(${runIds}::uuid[]) and state <> 'running'`,
  )
  return rows.map(row => row.run_id)
}
