import { z } from '@hono/zod-openapi'
import sql, { empty, type Sql } from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { Invalid } from '#errors.ts'
import { timeInputSchema, timeSchema } from '#http/schemas.ts'
import { axesObject, meansSchema } from './scores.ts'
import { readPinsId } from './versions.ts'

export const statusSchema = z.enum(['evaluated', 'pending', 'stale'])
export type Status = z.infer<typeof statusSchema>

export const overviewRowSchema = z
  .object({
    session_id: z.string(),
    profile_id: z.string(),
    name: z.string().nullable(),
    created_at: timeSchema,
    last_active: timeSchema,
    pinned: z.boolean(),
    msg_count: z.int(),
    likes: z.int(),
    dislikes: z.int(),
    eval_status: statusSchema,
    stale_because: z.enum(['judge', 'rubric', 'content']).nullable(),
    latest_avg: meansSchema.nullable(),
    latest_eval_date: timeSchema.nullable(),
    latest_judge_version: z.string().nullable(),
    latest_rubric_version: z.string().nullable(),
  })
  .openapi('OverviewRow')
export type OverviewRow = z.infer<typeof overviewRowSchema>

export interface OverviewFilter {
  limit: number
  offset: number
  profile?: string | undefined
  status?: Status | undefined
  /** Where the page before ended, as `cursorAfter` says it. */
  cursor?: string | undefined
}

/**
 * A page of sessions, pinned first, then by last activity, newest first, then by id. Reads the page's rows alone: what a
 * row shows stands in the session's own row.
 *
 * @throws Invalid for a cursor that this function did not make.
 */
export async function listOverview(db: Db, projectId: number, filter: OverviewFilter): Promise<OverviewRow[]> {
  const pinsId = await readPinsId(db, projectId)
  const page = choosePage(projectId, pinsId, filter)
  return query<OverviewRow>(db, describeRows(projectId, pinsId, page, ORDER))
}

/**
 * SQL for the overview's row of each session of a page.
 *
 * @param page a query of rows of `sessions`. @param order with the sessions as `s`. @param added further columns, after a comma.
 */
export function describeRows(projectId: number, pinsId: number, page: Sql, order: Sql, added: Sql = empty): Sql {
  return sql`
    with page as (${page})
    select s.session_id, s.profile_id, s.name, s.created_at, s.last_active, s.pinned, s.msg_count, s.likes, s.dislikes,
      case when s.standing = ${pinsId} then 'evaluated' when s.standing = 0 then 'pending' else 'stale' end as eval_status,
      case
        when s.standing in (0, ${pinsId}) then null
        when v.judge_version <> pinned.judge_version then 'judge'
        when v.rubric_version <> pinned.rubric_version then 'rubric'
        else 'content'
      end as stale_because,
      case when s.latest_avg is not null then ${axesObject(sql`s.latest_avg`)} end as latest_avg,
      s.latest_eval_date, v.judge_version as latest_judge_version, v.rubric_version as latest_rubric_version ${added}
    from page s
    left join version_pairs v on v.project_id = ${projectId} and v.pins_id = s.latest_pins
    join version_pairs pinned on pinned.project_id = ${projectId} and pinned.pins_id = ${pinsId}
    ${order}`
}

/** The cursor that continues after this row. */
export function cursorAfter(row: OverviewRow): string {
  return Buffer.from(JSON.stringify([row.pinned, row.last_active, row.session_id])).toString('base64url')
}

const ORDER = sql`order by s.pinned desc, s.last_active desc, s.session_id`

const cursorSchema = z.tuple([z.boolean(), timeInputSchema, z.string()])

/**
 * The page's rows. By status they come from one range of an index for each standing that the status stands for, each
 * range in the page's order; a status stands for few of them, two for each pair of versions ever in use.
 */
function choosePage(projectId: number, pinsId: number, filter: OverviewFilter): Sql {
  const { profile, status, limit, offset } = filter
  const after = filter.cursor === undefined ? empty : readCursor(filter.cursor)
  const window = sql`limit ${limit} offset ${offset}`
  if (profile === undefined && status === undefined) {
    return sql`select * from sessions s where project_id = ${projectId} ${after} ${ORDER} ${window}`
  }
  const ofProfile = profile === undefined ? empty : sql`and profile_id = ${profile}`
  return sql`
    select s.* from (${listStandings(projectId, pinsId, status)}) as choice (standing) cross join lateral (
      select * from sessions s where project_id = ${projectId} and standing = choice.standing ${ofProfile} ${after}
      ${ORDER} limit ${limit + offset}
    ) s
    ${ORDER} ${window}`
}

/** SQL for the standings that a status stands for, all of them without one; see `sessions.standing`. */
export function listStandings(projectId: number, pinsId: number, status: Status | undefined): Sql {
  if (status === 'evaluated') return sql`values (${pinsId}::integer)`
  if (status === 'pending') return sql`values (0)`
  const judged = sql`
    select side * pins_id from version_pairs cross join (values (1), (-1)) as sides (side) where project_id = ${projectId}`
  if (status === 'stale') return sql`${judged} and side * pins_id <> ${pinsId}`
  return sql`${judged} union all select 0`
}

function readCursor(cursor: string): Sql {
  const parsed = cursorSchema.safeParse(decodeCursor(cursor))
  if (!parsed.success) throw new Invalid('This cursor was not given out by this list', ['query', 'cursor'])
  const [pinned, lastActive, sessionId] = parsed.data
  // In these words no part of it but the first is one for an index: a disjunction was at times taken for two ranges of
  // two indexes, read whole and sorted.
  return sql`
    and (s.pinned, s.last_active) <= (${pinned}::boolean, ${lastActive}::timestamptz)
    and not (s.pinned = ${pinned} and s.last_active = ${lastActive}::timestamptz and s.session_id <= ${sessionId})`
}

function decodeCursor(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return null
  }
}
