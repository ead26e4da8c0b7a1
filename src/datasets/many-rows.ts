import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'

/**
 * Plans the rest of a transaction for statements that join many rows with many. Of rows that have just come the planner has
 * no statistics and expects one; by its nested loops 3,000 cases took minutes, 100,000 hours.
 */
export async function expectManyRows(tx: Db): Promise<void> {
  await query(tx, sql`select set_config('enable_nestloop', 'off', true), set_config('work_mem', '64MB', true)`)
}

/**
 * Lets the planner know of many new cases. It learns of them by itself within a minute; until then one more case beside
 * 100,000 took seconds.
 */
export async function countManyRows(tx: Db): Promise<void> {
  await query(
    tx,
    sql`analyze cases (project_id, case_no, dataset_no, id, cluster, split, content_hash, added_in, removed_in)`,
  )
}
