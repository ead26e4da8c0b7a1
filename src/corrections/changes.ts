import sql from 'sql-template-tag'
import { queryRow } from '#db/connect.ts'
import type { ChangeSource } from '#http/changes.ts'

/** How many candidates wait and how many corrections are ready, from the counters; and the newest decision and candidate. */
export const correctionChanges: ChangeSource = {
  topic: 'corrections',
  look: (db, projectId) =>
    queryRow(
      db,
      sql`
        select coalesce(sum(n) filter (where status = 'needs_review'), 0)::integer as waiting,
          coalesce(sum(ready), 0)::integer as ready,
          (select max(decision_no) from decisions where project_id = ${projectId}) as decided,
          (select max(candidate_no) from candidates where project_id = ${projectId}) as newest
        from candidate_cells where project_id = ${projectId}`,
    ),
}
