import { z } from '@hono/zod-openapi'
import sql, { empty, type Sql } from 'sql-template-tag'
import { type Db, query, queryRow } from '#db/connect.ts'
import { Invalid, type Location } from '#errors.ts'
import { timeSchema } from '#http/schemas.ts'

/** What happens to runs. Of one run and moment they come in this order. */
export const RUN_EVENTS = ['run.started', 'cache_hit', 'run.completed', 'run.failed', 'new_best_found'] as const
export const runEventNameSchema = z.enum(RUN_EVENTS)
export type RunEventName = z.infer<typeof runEventNameSchema>

export const runEventSchema = z
  .object({
    event: runEventNameSchema,
    time: timeSchema,
    experiment_id: z.string(),
    run_id: z.string(),
    config_hash: z.string(),
    status: z.enum(['running', 'completed', 'failed']),
    score: z.number().nullable().openapi({ description: 'The weighted score, once there is one' }),
    cost_estimate: z.number().nullable(),
    tokens_in: z.int().nullable(),
    tokens_out: z.int().nullable(),
    duration_ms: z.int().nullable(),
    error: z.string().nullable(),
  })
  .openapi('RunEvent')
export type RunEvent = z.infer<typeof runEventSchema>

/** An event, and the cursor after which the next one comes. */
export interface PlacedEvent {
  cursor: string
  event: RunEvent
}

/** Some events in their order. `cursor` continues after all that was looked at, also where nothing was found. */
export interface EventPage {
  events: PlacedEvent[]
  cursor: string
  /** Whether there is more at once. */
  more: boolean
}

export interface EventFilter {
  project_id: number
  /** Null: all experiments of the project. */
  experiment_no: number | null
  /** Which events; all when left out. */
  names?: readonly RunEventName[]
}

/** The cursor before the first event that there is. */
export const FIRST_EVENT = '0-0-0'

const PAGE = 500

/**
 * The number below which every transaction has ended, as PostgreSQL counts them: what began or ended below it stays as it
 * is, and what comes later gets a higher one. A transaction that writes holds it back while it is open.
 */
export async function findWatermark(db: Db): Promise<string> {
  const row = await queryRow<{ xmin: string }>(db, sql`select pg_snapshot_xmin(pg_current_snapshot())::text as xmin`)
  return row.xmin
}

/** The cursor of everything below a watermark: events that happen from then on come after it. */
export function cursorAt(watermark: string): string {
  return `${watermark}-0-0`
}

/**
 * The events after a cursor and below a watermark, in the order of the transactions that brought them about. With a
 * watermark that was taken before, following the cursor from page to page gives every event once: none is missed because
 * its transaction took long, none comes twice.
 *
 * @throws Invalid for a cursor that this function did not make.
 */
export async function readEvents(
  db: Db,
  filter: EventFilter,
  after: string,
  below: string,
  limit = PAGE,
): Promise<EventPage> {
  const start = parseEventCursor(after)
  const names = new Set<RunEventName>(filter.names ?? RUN_EVENTS)
  // The row that the cursor points into may have no more to tell.
  const sides = [...(names.has('run.started') ? [selectStarts(filter, start, below, limit + 1)] : [])]
  sides.push(selectEnds(filter, start, below, limit + 1, names))
  const rows = await query<EventRow>(db, joinSides(filter, sides))
  const found = rows.flatMap(row => expandRow(row, names)).filter(({ place }) => comparePlaces(place, start) > 0)
  found.sort((one, other) => comparePlaces(one.place, other.place))
  const events = found.slice(0, limit).map(({ place, event }) => ({ cursor: place.join('-'), event }))
  const more = found.length >= limit
  const last = events.at(-1)
  return { events, more, cursor: more && last !== undefined ? last.cursor : latest(after, cursorAt(below)) }
}

/** Checks a cursor that a client sends back. @throws Invalid */
export function parseEventCursor(cursor: string, loc: Location = ['query', 'after']): Place {
  const match = /^(\d{1,20})-(\d{1,15})-(\d)$/.exec(cursor)
  const xid = BigInt(match?.[1] ?? -1)
  if (match === null || xid > 0xffff_ffff_ffff_ffffn)
    throw new Invalid('This cursor was not given out by a stream of events', loc)
  return [xid, Number(match[2]), Number(match[3])]
}

/** Transaction, run, and which of the run's events. */
type Place = [xid: bigint, run: number, rank: number]

interface EventRow {
  xid: string
  run_no: number
  ended: boolean
  experiment_id: string
  run_id: string
  config_hash: string
  status: 'pending' | 'running' | 'completed' | 'failed'
  started_at: string | null
  completed_at: string | null
  weighted: number | null
  cost_usd: number | null
  tokens_in: number | null
  tokens_out: number | null
  duration_ms: number | null
  cached: boolean
  new_best: boolean
  error: string | null
}

function selectStarts(filter: EventFilter, [xid, run]: Place, below: string, limit: number): Sql {
  return sql`(
    select started_xid as xid, run_no, false as ended from runs
    where ${matchExperiment(filter)} and (started_xid, run_no) >= (${String(xid)}::xid8, ${run})
      and started_xid < ${below}::xid8
    order by started_xid, run_no limit ${limit})`
}

function selectEnds(
  filter: EventFilter,
  [xid, run]: Place,
  below: string,
  limit: number,
  names: Set<RunEventName>,
): Sql {
  return sql`(
    select ended_xid as xid, run_no, true as ended from runs
    where ${matchExperiment(filter)} and (ended_xid, run_no) >= (${String(xid)}::xid8, ${run})
      and ended_xid < ${below}::xid8 and (
        (status = 'completed' and ${names.has('run.completed')}) or (status = 'failed' and ${names.has('run.failed')})
        or (cached and ${names.has('cache_hit')}) or (new_best and ${names.has('new_best_found')}))
    order by ended_xid, run_no limit ${limit})`
}

function matchExperiment({ project_id, experiment_no }: EventFilter): Sql {
  return sql`project_id = ${project_id} ${experiment_no === null ? empty : sql`and experiment_no = ${experiment_no}`}`
}

function joinSides(filter: EventFilter, [first = empty, second]: Sql[]): Sql {
  return sql`
    select f.xid::text, f.run_no, f.ended, x.experiment_id, r.run_id, encode(r.config_hash, 'hex') as config_hash,
      r.status, r.started_at, r.completed_at, r.weighted, r.cost_usd::float8, r.tokens_in, r.tokens_out, r.duration_ms,
      r.cached, r.new_best, r.error
    from (${first} ${second === undefined ? empty : sql`union all ${second}`}) f
      join runs r on r.project_id = ${filter.project_id} and r.run_no = f.run_no
      join experiments x on x.project_id = r.project_id and x.experiment_no = r.experiment_no`
}

/** A start is told as it was, whatever became of the run since. */
function expandRow(row: EventRow, names: Set<RunEventName>): { place: Place; event: RunEvent }[] {
  const { experiment_id, run_id, config_hash, tokens_in, tokens_out, duration_ms, error } = row
  const nothing = {
    score: null,
    cost_estimate: null,
    tokens_in: null,
    tokens_out: null,
    duration_ms: null,
    error: null,
  }
  const base = { experiment_id, run_id, config_hash }
  const place = (name: RunEventName): Place => [BigInt(row.xid), row.run_no, RUN_EVENTS.indexOf(name)]
  if (!row.ended) {
    const event = { ...base, ...nothing, event: 'run.started', time: row.started_at ?? '', status: 'running' } as const
    return [{ place: place('run.started'), event }]
  }
  const status = row.status === 'failed' ? 'failed' : 'completed'
  const figures = { score: row.weighted, cost_estimate: row.cost_usd, tokens_in, tokens_out, duration_ms, error }
  const happened: RunEventName[] = [
    ...(row.cached ? (['cache_hit'] as const) : []),
    `run.${status}`,
    ...(row.new_best ? (['new_best_found'] as const) : []),
  ]
  return happened
    .filter(name => names.has(name))
    .map(event => ({
      place: place(event),
      event: { event, time: row.completed_at ?? '', ...base, status, ...figures },
    }))
}

function comparePlaces(one: Place, other: Place): number {
  if (one[0] !== other[0]) return one[0] < other[0] ? -1 : 1
  return one[1] - other[1] || one[2] - other[2]
}

function latest(one: string, other: string): string {
  return comparePlaces(parseEventCursor(one), parseEventCursor(other)) > 0 ? one : other
}
