import { z } from '@hono/zod-openapi'
import sql, { empty, type Sql } from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { timeSchema } from '#http/schemas.ts'
import { type BriefRow, describeBrief, selectBriefs } from './brief-candidate.ts'
import { candidateIdSchema, candidateStatusSchema, type FailureCategory, failureCategorySchema } from './candidate.ts'
import { type CandidateEdge, readCandidateEdge, writeCandidateEdge } from './candidate-edge.ts'
import { DECISIONS, type DecisionFilter, narrowDays } from './decision-kinds.ts'

const decisionLineSchema = z
  .object({
    place: z.string().openapi({ description: 'In the list; for `after` and `before`' }),
    action: z.enum(DECISIONS),
    author: z.string(),
    failure_category: failureCategorySchema.nullable(),
    duration_ms: z.int().nullable(),
    created_at: timeSchema,
    candidate: z.object({
      id: candidateIdSchema,
      status: candidateStatusSchema.openapi({ description: 'As it is now, whatever was decided then' }),
      task_name: z.string().nullable(),
      request: z.string().nullable().openapi({ description: 'The beginning of what the user asked last' }),
      response: z.string().openapi({ description: 'The beginning of the answer' }),
      source: z.string(),
      model_name: z.string(),
    }),
  })
  .openapi('DecisionLine')

export const decisionPageSchema = z
  .object({
    items: z.array(decisionLineSchema),
    next: z.string().nullable().openapi({ description: 'For `after`; null at the end' }),
    previous: z.string().nullable().openapi({ description: 'For `before`; null at the beginning' }),
  })
  .openapi('DecisionPage')
export type DecisionPage = z.infer<typeof decisionPageSchema>

/** Which part of the list: from its beginning, or after or before a place that a page named. */
export interface DecisionPlace {
  limit: number
  after?: string | undefined
  before?: string | undefined
}

interface DecisionRow {
  decision_no: number
  candidate_no: number
  action: (typeof DECISIONS)[number]
  author: string
  failure_category: FailureCategory | null
  duration_ms: number | null
  created_at: string
}

/**
 * A page of decisions in both directions, the newest first, those that were taken back included: what the counts of
 * `/throughput` count. Reads the front of each kind (reviewer, action, category), at any depth.
 *
 * @throws Invalid for a place that this list did not give out.
 */
export async function listDecisions(
  db: Db,
  projectId: number,
  filter: DecisionFilter,
  place: DecisionPlace,
): Promise<DecisionPage> {
  const backwards = place.before !== undefined
  const edge = chooseEdge(place)
  const rows = await query<DecisionRow>(
    db,
    sql`
      select d.decision_no, d.candidate_no, d.action, u.name as author, d.failure_category, d.duration_ms, d.created_at
      from (${chooseDecisions(projectId, filter, { edge, backwards, limit: place.limit + 1 })}) chosen
      join decisions d on d.project_id = ${projectId} and d.decision_no = chosen.decision_no
      join users u using (user_id) ${orderDecisions(backwards)}`,
  )
  const more = rows.length > place.limit
  const shown = rows.slice(0, place.limit)
  if (backwards) shown.reverse()
  const items = await describeLines(db, projectId, shown)
  const [first, last] = [items.at(0), items.at(-1)]
  return {
    items,
    next: last !== undefined && (backwards || more) ? last.place : null,
    previous: first !== undefined && (backwards ? more : edge !== null) ? first.place : null,
  }
}

/** The numbers of the first decisions that pass the filter, the newest first, or backwards. */
export function chooseDecisions(
  projectId: number,
  filter: DecisionFilter,
  { edge, backwards, limit }: { edge: CandidateEdge | null; backwards: boolean; limit: number },
): Sql {
  const { since, until, timed } = filter
  const place = edge && sql`(${edge.decided_at}::timestamptz, ${edge.candidate_no}::bigint)`
  const beside = place === null ? empty : sql`and (d.created_at, d.decision_no) ${backwards ? GREATER : LESS} ${place}`
  return sql`
    select d.decision_no, d.created_at from (
      select distinct user_id, action, failure_category from review_days where ${narrowDays(projectId, filter)}
    ) kind
    cross join lateral (
      select d.decision_no, d.created_at from decisions d
      where d.project_id = ${projectId} and d.user_id = kind.user_id and d.action = kind.action
        and coalesce(d.failure_category, '') = kind.failure_category and ${IS_DECISION}
        ${since === undefined ? empty : sql`and d.created_at >= ${since}::date::timestamp at time zone 'UTC'`}
        ${until === undefined ? empty : sql`and d.created_at < (${until}::date + 1)::timestamp at time zone 'UTC'`}
        ${timed === true ? sql`and d.duration_ms is not null` : empty} ${beside}
      ${orderDecisions(backwards)} limit ${limit}
    ) d
    ${orderDecisions(backwards)} limit ${limit}`
}

const [LESS, GREATER] = [sql`<`, sql`>`]
/** The words of the index's own condition. */
const IS_DECISION = sql`d.action in ('correct', 'discard', 'flag', 'edit', 'adjudicate')`

function orderDecisions(backwards: boolean): Sql {
  return backwards ? sql`order by d.created_at, d.decision_no` : sql`order by d.created_at desc, d.decision_no desc`
}

function chooseEdge({ after, before }: DecisionPlace): CandidateEdge | null {
  if (before !== undefined) return readCandidateEdge('decided', before, 'before')
  return after === undefined ? null : readCandidateEdge('decided', after, 'after')
}

async function describeLines(db: Db, projectId: number, rows: DecisionRow[]): Promise<DecisionPage['items']> {
  const numbers = [...new Set(rows.map(row => row.candidate_no))]
  const page = sql`select candidate_no from unnest(${numbers}::bigint[]) candidate_no`
  const briefs = await query<BriefRow>(db, selectBriefs(projectId, page))
  const candidates = new Map(briefs.map(row => [row.candidate_no, describeBrief(row, '')]))
  return rows.flatMap(({ decision_no, candidate_no, ...line }) => {
    const candidate = candidates.get(candidate_no)
    if (candidate === undefined) return []
    const { id, status, task_name, request, response, source, model_name } = candidate
    const place = writeCandidateEdge({ candidate_no: decision_no, decided_at: line.created_at })
    return [{ ...line, place, candidate: { id, status, task_name, request, response, source, model_name } }]
  })
}
