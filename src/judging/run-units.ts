import { z } from '@hono/zod-openapi'
import sql, { empty } from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { getRun } from './runs.ts'
import { axesObject, meansSchema } from './scores.ts'

export const unitStateSchema = z.enum(['pending', 'running', 'ok', 'failed'])

export const unitPageSchema = z
  .object({
    items: z.array(
      z.object({
        unit_no: z.int(),
        session_id: z.string(),
        name: z.string().nullable().openapi({ description: 'Null also when the session was deleted' }),
        first_request: z.string().nullable().openapi({ description: 'The beginning of what the user wrote first' }),
        state: unitStateSchema,
        avg: meansSchema.nullable(),
        error: z.string().nullable(),
      }),
    ),
    next: z.int().nullable().openapi({ description: 'For `after`; null at the end' }),
  })
  .openapi('UnitPage')
export type UnitPage = z.infer<typeof unitPageSchema>

/**
 * A page of a run's sessions in the order in which they are taken up, those behind `after` alone. @throws NotFound
 */
export async function listUnits(
  db: Db,
  projectId: number,
  runId: string,
  place: { after: number; limit: number; state?: z.infer<typeof unitStateSchema> | undefined },
): Promise<UnitPage> {
  const { run_id } = await getRun(db, projectId, runId, 'none')
  const rows = await query<UnitPage['items'][number]>(
    db,
    sql`
      select u.unit_no, u.session_id, s.name, s.first_request, u.state, u.error,
        case when u.avg is not null then ${axesObject(sql`u.avg`)} end as avg
      from eval_units u left join sessions s using (project_id, session_no)
      where u.project_id = ${projectId} and u.run_id = ${run_id}::uuid and u.unit_no > ${place.after}
        ${place.state === undefined ? empty : sql`and u.state = ${place.state}`}
      order by u.unit_no limit ${place.limit + 1}`,
  )
  const items = rows.slice(0, place.limit)
  return { items, next: rows.length > place.limit ? (items.at(-1)?.unit_no ?? null) : null }
}
