import sql from 'sql-template-tag'
import { query, queryRow } from '#db/connect.ts'
import type { ChangeSource } from '#http/changes.ts'

/**
 * The experiments that are under way, newest first, at most 20, and the newest of all. What changes none of
 * these (drafts, verdicts, scores that people give) shows in the server's own statistics of the tables, of all projects
 * together and up to ten seconds later.
 */
export const experimentChanges: ChangeSource = {
  topic: 'experiments',
  look: async (db, projectId) => {
    const open = await query(
      db,
      sql`
        select experiment_id as id, status, cells, completed, failed, best, cost_usd::float8 as cost_usd from experiments
        where project_id = ${projectId} and status in ('running', 'paused') order by experiment_no desc limit 20`,
    )
    const rest = await queryRow(
      db,
      sql`
        select (select max(experiment_no) from experiments where project_id = ${projectId}) as newest,
          pg_stat_get_tuples_updated('experiments'::regclass) as changes,
          pg_stat_get_tuples_inserted('scores'::regclass) as scores`,
    )
    return { open, ...rest }
  },
}
