import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { DECISIONS, SUBMITTED } from './decision-kinds.ts'
import { estimateDecisionTimes } from './decision-times.ts'

const reviewedSchema = z.object({
  reviewer: z.string(),
  day: z.string(),
  action: z.string(),
  n: z.int(),
  timed: z.int().openapi({ description: 'How many of them say how long they took' }),
  mean_duration_ms: z.number().nullable(),
})

const decisionTimeSchema = z.object({
  reviewer: z.string(),
  n: z.int().openapi({ description: 'Decisions that say how long they took' }),
  days: z.int().openapi({ description: 'Days on which they were taken: the clusters of the interval' }),
  mean_ms: z.number(),
  low_ms: z.number().nullable().openapi({ description: '95 % interval; null for n below 5 and for a single day' }),
  high_ms: z.number().nullable(),
})

export const throughputSchema = z
  .object({
    days: z
      .object({ today: z.string(), week_since: z.string(), since: z.string() })
      .openapi({ description: "UTC's: today, the first of the last 7, the first that anything here is about" }),
    reviewers: z.array(reviewedSchema),
    times: z.array(decisionTimeSchema).openapi({ description: 'Mean time per decision, of those who timed any' }),
    categories: z.array(z.object({ week_start: z.string(), category: z.string(), n: z.int() })),
    waiting: z.object({
      total: z.int(),
      oldest_day: z.string().nullable(),
      median_age_days: z.int().nullable(),
      by_age: z.array(z.object({ at_least_days: z.int(), n: z.int() })),
    }),
  })
  .openapi('Throughput')
export type Throughput = z.infer<typeof throughputSchema>

/** How far back decisions are told, in days. */
const DAYS = 91
/** Where the ages of what waits are cut, in days. */
const AGES = [0, 1, 7, 30, 90]

/**
 * What each reviewer did on each day of the last quarter, how often each category was named in each week (from Monday, UTC;
 * taking a decision back does not take its category out), what time a decision takes them, and how long what waits has been
 * waiting. From counters alone.
 */
export async function reportThroughput(db: Db, projectId: number): Promise<Throughput> {
  const [days, reviewed, categories, waiting] = await Promise.all([
    queryRow<Throughput['days']>(
      db,
      sql`
        select today::text as today, (today - 6)::text as week_since, (today - ${DAYS - 1}::integer)::text as since
        from (select (now() at time zone 'UTC')::date as today) clock`,
    ),
    query<Throughput['reviewers'][number] & { duration_ms: number }>(
      db,
      sql`
        select u.name as reviewer, r.day::text as day, r.action, sum(r.n)::bigint as n, sum(r.timed)::bigint as timed,
          sum(r.duration_ms)::bigint as duration_ms,
          (sum(r.duration_ms) / nullif(sum(r.timed), 0))::float8 as mean_duration_ms
        from review_days r join users u using (user_id)
        where r.project_id = ${projectId} and r.day > (now() at time zone 'UTC')::date - ${DAYS}::integer
        group by u.name, r.day, r.action order by r.day desc, u.name, r.action`,
    ),
    query<Throughput['categories'][number]>(
      db,
      sql`
        select date_trunc('week', r.day)::date::text as week_start, r.failure_category as category, sum(r.n)::bigint as n
        from review_days r
        where r.project_id = ${projectId} and r.failure_category <> '' and r.action = any(${SUBMITTED}::text[])
          and r.day > (now() at time zone 'UTC')::date - ${DAYS}::integer
        group by 1, 2 order by 1, 2`,
    ),
    describeWaiting(db, projectId),
  ])
  const decided = reviewed.filter(row => DECISIONS.some(action => action === row.action))
  const reviewers = reviewed.map(({ duration_ms, ...row }) => row)
  return { days, reviewers, times: estimateDecisionTimes(decided), categories, waiting }
}

async function describeWaiting(db: Db, projectId: number): Promise<Throughput['waiting']> {
  const days = sql`
    select day, n, (now() at time zone 'UTC')::date - day as age from waiting_days where project_id = ${projectId} and n > 0`
  const whole = await queryOne<{ total: number; oldest_day: string | null; median_age_days: number | null }>(
    db,
    sql`
      with days as (${days}), counted as (
        select age, sum(n) over (order by age) as up_to, sum(n) over () as total from days
      )
      select (select coalesce(sum(n), 0)::bigint from days) as total, (select min(day)::text from days) as oldest_day,
        (select min(age) from counted where up_to * 2 >= total) as median_age_days`,
  )
  const by_age = await query<{ at_least_days: number; n: number }>(
    db,
    sql`
      with days as (${days})
      select edge as at_least_days, coalesce((select sum(n) from days where age >= edge), 0)::bigint as n
      from unnest(${AGES}::integer[]) as edge order by edge`,
  )
  return { total: 0, oldest_day: null, median_age_days: null, ...whole, by_age }
}
