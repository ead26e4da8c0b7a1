/** Which runs a page of the list holds, and how many there are. */
import sql, { empty, join, type Sql } from 'sql-template-tag'
import { type Db, queryRow } from '#db/connect.ts'

/** Which runs; a field that is not there does not narrow. Scores are means over a run's scorers. */
export interface RunFilter {
  status?: 'pending' | 'running' | 'completed' | 'failed' | undefined
  min_score?: number | undefined
  max_score?: number | undefined
  /** The numbers of their cases. */
  case_nos?: readonly number[] | undefined
}

export interface RunWindow {
  limit: number
  offset: number
}

/** The list's order: those that started last first, those that have not started last. */
export const RUN_ORDER = sql`started_at desc nulls last, run_id`

/** A statement for the numbers of a page's runs. Far down the list hundredths of the score are not merged, see `chooseNewest`. */
export function choosePage(
  projectId: number,
  experimentNo: number | undefined,
  filter: RunFilter,
  { limit, offset }: RunWindow,
): Sql {
  if (offset + limit > MERGED) {
    const chosen = narrowRuns(projectId, experimentNo, filter)
    return sql`select run_no from runs r where ${chosen} order by ${RUN_ORDER} limit ${limit} offset ${offset}`
  }
  const range = { beside: sql`true`, order: RUN_ORDER, limit: offset + limit }
  return sql`
    select run_no from (${chooseNewest(projectId, experimentNo, filter, range)}) first
    order by ${RUN_ORDER} limit ${limit} offset ${offset}`
}

/**
 * A statement for the first runs in an order, with what orders them.
 *
 * With bounds of the score, the newest runs of each hundredth are merged: an index holds them in that order, so that it takes
 * no longer when the list begins with runs outside the bounds. Of named cases the planner knows how many runs there are.
 */
export function chooseNewest(
  projectId: number,
  experimentNo: number | undefined,
  filter: RunFilter,
  { beside, order, limit }: { beside: Sql; order: Sql; limit: number },
): Sql {
  const chosen = sql`${narrowRuns(projectId, experimentNo, filter)} and ${beside}`
  const { min_score, max_score, status, case_nos } = filter
  const isByScore = case_nos === undefined && (min_score !== undefined || max_score !== undefined)
  if (!isByScore || (status !== undefined && status !== 'completed')) {
    return sql`select run_no, started_at, run_id from runs r where ${chosen} order by ${order} limit ${limit}`
  }
  return sql`
    select run_no, started_at, run_id from (
      select newest.* from generate_series(
        floor(${min_score ?? 0}::float8 * 100)::integer, floor(${max_score ?? 1}::float8 * 100)::integer
      ) as hundredth
      cross join lateral (
        select run_no, started_at, run_id from runs r
        where ${chosen} and ${HUNDREDTH} = hundredth::smallint
        order by ${order} limit ${limit}
      ) newest
    ) merged
    order by ${order} limit ${limit}`
}

/**
 * The same for a page in the farther half of a list that nothing but the experiment narrows: from its end. How many runs
 * there are is looked up again, to be of the same moment as the runs.
 */
export function chooseFarPage(projectId: number, experimentNo: number | undefined, { limit, offset }: RunWindow): Sql {
  const total = sql`(${sumRuns(projectId, experimentNo)})`
  // The limit is said twice: the planner cannot see that the inner one is small, and would join all runs.
  return sql`
    select run_no from (
      select run_no from runs r where ${narrowRuns(projectId, experimentNo, {})}
      order by started_at nulls first, run_id desc
      limit greatest(0, least(${limit}, ${total} - ${offset})) offset greatest(0, ${total} - ${offset} - ${limit})
    ) far limit ${limit}`
}

/** Beyond this many rows of each hundredth the list is gone along instead. */
const MERGED = 250

/** As the indexes have it. Rounding never puts a higher score below a lower one. */
const HUNDREDTH = sql`floor(r.score_mean * 100)::smallint`

/** How many runs there are: from the experiments' counters where only the experiment narrows, else counted. */
export async function countListedRuns(
  db: Db,
  projectId: number,
  experimentNo: number | undefined,
  filter: RunFilter,
): Promise<number> {
  const isCounted = Object.values(filter).some(value => value !== undefined)
  const { n } = await queryRow<{ n: number }>(
    db,
    isCounted
      ? sql`select count(*) as n from runs r where ${narrowRuns(projectId, experimentNo, filter)}`
      : sumRuns(projectId, experimentNo),
  )
  return n
}

function sumRuns(projectId: number, experimentNo: number | undefined): Sql {
  const which = experimentNo === undefined ? empty : sql`and experiment_no = ${experimentNo}`
  return sql`select coalesce(sum(runs), 0)::bigint as n from experiments where project_id = ${projectId} ${which}`
}

function narrowRuns(projectId: number, experimentNo: number | undefined, filter: RunFilter): Sql {
  const { status, min_score, max_score, case_nos } = filter
  const conditions = [
    sql`r.project_id = ${projectId}`,
    experimentNo === undefined ? empty : sql`r.experiment_no = ${experimentNo}`,
    status === undefined ? empty : sql`r.status = ${status}`,
    // Said in the index's words, so that it is used.
    status === undefined || status === 'completed' ? empty : sql`r.status <> 'completed'`,
    // The hundredths narrow the index, the scores themselves what is at its edges.
    min_score === undefined
      ? empty
      : sql`r.score_mean >= ${min_score}::float8 and ${HUNDREDTH} >= floor(${min_score}::float8 * 100)::smallint`,
    max_score === undefined
      ? empty
      : sql`r.score_mean <= ${max_score}::float8 and ${HUNDREDTH} <= floor(${max_score}::float8 * 100)::smallint`,
    case_nos === undefined ? empty : sql`r.case_no = any(${case_nos}::bigint[])`,
  ]
  return join(
    conditions.filter(condition => condition !== empty),
    ' and ',
  )
}
