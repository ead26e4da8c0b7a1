/** The runs of one experiment as a table needs them: pages in both directions, at any depth. */
import { z } from '@hono/zod-openapi'
import sql, { join, type Sql } from 'sql-template-tag'
import { matchCase } from '#datasets/case-rows.ts'
import { type Db, query } from '#db/connect.ts'
import { Invalid } from '#errors.ts'
import { type BoundedCount, cutPage, pageEdgesSchema } from '#http/list-place.ts'
import { readTimestamp } from '#http/schemas.ts'
import { findExperiment } from './experiments.ts'
import { chooseNewest, countListedRuns, RUN_ORDER, type RunFilter } from './run-page.ts'
import { describeRun, experimentRunSchema, type RunRow, selectRuns } from './runs.ts'

export const experimentRunPageSchema = pageEdgesSchema
  .extend({ items: z.array(experimentRunSchema) })
  .openapi('ExperimentRunPage')

/** Which runs of the table: also by a part of their case's own id or its input, capitals or not. */
export interface RunSearch extends Omit<RunFilter, 'case_nos'> {
  search?: string | undefined
}

/** Which part of the list: from its beginning, after or before a place that a page named, or from a time on. */
export interface RunPlace {
  limit: number
  after?: string | undefined
  before?: string | undefined
  at?: string | undefined
}

/** A run's place: when it started, null where it has not. */
interface RunEdge {
  started_at: string | null
  run_id: string
}

const BACKWARDS = sql`started_at nulls first, run_id desc`
const NO_ID = '00000000-0000-0000-0000-000000000000'

/**
 * A page of an experiment's runs: those that started last first, those that have not started last.
 *
 * @throws NotFound for the experiment, Invalid for a place that this list did not give out.
 */
export async function listRunsBeside(
  db: Db,
  projectId: number,
  experimentId: string,
  search: RunSearch,
  { limit, after, before, at }: RunPlace,
): Promise<z.infer<typeof experimentRunPageSchema>> {
  const { experiment_no } = await findExperiment(db, projectId, experimentId)
  const filter = await narrowToCases(db, projectId, experiment_no, search)
  const backwards = before !== undefined
  const edge =
    before !== undefined
      ? readRunEdge(before, 'before')
      : after !== undefined
        ? readRunEdge(after, 'after')
        : at === undefined
          ? null
          : { started_at: at, run_id: NO_ID }
  const order = backwards ? BACKWARDS : RUN_ORDER
  const ranges = listRanges(edge, backwards).map(
    range => sql`(${chooseNewest(projectId, experiment_no, filter, { beside: range, order, limit: limit + 1 })})`,
  )
  const page = sql`
    select run_no from (${join(ranges, ' union all ')}) ranges order by ${order} limit ${limit + 1}`
  const rows = await query<RunRow>(db, sql`${selectRuns(projectId, page)} order by ${order}`)
  return cutPage(rows.map(describeRun), { limit, backwards, inside: edge !== null }, nameRunEdge)
}

/** How many runs of an experiment the search leaves. @throws NotFound */
export async function countRunsBeside(
  db: Db,
  projectId: number,
  experimentId: string,
  search: RunSearch,
): Promise<BoundedCount> {
  const { experiment_no } = await findExperiment(db, projectId, experimentId)
  const filter = await narrowToCases(db, projectId, experiment_no, search)
  return { n: await countListedRuns(db, projectId, experiment_no, filter), exact: true }
}

/**
 * The text is looked for in the cases of the experiment's version, which are far fewer than its runs. A run by itself has no
 * case.
 */
async function narrowToCases(
  db: Db,
  projectId: number,
  experimentNo: number,
  { search = '', ...filter }: RunSearch,
): Promise<RunFilter> {
  if (search === '') return filter
  const cases = await query<{ case_no: number }>(
    db,
    sql`
      select c.case_no from experiments e
      join cases c on c.project_id = e.project_id and c.dataset_no = e.dataset_no
        and c.added_in <= e.version_no and c.removed_in > e.version_no
      where e.project_id = ${projectId} and e.experiment_no = ${experimentNo}
        and ${matchCase(search)}`,
  )
  return { ...filter, case_nos: cases.map(({ case_no }) => case_no) }
}

/** The conditions that stand for what is beyond an edge, each one range of an index. */
function listRanges(edge: RunEdge | null, backwards: boolean): Sql[] {
  const waiting = sql`started_at is null`
  const started = sql`started_at is not null`
  if (edge === null) return [started, waiting]
  const { started_at, run_id } = edge
  if (started_at === null) {
    return backwards
      ? [started, sql`${waiting} and run_id < ${run_id}::uuid`]
      : [sql`${waiting} and run_id > ${run_id}::uuid`]
  }
  const time = sql`${started_at}::timestamptz`
  return backwards
    ? [sql`started_at >= ${time} and not (started_at = ${time} and run_id >= ${run_id}::uuid)`]
    : [sql`started_at <= ${time} and not (started_at = ${time} and run_id <= ${run_id}::uuid)`, waiting]
}

function nameRunEdge({ id, started_at }: { id: string; started_at: string | null }): string {
  return `${started_at ?? ''}@${id}`
}

function readRunEdge(word: string, parameter: string): RunEdge {
  const [, time = '', run_id] = /^([^@]{0,40})@([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(word) ?? []
  const started_at = time === '' ? null : readTimestamp(time)
  if (run_id === undefined || (time !== '' && started_at === null)) {
    throw new Invalid('This was not given out by this list', ['query', parameter])
  }
  return { started_at, run_id }
}
