import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'

/** How often the runs in hand are looked up, in milliseconds. */
const LOOK_MS = 500

/** One session's work as it follows its run. */
export interface Following {
  /** Aborted once the run has ended: nothing more is sent for it. */
  ended: AbortSignal
  /** Ends the run for the work of this process at once, before the database knows. */
  halt: () => void
  leave: () => void
}

/** Tells the work in hand that its run has ended, in whatever process that happened. */
export interface RunWatch {
  follow: (runId: string) => Following
  /** Spares the work of this process the wait for the next look. */
  halt: (runId: string) => void
}

/** A watch that looks at the database while there is work in hand, and not otherwise. */
export function watchRuns(db: Db): RunWatch {
  const followed = new Map<string, { controller: AbortController; followers: number }>()
  let looking = false
  const look = async () => {
    // A database that is away says nothing; the next look is soon.
    for (const runId of await findEnded(db, [...followed.keys()]).catch(() => []))
      followed.get(runId)?.controller.abort()
    looking = false
    plan()
  }
  const plan = () => {
    if (looking || followed.size === 0) return
    looking = true
    setTimeout(look, LOOK_MS).unref()
  }
  return {
    halt: runId => followed.get(runId)?.controller.abort(),
    follow: runId => {
      const run = followed.get(runId) ?? { controller: new AbortController(), followers: 0 }
      run.followers++
      followed.set(runId, run)
      plan()
      return {
        ended: run.controller.signal,
        halt: () => run.controller.abort(),
        leave: () => {
          run.followers--
          if (run.followers === 0 && followed.get(runId) === run) followed.delete(runId)
        },
      }
    },
  }
}

async function findEnded(db: Db, runIds: string[]): Promise<string[]> {
  if (runIds.length === 0) return []
  const rows = await query<{ run_id: string }>(
    db,
    sql`select run_id from eval_runs where run_id = any(${runIds}::uuid[]) and state <> 'running'`,
  )
  return rows.map(row => row.run_id)
}
