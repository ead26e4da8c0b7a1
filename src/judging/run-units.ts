import { z } from '@hono/zod-openapi'
import sql, { empty } from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { matchAnywhere } from '#http/numbered-list.ts'
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
    next: z.int().nullable().openapi({
      description:
        'For `after`; null at the end. Of a search, which looks at some sessions at a time, also of a page without any',
    }),
  })
  .openapi('UnitPage')
export type UnitPage = z.infer<typeof unitPageSchema>

/** A page of a search looks at this many sessions at most, so that it answers soon however long the run is. */
const SEARCHED = 20_000

/**
 * A page of a run's sessions in the order in which they are taken up, those behind `after` alone. A search looks at the next
 * 20,000 for a part of their names, first requests and ids, capitals or not. @throws NotFound
 */
export async function listUnits(
  db: Db,
  projectId: number,
  runId: string,
  place: {
    after: number
    limit: number
    state?: z.infer<typeof unitStateSchema> | undefined
    search?: string | undefined
  },
): Promise<UnitPage> {
  const { run_id } = await getRun(db, projectId, runId, 'none')
  const { after, limit, state, search = '' } = place
  const chosen = sql`
    from eval_units where project_id = ${projectId} and run_id = ${run_id}::uuid and unit_no > ${after}
      ${state === undefined ? empty : sql`and state = ${state}`}
    order by unit_no`
  const pattern = matchAnywhere(search)
  const rows = await query<UnitPage['items'][number]>(
    db,
    sql`
      select u.unit_no, u.session_id, s.name, s.first_request, u.state, u.error,
        case when u.avg is not null then ${axesObject(sql`u.avg`)} end as avg
      from (select * ${chosen} limit ${search === '' ? limit + 1 : SEARCHED}) u
      left join sessions s using (project_id, session_no)
      ${search === '' ? empty : sql`where s.name ilike ${pattern} or s.first_request ilike ${pattern} or u.session_id ilike ${pattern}`}
      order by u.unit_no limit ${limit + 1}`,
  )
  const items = rows.slice(0, limit)
  if (rows.length > limit) return { items, next: items.at(-1)?.unit_no ?? null }
  if (search === '') return { items, next: null }
  const last = await queryOne<{ unit_no: number }>(db, sql`select unit_no ${chosen} offset ${SEARCHED - 1} limit 1`)
  return { items, next: last?.unit_no ?? null }
}
