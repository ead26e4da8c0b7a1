import { z } from '@hono/zod-openapi'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { NotFound } from '#errors.ts'
import { integerParameter, numberParameter, timeSchema } from '#http/schemas.ts'
import {
  CANDIDATE_COLUMNS,
  type CandidateRow,
  type CandidateStatus,
  candidateSchema,
  describeCandidate,
  type FailureCategory,
  failureCategorySchema,
} from './candidate.ts'

export const candidatePageSchema = z
  .object({ items: z.array(candidateSchema), total: z.int(), page: z.int(), per_page: z.int() })
  .openapi('CandidatePage')
export type CandidatePage = z.infer<typeof candidatePageSchema>

export const decisionSchema = z
  .object({
    action: z.string(),
    author: z.string(),
    created_at: timeSchema,
    status: z.string().nullable().openapi({ description: 'What the candidate became by it' }),
    failure_category: z.string().nullable(),
    corrected_response: z.string().nullable(),
    comment: z.string().nullable(),
    assignee: z.string().nullable(),
    content_hash: z.string().openapi({ description: 'Of what its author saw' }),
    duration_ms: z.int().nullable(),
  })
  .openapi('Decision')
export type Decision = z.infer<typeof decisionSchema>

export const candidateDetailSchema = z.object({ candidate: candidateSchema, decisions: z.array(decisionSchema) })

/** What is older than that came before there were computers. */
const MOST_DAYS = 36_500
const AGE_WORDS = "Those that came so many days ago or earlier, by UTC's days as in `/throughput`"

/** What the body of a request narrows candidates by. */
export const narrowingFields = {
  source: z.string().optional(),
  model_name: z.string().optional(),
  task_type: z.string().optional(),
  failure_category: failureCategorySchema.optional(),
  min_quality: z.number().min(0).max(1).optional(),
  max_quality: z.number().min(0).max(1).optional(),
  min_age_days: z.int().min(0).max(MOST_DAYS).optional().openapi({ description: AGE_WORDS }),
}

/** What an address narrows them by: the same, as text. */
export const narrowingParameters = {
  source: z.string().optional().openapi({ description: '"" is a missing one, as with the next two' }),
  model_name: z.string().optional(),
  task_type: z.string().optional(),
  failure_category: failureCategorySchema.optional(),
  min_quality: numberParameter({ min: 0, max: 1 }).optional(),
  max_quality: numberParameter({ min: 0, max: 1 }).optional(),
  min_age_days: integerParameter({ min: 0, max: MOST_DAYS }).optional().openapi({ description: AGE_WORDS }),
}

/** Which candidates; a field that is not there does not narrow. A name of '' is a missing one. */
export interface CandidateFilter {
  status?: CandidateStatus | undefined
  source?: string | undefined
  model_name?: string | undefined
  task_type?: string | undefined
  failure_category?: FailureCategory | undefined
  min_quality?: number | undefined
  max_quality?: number | undefined
  /** Came so many of UTC's days ago, or earlier. */
  min_age_days?: number | undefined
  /** Only what an export would take. */
  ready?: boolean | undefined
}

/**
 * A page of candidates in import order, with how many there are in all. The total comes from the counters, unless it is
 * narrowed by category or quality, which are counted.
 */
export async function listCandidates(
  db: Db,
  projectId: number,
  filter: CandidateFilter,
  window: { page: number; per_page: number },
): Promise<CandidatePage> {
  const { page, per_page } = window
  const rows = await query<CandidateRow>(
    db,
    sql`
      select ${CANDIDATE_COLUMNS} from (
        select candidate_no from (${chooseNumbers(projectId, filter, empty, page * per_page)}) up_to_page
        order by candidate_no offset ${(page - 1) * per_page}
      ) chosen join candidates c on c.project_id = ${projectId} and c.candidate_no = chosen.candidate_no
      order by c.candidate_no`,
  )
  return { items: rows.map(describeCandidate), total: await countCandidates(db, projectId, filter), page, per_page }
}

/**
 * How many candidates pass the filter: from the counters, unless it narrows by category or quality, or by age and something
 * else than that they wait, which are counted.
 */
export async function countCandidates(db: Db, projectId: number, filter: CandidateFilter): Promise<number> {
  const { failure_category, min_quality, max_quality, min_age_days, ready, ...kind } = filter
  const named = NAMES.some(name => kind[name] !== undefined)
  const aged = min_age_days !== undefined
  if (
    failure_category !== undefined ||
    min_quality !== undefined ||
    max_quality !== undefined ||
    (aged && (named || kind.status !== 'needs_review'))
  ) {
    const row = await queryRow<{ n: number }>(
      db,
      sql`select count(*) as n from candidates c where ${narrow(projectId, filter)}`,
    )
    return row.n
  }
  const cells = sql`
    select coalesce(sum(${ready === true ? sql`ready` : sql`n`}), 0)::bigint as n
    from candidate_cells c where ${narrow(projectId, kind)}`
  const days = sql`
    select coalesce(sum(n), 0)::bigint as n from waiting_days
    where project_id = ${projectId} and day <= ${today()} - ${min_age_days ?? 0}::integer`
  return (await queryRow<{ n: number }>(db, aged ? days : cells)).n
}

/** A candidate with its history, oldest decision first. @throws NotFound */
export async function getCandidate(
  db: Db,
  projectId: number,
  id: string,
): Promise<z.infer<typeof candidateDetailSchema>> {
  const row = await queryOne<CandidateRow & { candidate_no: number }>(
    db,
    sql`select c.candidate_no, ${CANDIDATE_COLUMNS} from candidates c where project_id = ${projectId} and id = ${id}`,
  )
  if (row === null) throw new NotFound(`There is no candidate "${id}".`)
  const { candidate_no, ...candidate } = row
  const decisions = await query<Decision>(
    db,
    sql`
      select d.action, u.name as author, d.created_at, d.status, d.failure_category, d.corrected_response, d.comment,
        a.name as assignee, encode(d.content_hash, 'hex') as content_hash, d.duration_ms
      from decisions d join users u using (user_id) left join users a on a.user_id = d.assignee
      where d.project_id = ${projectId} and d.candidate_no = ${candidate_no} order by d.decision_no`,
  )
  return { candidate: describeCandidate(candidate), decisions }
}

/** The condition that a candidate `c` is of the project and passes the filter. */
export function narrow(projectId: number, filter: CandidateFilter): Sql {
  const { status, failure_category, min_quality, max_quality, min_age_days, ready } = filter
  const conditions = [
    sql`c.project_id = ${projectId}`,
    status === undefined ? empty : sql`c.status = ${status}`,
    ...NAMES.map(name => narrowName(name, filter[name])),
    failure_category === undefined ? empty : sql`c.failure_category = ${failure_category}`,
    min_quality === undefined ? empty : sql`c.quality_score >= ${min_quality}`,
    max_quality === undefined ? empty : sql`c.quality_score <= ${max_quality}`,
    min_age_days === undefined ? empty : sql`c.created_at < ${endOfDay(min_age_days)}`,
    ready === true ? sql`c.ready` : empty,
  ]
  return join(
    conditions.filter(condition => condition !== empty),
    ' and ',
  )
}

/**
 * The numbers of the first candidates `c` in import order that pass the filter. Where it names a kind, the front of each kind
 * is read and not the table up to the first that matches: those of a new model all stand at its end, and finding them took
 * 1.5 s among a million.
 *
 * @param condition more that has to hold for `c`, beginning with `and`, or empty.
 */
export function chooseNumbers(projectId: number, filter: CandidateFilter, condition: Sql, limit: number): Sql {
  const { status, source, model_name, task_type, ...rest } = filter
  const kinds = { status, source, model_name, task_type }
  const named = NAMES.some(name => filter[name] !== undefined) || (status !== undefined && status !== 'needs_review')
  if (!named) {
    return sql`
      select c.candidate_no from candidates c where ${narrow(projectId, filter)} ${condition}
      order by c.candidate_no limit ${limit}`
  }
  return sql`
    select first.candidate_no from (
      select c.status, c.source, c.model_name, c.task_type from candidate_cells c
      where ${narrow(projectId, kinds)} and c.n > 0
    ) kind
    cross join lateral (
      select c.candidate_no from candidates c
      where ${narrow(projectId, rest)} and ${OF_KIND} ${condition} order by c.candidate_no limit ${limit}
    ) first
    order by first.candidate_no limit ${limit}`
}

function today(): Sql {
  return sql`(now() at time zone 'UTC')::date`
}

/** The end of UTC's day so many days ago. */
function endOfDay(age: number): Sql {
  return sql`(${today()} - ${age}::integer + 1)::timestamp at time zone 'UTC'`
}

const OF_KIND = sql`
  c.status = kind.status and c.source = kind.source and c.model_name = kind.model_name and c.task_type = kind.task_type`

const NAMES = ['source', 'model_name', 'task_type'] as const
const COLUMNS = { source: sql`source`, model_name: sql`model_name`, task_type: sql`task_type` }

function narrowName(name: (typeof NAMES)[number], value: string | undefined): Sql {
  return value === undefined ? empty : sql`c.${COLUMNS[name]} = ${value}`
}
