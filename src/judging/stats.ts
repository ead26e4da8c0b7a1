import { z } from '@hono/zod-openapi'
import sql, { empty, join, raw } from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { meanInterval } from '#statistics/mean-interval.ts'
import { AXES, mapAxes } from './axes.ts'
import { COMPLEXITY_BUCKETS, MEAN_SCALE, roundHalfEven } from './mean.ts'
import { meansSchema } from './scores.ts'
import { readPinsId } from './versions.ts'

const intervalSchema = z
  .object({ mean: z.number(), low: z.number().nullable(), high: z.number().nullable(), n: z.int() })
  .nullable()

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
        axis_intervals: z
          .object(mapAxes(() => intervalSchema))
          .openapi({ description: 'Unrounded means with their 95 % intervals over sessions' }),
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

/**
 * Weekly means under the pins, from the rollup: per session its newest pass, each session weighing the same. The window of
 * `days` begins at 00:00 UTC of the day that many days ago. A filter by model shows the sessions whose newest pass is that
 * model's.
 */
export async function computeStats(db: Db, projectId: number, filter: StatsFilter): Promise<Stats> {
  const pinsId = await readPinsId(db, projectId)
  const bucketed = filter.by_complexity_bucket
  const rows = await query<CellRow>(
    db,
    sql`
      select to_char(date_trunc('week', day::timestamp), 'YYYY-MM-DD') as week_start,
        ${bucketed ? sql`case when grouping(bucket) = 1 then -1 else bucket end` : sql`-1`} as bucket,
        sum(sessions)::integer as sessions, array_agg(distinct judge_model) filter (where sessions > 0) as judge_models,
        ${sumAxes('n')} as n, ${sumAxes('total')} as total, ${sumAxes('squares')} as squares
      from trend_cells
      where project_id = ${projectId} and pins_id = ${pinsId}
        and basis = ${filter.time === 'judged' ? 'judged' : 'active'}
        and day >= (now() at time zone 'UTC')::date - ${filter.days}::integer
        ${filter.model === undefined ? empty : sql`and judge_model = ${filter.model}`}
        ${filter.profile === undefined ? empty : sql`and profile_id = ${filter.profile}`}
      group by grouping sets (${bucketed ? sql`(1), (1, bucket)` : sql`(1)`})
      having sum(sessions) > 0
      order by 1, 2`,
  )
  return { buckets: bucketed ? [...COMPLEXITY_BUCKETS] : [OVERALL], weekly: rows.map(describeCell) }
}

interface CellRow {
  week_start: string
  /** -1 is all of them together. */
  bucket: number
  sessions: number
  judge_models: string[]
  /** Per axis, exact, as text: n, Σ and Σ² of means times `MEAN_SCALE`. */
  n: string[]
  total: string[]
  squares: string[]
}

function sumAxes(column: 'n' | 'total' | 'squares') {
  return sql`array[${join(AXES.map((_, index) => raw(`sum(${column}[${index + 1}])::text`)))}]`
}

function describeCell(row: CellRow): Stats['weekly'][number] {
  const sums = (index: number) => ({
    n: BigInt(row.n[index] ?? 0),
    total: BigInt(row.total[index] ?? 0),
    squares: BigInt(row.squares[index] ?? 0),
  })
  return {
    week_start: row.week_start,
    bucket: COMPLEXITY_BUCKETS[row.bucket] ?? OVERALL,
    sample_count: row.sessions,
    judge_models: row.judge_models,
    axis_means: mapAxes((_, index) => {
      const { n, total } = sums(index)
      return n === 0n ? null : roundHalfEven(total, n * BigInt(MEAN_SCALE))
    }),
    axis_intervals: mapAxes((_, index) => {
      const { n, total, squares } = sums(index)
      return meanInterval(Number(n), total, squares, { scale: MEAN_SCALE, bounds: { low: 0, high: 100 } })
    }),
  }
}
