import sql from 'sql-template-tag'
import { query, queryRow } from '#db/connect.ts'
import type { ChangeSource } from '#http/changes.ts'

/**
 * The newest of everything that shows in a list of sessions, each by the end of an index. What leaves no newer number (a
 * session pinned, renamed, removed, or an older one that grew) shows in the server's own statistics of the table, of all
 * projects together and up to ten seconds later.
 */
export const sessionChanges: ChangeSource = {
  topic: 'sessions',
  look: (db, projectId) =>
    queryRow(
      db,
      sql`
        select
          (select max(session_no) from sessions where project_id = ${projectId}) as newest,
          greatest(
            (select max(last_active) from sessions where project_id = ${projectId} and pinned),
            (select max(last_active) from sessions where project_id = ${projectId} and not pinned)
          ) as last_active,
          (select max(pass_no) from passes where project_id = ${projectId}) as judged,
          (select max(feedback_no) from feedback where project_id = ${projectId}) as rated,
          (select pins_id from pins where project_id = ${projectId}) as pins,
          pg_stat_get_tuples_inserted('sessions'::regclass) + pg_stat_get_tuples_updated('sessions'::regclass)
            + pg_stat_get_tuples_deleted('sessions'::regclass) as writes`,
    ),
}

/** The evaluation runs that are under way, newest first, at most 20, and the newest of all by number. */
export const runChanges: ChangeSource = {
  topic: 'runs',
  look: async (db, projectId) => {
    const running = await query(
      db,
      sql`
        select run_id, pending, ok, failed, cost_usd::double precision as cost_usd from eval_runs
        where project_id = ${projectId} and state = 'running' order by run_no desc limit 20`,
    )
    const { newest } = await queryRow(
      db,
      sql`select max(run_no) as newest from eval_runs where project_id = ${projectId}`,
    )
    return { running, newest }
  },
}
