import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, queryRow } from '#db/connect.ts'
import { readPinsId } from './versions.ts'

export const sessionSharesSchema = z
  .object({
    evaluated: z.int(),
    stale: z.int(),
    pending: z.int(),
    all: z.boolean().openapi({ description: 'Whether these are all sessions, or the newest 10,000' }),
  })
  .openapi('SessionShares')

const LOOKED_AT = 10_000

/** How many of the newest 10,000 sessions are judged, stale and pending: one range of an index, however many there are. */
export async function countSessionShares(db: Db, projectId: number): Promise<z.infer<typeof sessionSharesSchema>> {
  const pinsId = await readPinsId(db, projectId)
  const counts = await queryRow<{ evaluated: number; stale: number; pending: number }>(
    db,
    sql`
      select count(*) filter (where standing = ${pinsId})::integer as evaluated,
        count(*) filter (where standing not in (0, ${pinsId}))::integer as stale,
        count(*) filter (where standing = 0)::integer as pending
      from (
        select standing from sessions where project_id = ${projectId}
        order by pinned desc, last_active desc, session_id limit ${LOOKED_AT}
      ) newest`,
  )
  return { ...counts, all: counts.evaluated + counts.stale + counts.pending < LOOKED_AT }
}
