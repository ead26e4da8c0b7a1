import { z } from '@hono/zod-openapi'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import { type Db, query, queryRow } from '#db/connect.ts'
import { type BoundedCount, cutPage, pageEdgesSchema } from '#http/list-place.ts'
import { matchAnywhere } from '#http/numbered-list.ts'
import { timeSchema } from '#http/schemas.ts'
import { describeRows, listStandings, overviewRowSchema } from './overview.ts'
import { describeEdge, type Edge, readEdge } from './session-edge.ts'
import type { SessionFilter, SessionSort } from './session-filter.ts'
import { readPinsId } from './versions.ts'

export const sessionRowSchema = overviewRowSchema
  .extend({
    first_request: z.string().nullable().openapi({ description: 'The beginning of what the user wrote first' }),
    cost_usd: z.number().nullable().openapi({ description: 'Of the latest pass; null when the price is unknown' }),
  })
  .openapi('SessionRow')
export type SessionRow = z.infer<typeof sessionRowSchema>

export const sessionPageSchema = pageEdgesSchema
  .extend({
    items: z.array(sessionRowSchema),
    searched: z.object({ sessions: z.int(), back_to: timeSchema.nullable(), all: z.boolean() }).nullable().openapi({
      description:
        'Of a search: how many sessions were looked at for this page, and back to when; `next` goes on from there',
    }),
  })
  .openapi('SessionPage')

/** Which part of the list: from its beginning, after or before an edge that a page named, or from a date on. */
export interface PagePlace {
  limit: number
  after?: string | undefined
  before?: string | undefined
  at?: string | undefined
}

/** A page of a search reads this many sessions at most. */
const SEARCHED = 20_000
const COUNTED = 10_000

/**
 * A page of sessions in both directions, by last activity (pinned first) or by the date of judging (only those that were
 * judged). Reads the page's rows alone, by an index, at any depth; a search reads the next 20,000.
 *
 * @throws Invalid for an edge that this list did not give out.
 */
export async function listSessionPage(
  db: Db,
  projectId: number,
  filter: SessionFilter,
  place: PagePlace,
): Promise<z.infer<typeof sessionPageSchema>> {
  const pinsId = await readPinsId(db, projectId)
  const backwards = place.before !== undefined
  const edge = chooseEdge(filter.sort, place)
  const choice = { projectId, pinsId, filter, edge, backwards }
  if (filter.search !== undefined && filter.search !== '') return searchSessions(db, choice, filter.search, place)
  const rows = await query<SessionRow>(db, describePage(choice, chooseRows(choice, place.limit + 1)))
  const inside = edge !== null
  const page = cutPage(rows, { limit: place.limit, backwards, inside }, row => describeEdge(filter.sort, row))
  return { ...page, searched: null }
}

/** How many sessions the filter leaves: exact up to 10,000. A search is not counted. */
export async function countSessions(db: Db, projectId: number, filter: SessionFilter): Promise<BoundedCount> {
  const pinsId = await readPinsId(db, projectId)
  const rows = chooseRows({ projectId, pinsId, filter, edge: null, backwards: false }, COUNTED + 1, sql`session_no`)
  const { n } = await queryRow<{ n: number }>(db, sql`select count(*) as n from (${rows}) counted`)
  return { n: Math.min(n, COUNTED), exact: n <= COUNTED }
}

/** The rows of named sessions, in the order of the list; those that are not there are left out. */
export async function listNamedSessions(db: Db, projectId: number, sessionIds: string[]): Promise<SessionRow[]> {
  const pinsId = await readPinsId(db, projectId)
  const named = sql`select * from sessions where project_id = ${projectId} and session_id = any(${sessionIds}::text[])`
  const choice: Choice = { projectId, pinsId, filter: { sort: 'last_active' }, edge: null, backwards: false }
  return query<SessionRow>(db, describePage(choice, named))
}

interface Choice {
  projectId: number
  pinsId: number
  filter: SessionFilter
  edge: Edge | null
  backwards: boolean
}

function chooseEdge(sort: SessionSort, place: PagePlace): Edge | null {
  if (place.before !== undefined) return readEdge(sort, place.before, 'before')
  if (place.after !== undefined) return readEdge(sort, place.after, 'after')
  // Before every id of that moment.
  return place.at === undefined ? null : { pinned: false, time: place.at, session_id: '' }
}

async function searchSessions(db: Db, choice: Choice, search: string, place: PagePlace) {
  const window = chooseRows(choice, SEARCHED)
  const pattern = matchAnywhere(search)
  const hits = sql`
    select * from (select *, row_number() over (${orderBy(choice)}) as place from (${window}) looked) numbered
    where name ilike ${pattern} or first_request ilike ${pattern} or session_id ilike ${pattern}
    ${orderBy(choice)} limit ${place.limit + 1}`
  const rows = await query<SessionRow & { place: number }>(
    db,
    describePage(choice, hits, sql`, s.place::integer as place`),
  )
  const items = rows.slice(0, place.limit)
  const { sort } = choice.filter
  const last = items.at(-1)
  const cut = rows.length > place.limit && last !== undefined
  const end = cut ? { looked: last.place, edge: last } : await findWindowEnd(db, choice, window)
  return {
    items: items.map(({ place: _, ...row }) => row),
    next: end.edge === null ? null : describeEdge(sort, end.edge),
    previous: null,
    searched: {
      sessions: end.looked,
      back_to: end.edge === null ? null : sort === 'judged' ? end.edge.latest_eval_date : end.edge.last_active,
      all: end.edge === null,
    },
  }
}

type EdgeRow = Pick<SessionRow, 'session_id' | 'pinned' | 'last_active' | 'latest_eval_date'>

/** How many sessions a search looked at, and the last of them where others may follow. */
async function findWindowEnd(db: Db, choice: Choice, window: Sql): Promise<{ looked: number; edge: EdgeRow | null }> {
  const rows = await query<EdgeRow & { looked: number }>(
    db,
    sql`
      select session_id, pinned, last_active, latest_eval_date, looked::integer as looked
      from (select *, row_number() over (${orderBy(choice)}) as looked from (${window}) looked) numbered
      order by looked desc limit 1`,
  )
  const [last] = rows
  return last === undefined
    ? { looked: 0, edge: null }
    : { looked: last.looked, edge: last.looked < SEARCHED ? null : last }
}

function describePage(choice: Choice, page: Sql, more: Sql = empty): Sql {
  const { projectId, pinsId } = choice
  const added = sql`
    , s.first_request,
    (select cost_usd::double precision from passes where project_id = ${projectId} and pass_no = s.latest_pass_no) as cost_usd ${more}`
  return describeRows(projectId, pinsId, page, orderBy(choice, sql`s.`), added)
}

function orderBy({ filter, backwards }: Choice, of: Sql = empty): Sql {
  if (filter.sort === 'judged') {
    return backwards
      ? sql`order by ${of}latest_eval_date, ${of}session_id desc`
      : sql`order by ${of}latest_eval_date desc, ${of}session_id`
  }
  return backwards
    ? sql`order by ${of}pinned, ${of}last_active, ${of}session_id desc`
    : sql`order by ${of}pinned desc, ${of}last_active desc, ${of}session_id`
}

/**
 * The first rows of the choice in its order. They come from one range of an index for each combination of what stands
 * before the time in it (pinned or not, each standing that the status stands for), each range cut to what is wanted.
 */
function chooseRows(choice: Choice, limit: number, columns: Sql = sql`*`): Sql {
  const { filter, edge, backwards } = choice
  const order = orderBy(choice)
  if (filter.sort === 'judged') {
    const judged = sql`latest_eval_date is not null ${besideEdge(choice)}`
    if (filter.thumbs !== undefined) return chooseByTable(choice, judged, limit, columns)
    return sql`${chooseByStanding(choice, judged, limit, columns)} ${order} limit ${limit}`
  }
  const ranges = [true, false].flatMap(pinned => {
    if (edge !== null && edge.pinned !== pinned && pinned !== backwards) return []
    const beside = edge?.pinned === pinned ? besideEdge(choice) : empty
    const condition = sql`pinned = ${pinned} ${beside}`
    return [sql`(${chooseRange(choice, condition, limit)})`]
  })
  return sql`select ${columns} from (${join(ranges, ' union all ')}) s ${order} limit ${limit}`
}

function chooseRange(choice: Choice, condition: Sql, limit: number): Sql {
  const { status, profile, thumbs } = choice.filter
  const byTable = thumbs !== undefined || (status === undefined && profile === undefined)
  return byTable ? chooseByTable(choice, condition, limit) : chooseByStanding(choice, condition, limit)
}

/** Few sessions have a thumb, and they have an index of their own. */
function chooseByTable(choice: Choice, condition: Sql, limit: number, columns: Sql = sql`*`): Sql {
  const { projectId, pinsId, filter } = choice
  const status =
    filter.status === undefined ? empty : sql`and standing in (${listStandings(projectId, pinsId, filter.status)})`
  return sql`
    select ${columns} from sessions s where project_id = ${projectId} and ${condition} ${status} ${narrow(filter)}
    ${orderBy(choice)} limit ${limit}`
}

function chooseByStanding(choice: Choice, condition: Sql, limit: number, columns: Sql = sql`*`): Sql {
  const { projectId, pinsId, filter } = choice
  return sql`
    select ${columns} from (
      select s.* from (${listStandings(projectId, pinsId, filter.status)}) as choice (standing) cross join lateral (
        select * from sessions s
        where project_id = ${projectId} and standing = choice.standing and ${condition} ${narrow(filter)}
        ${orderBy(choice)} limit ${limit}
      ) s
    ) s`
}

function narrow({ profile, from, to, thumbs }: SessionFilter): Sql {
  return join(
    [
      profile === undefined ? empty : sql`and profile_id = ${profile}`,
      from === undefined ? empty : sql`and last_active >= ${from}::timestamptz`,
      to === undefined ? empty : sql`and last_active < ${to}::timestamptz`,
      thumbs === undefined ? empty : sql`and likes + dislikes > 0`,
      thumbs === 'up' ? sql`and likes > 0` : empty,
      thumbs === 'down' ? sql`and dislikes > 0` : empty,
    ],
    ' ',
  )
}

/** In these words the first part is one for an index, and the rest is looked at in the rows that it gives. */
function besideEdge({ filter, edge, backwards }: Choice): Sql {
  if (edge === null) return empty
  const column = filter.sort === 'judged' ? sql`latest_eval_date` : sql`last_active`
  return backwards
    ? sql`
        and ${column} >= ${edge.time}::timestamptz
        and not (${column} = ${edge.time}::timestamptz and session_id >= ${edge.session_id})`
    : sql`
        and ${column} <= ${edge.time}::timestamptz
        and not (${column} = ${edge.time}::timestamptz and session_id <= ${edge.session_id})`
}
