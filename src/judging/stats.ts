import { z } from '@hono/zod-openapi'
import sql, { empty, join, raw, type Sql } from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { meanInterval } from '#statistics/mean-interval.ts'
import { AXES, mapAxes } from './axes.ts'
import { COMPLEXITY_BUCKETS, MEAN_SCALE, roundHalfEven } from './mean.ts'
import { meansSchema } from './scores.ts'
import { readPinsId } from './versions.ts'

const intervalSchema = z
  .object({ mean: z.number(), low: z.number().nullable(), high: z.number().nullable(), n: z.int() })
  .nullable()
export const intervalsSchema = z
  .object(mapAxes(() => intervalSchema))
  .openapi({ description: 'Unrounded means with their 95 % intervals over sessions' })

export const statsSchema = z
  .object({
    buckets: z.array(z.string()),
    weekly: z.array(
      z.object({
        week_start: z.string().openapi({ example: '2026-01-05' }),
        bucket: z.string(),
        sample_count: z.int(),
        axis_means: meansSchema,
        judge_models: z.array(z.string()),
        axis_intervals: intervalsSchema,
      }),
    ),
  })
  .openapi('Stats')
export type Stats = z.infer<typeof statsSchema>

export interface StatsFilter {
  days: number
  by_complexity_bucket: boolean
  /** `judged`: a pass counts on the day of its judging; `last_active`: on the session's. */
  time: 'judged' | 'last_active'
  model?: string | undefined
  profile?: string | undefined
}

const OVERALL = 'overall'
/** How the rollup by week names all profiles together; no profile has this id. */
const ALL_PROFILES = ''

/**
 * Weekly means under the pins, from the rollup: per session its newest pass, each session weighing the same. The window of
 * `days` begins at 00:00 UTC of the day that many days ago. A filter by model shows the sessions whose newest pass is that
 * model's.
 */
export async function computeStats(db: Db, projectId: number, filter: StatsFilter): Promise<Stats> {
  const pinsId = await readPinsId(db, projectId)
  const cells = filter.profile === ALL_PROFILES ? [] : await query<Cell>(db, selectCells(projectId, pinsId, filter))
  const bucketed = filter.by_complexity_bucket
  const rows = new Map<string, Row>()
  for (const cell of cells) {
    const sums = cell.sums.split(' ').map(BigInt)
    for (const bucket of bucketed ? [OVERALL, COMPLEXITY_BUCKETS[cell.bucket] ?? OVERALL] : [OVERALL]) {
      const key = `${cell.week} ${bucket}`
      const row = rows.get(key) ?? createRow(cell.week, bucket)
      rows.set(key, row)
      addCell(row, cell, sums)
    }
  }
  const weekly = [...rows.values()].filter(row => row.sessions > 0).sort(inOrder)
  return { buckets: bucketed ? [...COMPLEXITY_BUCKETS] : [OVERALL], weekly: weekly.map(describeRow) }
}

/** Means with their intervals out of whole sums: n of each axis, then Σ of each, then Σ² of each. */
export function describeIntervals(sums: bigint[]): z.infer<typeof intervalsSchema> {
  const sumOf = (column: 0 | 1 | 2, axis: number) => sums[column * AXES.length + axis] ?? 0n
  return mapAxes((_, axis) =>
    meanInterval(Number(sumOf(0, axis)), sumOf(1, axis), sumOf(2, axis), {
      scale: MEAN_SCALE,
      bounds: { low: 0, high: 100 },
    }),
  )
}

/** What one model judged of a bucket in a week. */
interface Cell {
  week: string
  bucket: number
  judge_model: string
  sessions: number
  /** Exact whole numbers, spaces between: n of each axis, Σ of each, Σ² of each, of means times `MEAN_SCALE`. */
  sums: string
}

/** Whole weeks come from the rollup by week, the days before the window's first Monday from the one by day. */
function selectCells(projectId: number, pinsId: number, filter: StatsFilter): Sql {
  const condition = sql`
    project_id = ${projectId} and pins_id = ${pinsId} and basis = ${filter.time === 'judged' ? 'judged' : 'active'}
    ${filter.model === undefined ? empty : sql`and judge_model = ${filter.model}`}
    ${filter.profile === ALL_PROFILES ? sql`and false` : empty}`
  const ofProfile = filter.profile === undefined ? empty : sql`and profile_id = ${filter.profile}`
  const first = sql`(now() at time zone 'UTC')::date - ${filter.days}::integer`
  const monday = sql`date_trunc('week', (${first} + 6)::timestamp)::date`
  const columns = sql`bucket, judge_model, sessions, n, total, squares`
  return sql`
    select week, bucket, judge_model, sum(sessions)::integer as sessions, concat_ws(' ', ${CELL_SUMS}) as sums
    from (
      select week, ${columns} from trend_weeks
      where ${condition} and profile_id = ${filter.profile ?? ALL_PROFILES} and week >= ${monday}
      union all
      select date_trunc('week', day::timestamp)::date, ${columns} from trend_cells
      where ${condition} ${ofProfile} and day >= ${first} and day < ${monday}
    ) cell
    group by week, bucket, judge_model`
}

/** SQL of the sums of cells, in the order in which `describeIntervals` takes them. */
export const CELL_SUMS = join(
  ['n', 'total', 'squares'].flatMap(column => AXES.map((_, axis) => raw(`sum(${column}[${axis + 1}])`))),
)

/** A week's row in the making. */
interface Row {
  week_start: string
  bucket: string
  sessions: number
  models: Set<string>
  /** In the order of a cell's. */
  sums: bigint[]
}

function createRow(week_start: string, bucket: string): Row {
  return { week_start, bucket, sessions: 0, models: new Set(), sums: new Array<bigint>(3 * AXES.length).fill(0n) }
}

function addCell(row: Row, cell: Cell, sums: bigint[]): void {
  row.sessions += cell.sessions
  if (cell.sessions > 0) row.models.add(cell.judge_model)
  for (const [index, sum] of sums.entries()) row.sums[index] = sum + (row.sums[index] ?? 0n)
}

/** Weeks in order; in a week what is over all before its buckets, lowest first. */
function inOrder(one: Row, other: Row): number {
  if (one.week_start !== other.week_start) return one.week_start < other.week_start ? -1 : 1
  return BUCKET_ORDER.indexOf(one.bucket) - BUCKET_ORDER.indexOf(other.bucket)
}

const BUCKET_ORDER: string[] = [OVERALL, ...COMPLEXITY_BUCKETS]

function describeRow({ week_start, bucket, sessions, models, sums }: Row): Stats['weekly'][number] {
  const sumOf = (column: 0 | 1 | 2, axis: number) => sums[column * AXES.length + axis] ?? 0n
  return {
    week_start,
    bucket,
    sample_count: sessions,
    judge_models: [...models].sort(),
    axis_means: mapAxes((_, axis) => {
      const n = sumOf(0, axis)
      return n === 0n ? null : roundHalfEven(sumOf(1, axis), n * BigInt(MEAN_SCALE))
    }),
    axis_intervals: describeIntervals(sums),
  }
}
