import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { boundUnseen } from '#statistics/clusters.ts'
import { type MeanDifference, meanDifference, type SampleSums } from '#statistics/mean-difference.ts'
import { AXES } from './axes.ts'
import { MEAN_SCALE } from './mean.ts'
import { CELL_SUMS } from './stats.ts'
import { readPinsId } from './versions.ts'

export const regressionsSchema = z
  .object({
    compared: z.int().openapi({ description: 'How many differences were looked at; intervals are adjusted for that' }),
    recent_from: z.string(),
    earlier_from: z.string(),
    judge_model: z.string().nullable(),
    regressions: z.array(
      z.object({
        axis: z.enum(AXES),
        profile: z.string().nullable().openapi({ description: 'Null: all profiles together' }),
        difference: z.number(),
        low: z.number(),
        high: z.number(),
        n: z.int(),
        n_earlier: z.int(),
      }),
    ),
  })
  .openapi('Regressions')
export type Regressions = z.infer<typeof regressionsSchema>

/** The last two weeks, the running one included, against the six before them. */
const RECENT_WEEKS = 2
const EARLIER_WEEKS = 6
/** Fewer on a side say too little. */
const LEAST = 5
const MOST_PROFILES = 20
const LEVEL = 0.95

/**
 * Where quality went down: for each axis but complexity (a property of the request), over all profiles and for the twenty
 * busiest, the mean of the sessions that were last active in the last two weeks against the six weeks before, under the
 * pins and by one model, the one that judged most of late. A difference is listed only when its interval by Welch, at 95 %
 * for all comparisons together (Bonferroni), lies below 0. The largest loss comes first.
 */
export async function findRegressions(db: Db, projectId: number): Promise<Regressions> {
  const pinsId = await readPinsId(db, projectId)
  const rows = await query<Sums>(db, selectSums(projectId, pinsId))
  const candidates = pairSums(rows)
  const level = 1 - (1 - LEVEL) / Math.max(1, candidates.length)
  const regressions = candidates.flatMap(({ axis, profile, recent, earlier }) => {
    const found = compareSides(recent, earlier, level)
    if (found === null || found.high >= 0) return []
    const { estimate: difference, low, high } = found
    return [{ axis, profile, difference, low, high, n: recent.n, n_earlier: earlier.n }]
  })
  const [dates] = await query<{ recent_from: string; earlier_from: string }>(
    db,
    sql`select ${RECENT_FROM}::text as recent_from, ${EARLIER_FROM}::text as earlier_from`,
  )
  return {
    compared: candidates.length,
    recent_from: dates?.recent_from ?? '',
    earlier_from: dates?.earlier_from ?? '',
    judge_model: rows[0]?.judge_model ?? null,
    regressions: regressions.sort((a, b) => a.difference - b.difference),
  }
}

/**
 * By Welch's method. Where the sessions of each side are all alike there is no spread to go by; then as many as may be unlike
 * those that were seen, see `boundUnseen`, differ by as much as scores can.
 */
function compareSides(recent: SampleSums, earlier: SampleSums, level: number): MeanDifference | null {
  const found = meanDifference(recent, earlier, { scale: MEAN_SCALE, level })
  if (found === null || found.low < found.high) return found
  const { estimate } = found
  const own = Number(recent.sum) / (recent.n * MEAN_SCALE)
  const former = own - estimate
  const [unseen, unseenFormer] = [recent.n, earlier.n].map(n => boundUnseen(n, (1 - level) / 4))
  const low = estimate - (unseen ?? 1) * own - (unseenFormer ?? 1) * (100 - former)
  return { estimate, low, high: estimate + (unseen ?? 1) * (100 - own) + (unseenFormer ?? 1) * former }
}

interface Sums {
  /** Empty: all together. */
  profile_id: string
  judge_model: string
  recent: boolean
  sums: string
}

interface Candidate {
  axis: (typeof AXES)[number]
  profile: string | null
  recent: SampleSums
  earlier: SampleSums
}

const THIS_WEEK = sql`date_trunc('week', now() at time zone 'UTC')::date`
const RECENT_FROM = sql`(${THIS_WEEK} - 7 * ${RECENT_WEEKS - 1}::integer)`
const EARLIER_FROM = sql`(${THIS_WEEK} - 7 * ${RECENT_WEEKS + EARLIER_WEEKS - 1}::integer)`

function selectSums(projectId: number, pinsId: number) {
  return sql`
    with cells as materialized (
      select *, week >= ${RECENT_FROM} as recent from trend_weeks
      where project_id = ${projectId} and pins_id = ${pinsId} and basis = 'active' and sessions > 0
        and week >= ${EARLIER_FROM} and week <= ${THIS_WEEK}
    ),
    model as (
      select judge_model from cells where recent and profile_id = ''
      group by judge_model order by sum(sessions) desc, judge_model limit 1
    ),
    busiest as (
      select profile_id from cells where recent and profile_id <> ''
      group by profile_id order by sum(sessions) desc, profile_id limit ${MOST_PROFILES}
    )
    select profile_id::text as profile_id, judge_model::text as judge_model, recent, concat_ws(' ', ${CELL_SUMS}) as sums
    from cells join model using (judge_model)
    where profile_id = '' or profile_id in (select profile_id from busiest)
    group by profile_id, judge_model, recent order by profile_id`
}

function pairSums(rows: Sums[]): Candidate[] {
  const profiles = Map.groupBy(rows, row => row.profile_id)
  // A single profile is all of them: it would say the same twice.
  if (profiles.size === 2) for (const id of [...profiles.keys()].filter(id => id !== '')) profiles.delete(id)
  return [...profiles].flatMap(([profileId, sides]) => {
    const [recent, earlier] = [true, false].map(is =>
      sides
        .find(side => side.recent === is)
        ?.sums.split(' ')
        .map(BigInt),
    )
    if (recent === undefined || earlier === undefined) return []
    return AXES.flatMap((axis, index) => {
      if (axis === 'task_complexity') return []
      const pair = { recent: sumsOf(recent, index), earlier: sumsOf(earlier, index) }
      if (pair.recent.n < LEAST || pair.earlier.n < LEAST) return []
      return [{ axis, profile: profileId === '' ? null : profileId, ...pair }]
    })
  })
}

function sumsOf(sums: bigint[], axis: number): SampleSums {
  const at = (column: number) => sums[column * AXES.length + axis] ?? 0n
  return { n: Number(at(0)), sum: at(1), squares: at(2) }
}
