import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { readContest } from './contest.ts'

export const experimentFailuresSchema = z
  .object({
    failed: z.int().openapi({ description: 'All runs of its sweep that failed' }),
    looked_at: z.int().openapi({ description: 'The causes are of these, which started last' }),
    causes: z.array(
      z.object({
        kind: z.string().nullable().openapi({ description: 'A word for the cause, as `timeout`' }),
        n: z.int(),
        error: z.string().openapi({ description: 'Of the newest of them' }),
        run_id: z.string().openapi({ description: 'The newest of them' }),
        variants: z.array(z.object({ variant_no: z.int(), n: z.int() })),
      }),
    ),
  })
  .openapi('ExperimentFailures')
export type ExperimentFailures = z.infer<typeof experimentFailuresSchema>

const MOST_CAUSES = 20
/** A sweep that fails does so for few reasons. */
const MOST_LOOKED_AT = 2_000

/**
 * Why runs of an experiment's sweep failed, the most frequent cause first, of those that started last. Two have the same
 * cause when their kind is the same and their texts differ in numbers alone (a duration, a position).
 *
 * @param reference the experiment's id or name. @throws NotFound
 */
export async function listExperimentFailures(
  db: Db,
  projectId: number,
  reference: string,
): Promise<ExperimentFailures> {
  const contest = await readContest(db, projectId, reference)
  const rows = await query<ExperimentFailures['causes'][number] & { looked_at: number }>(
    db,
    sql`
      with looked as (
        select run_id, variant_no, started_at, error_kind, coalesce(error, 'no reason') as error,
          regexp_replace(coalesce(error, ''), '[0-9]+', '0', 'g') as form
        from runs
        where project_id = ${projectId} and status = 'failed' and experiment_no = ${contest.experiment_no}
          and variant_no is not null
        order by started_at desc nulls last, run_id limit ${MOST_LOOKED_AT}
      ),
      by_variant as (
        select error_kind, form, variant_no, count(*)::integer as n,
          (array_agg(run_id order by started_at desc nulls last, run_id))[1] as run_id,
          (array_agg(error order by started_at desc nulls last, run_id))[1] as error,
          max(started_at) as newest
        from looked group by error_kind, form, variant_no
      )
      select error_kind as kind, sum(n)::integer as n, (array_agg(error order by newest desc nulls last))[1] as error,
        (array_agg(run_id order by newest desc nulls last))[1] as run_id,
        json_agg(json_build_object('variant_no', variant_no, 'n', n) order by n desc, variant_no) as variants,
        (select count(*) from looked)::integer as looked_at
      from by_variant group by error_kind, form order by n desc, form limit ${MOST_CAUSES}`,
  )
  const [first] = rows
  return {
    failed: contest.failed,
    looked_at: first?.looked_at ?? 0,
    causes: rows.map(({ looked_at: _, ...cause }) => cause),
  }
}
