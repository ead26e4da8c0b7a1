import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { getRun } from './runs.ts'

export const failureCausesSchema = z
  .object({
    causes: z.array(
      z.object({
        kind: z.string().nullable().openapi({ description: 'A word for the cause, as `timeout` or `cancelled`' }),
        n: z.int(),
        example: z.object({
          session_id: z.string(),
          name: z.string().nullable(),
          first_request: z.string().nullable(),
          error: z.string(),
        }),
        session_ids: z.array(z.string()).openapi({ description: 'The first of them, as many as one run takes' }),
      }),
    ),
    others: z.int().openapi({ description: 'Failures of rarer causes, which are not listed' }),
  })
  .openapi('FailureCauses')
export type FailureCauses = z.infer<typeof failureCausesSchema>

/** A run takes so many named sessions, see `runInputSchema`. */
const MOST_AGAIN = 1_000
const MOST_CAUSES = 20

/**
 * What went wrong in a run, the most frequent cause first. Two failures have the same cause when their kind is the same
 * and their texts differ in numbers alone (a duration, a position, a count of tokens).
 *
 * @throws NotFound
 */
export async function listFailureCauses(db: Db, projectId: number, runId: string): Promise<FailureCauses> {
  const { run_id } = await getRun(db, projectId, runId, 'none')
  const rows = await query<FailureCauses['causes'][number] & { all_failures: number }>(
    db,
    sql`
      with failed as (
        select unit_no, session_no, session_id, error, error_kind, regexp_replace(error, '[0-9]+', '0', 'g') as form
        from eval_units where project_id = ${projectId} and run_id = ${run_id}::uuid and state = 'failed'
      ),
      numbered as (
        select *, row_number() over (partition by error_kind, form order by unit_no) as turn,
          count(*) over (partition by error_kind, form) as n, count(*) over () as all_failures
        from failed
      ),
      named as (
        select n.*, s.name, s.first_request
        from numbered n left join sessions s on n.turn = 1 and s.project_id = ${projectId} and s.session_no = n.session_no
      )
      select error_kind as kind, n::integer as n, all_failures::integer as all_failures,
        json_build_object('session_id', min(session_id) filter (where turn = 1),
          'name', min(name) filter (where turn = 1), 'first_request', min(first_request) filter (where turn = 1),
          'error', coalesce(min(error) filter (where turn = 1), 'no reason')) as example,
        json_agg(session_id order by turn) as session_ids
      from named where turn <= ${MOST_AGAIN}
      group by error_kind, form, n, all_failures order by n desc, form limit ${MOST_CAUSES}`,
  )
  const listed = rows.reduce((total, row) => total + row.n, 0)
  return { causes: rows.map(({ all_failures: _, ...cause }) => cause), others: (rows[0]?.all_failures ?? 0) - listed }
}
