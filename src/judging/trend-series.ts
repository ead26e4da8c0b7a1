import { z } from '@hono/zod-openapi'
import sql, { join, raw, type Sql } from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { COMPLEXITY_BUCKETS } from './mean.ts'
import { CELL_SUMS, describeIntervals, intervalsSchema } from './stats.ts'
import { readPinsId } from './versions.ts'

export const TREND_GROUPS = ['all', 'profile', 'model', 'complexity'] as const

export const trendSeriesSchema = z
  .object({
    weeks: z.array(z.string()).openapi({ description: 'All weeks of the window in order; the last one still goes on' }),
    series: z.array(z.object({ name: z.string(), sessions: z.int() })),
    series_count: z.int().openapi({ description: 'Of all series; the largest four are told' }),
    points: z.array(
      z.object({
        week_start: z.string(),
        series: z.string(),
        judge_version: z.string(),
        rubric_version: z.string(),
        judge_models: z.array(z.string()),
        sample_count: z.int(),
        axis_intervals: intervalsSchema,
      }),
    ),
  })
  .openapi('TrendSeries')
export type TrendSeries = z.infer<typeof trendSeriesSchema>

export interface TrendFilter {
  weeks: number
  by: (typeof TREND_GROUPS)[number]
  time: 'judged' | 'last_active'
}

const MOST_SERIES = 4

interface Cell {
  week_start: string
  series: string
  judge_version: string
  rubric_version: string
  judge_models: string[]
  sessions: number
  sums: string
  all_sessions: number
  series_count: number
}

/**
 * Weekly means of the last weeks, from the rollup by week, for the four largest series. A week is told under the pins, and
 * where nothing was judged under them, under the versions that judged most of it: every point names its own, since means
 * under different versions must not be joined.
 */
export async function listTrendSeries(db: Db, projectId: number, filter: TrendFilter): Promise<TrendSeries> {
  const pinsId = await readPinsId(db, projectId)
  const weeks = await query<{ week: string }>(
    db,
    sql`
      select (${THIS_WEEK} - 7 * back)::text as week from generate_series(${filter.weeks - 1}::integer, 0, -1) as back`,
  )
  const cells = await query<Cell>(db, selectSeries(projectId, pinsId, filter))
  const series = new Map(cells.map(cell => [cell.series, cell.all_sessions]))
  return {
    weeks: weeks.map(row => row.week),
    series: [...series].map(([name, sessions]) => ({ name, sessions })).sort((a, b) => b.sessions - a.sessions),
    series_count: cells[0]?.series_count ?? 0,
    points: cells.map(({ sums, sessions, all_sessions: _, series_count: __, ...point }) => ({
      ...point,
      sample_count: sessions,
      axis_intervals: describeIntervals(sums.split(' ').map(BigInt)),
    })),
  }
}

const THIS_WEEK = sql`date_trunc('week', now() at time zone 'UTC')::date`

/** What tells the series apart, as SQL over a cell. */
const NAMES = {
  all: sql`'all'`,
  profile: sql`profile_id`,
  model: sql`judge_model`,
  complexity: sql`(array[${join(COMPLEXITY_BUCKETS.map(name => raw(`'${name}'`)))}])[bucket + 1]`,
}

function selectSeries(projectId: number, pinsId: number, { weeks, by, time }: TrendFilter): Sql {
  return sql`
    with cells as materialized (
      select t.*, v.judge_version, v.rubric_version, ${NAMES[by]} as series
      from version_pairs v join trend_weeks t using (project_id, pins_id)
      where v.project_id = ${projectId} and t.basis = ${time === 'judged' ? 'judged' : 'active'} and t.sessions > 0
        and t.week > ${THIS_WEEK} - 7 * ${weeks}::integer and t.week <= ${THIS_WEEK}
        and ${by === 'profile' ? sql`t.profile_id <> ''` : sql`t.profile_id = ''`}
    ),
    chosen as (
      select distinct on (week) week, pins_id from cells group by week, pins_id
      order by week, pins_id = ${pinsId} desc, sum(sessions) desc, pins_id desc
    ),
    told as (select * from cells join chosen using (week, pins_id)),
    largest as (
      select series, sum(sessions)::integer as all_sessions, (count(*) over ())::integer as series_count
      from told group by series order by 2 desc, series limit ${MOST_SERIES}
    )
    select week::text as week_start, series, judge_version, rubric_version, all_sessions, series_count,
      array_agg(distinct judge_model::text) as judge_models, sum(sessions)::integer as sessions,
      concat_ws(' ', ${CELL_SUMS}) as sums
    from told join largest using (series)
    group by week, series, judge_version, rubric_version, all_sessions, series_count
    order by week, all_sessions desc, series`
}
