import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { timeSchema } from '#http/schemas.ts'
import { CANDIDATE_COLUMNS, type CandidateRow, candidateSchema, describeCandidate } from './candidate.ts'

const viewSchema = z.object({
  reviewer: z.string(),
  action: z.string(),
  failure_category: z.string().nullable(),
  corrected_response: z.string().nullable(),
  comment: z.string().nullable(),
  created_at: timeSchema,
})

export const disputeSchema = z
  .object({ candidate: candidateSchema, decision: viewSchema, opinion: viewSchema })
  .openapi('Dispute')
export type Dispute = z.infer<typeof disputeSchema>

/** What one reviewer said of a candidate. */
export interface ReviewRating {
  reviewer: string
  action: string
  /** `none` where none was named. */
  category: string
}

/** What was said of a candidate by different reviewers: the decision in force first, then each opinion. */
export type RatedCandidate = ReviewRating[]

/** The newest decision in force on a candidate that has an opinion; none for one that was undone. */
const PAIRS = sql`
  opinions o
  join candidates c on c.project_id = o.project_id and c.candidate_no = o.candidate_no
  join lateral (
    select d.* from decisions d
    where d.project_id = o.project_id and d.candidate_no = o.candidate_no
      and d.action in ('correct', 'discard', 'flag', 'undo')
    order by d.decision_no desc limit 1
  ) d on d.action <> 'undo' and d.user_id <> o.user_id
  join users du on du.user_id = d.user_id
  join users ou on ou.user_id = o.user_id`

/** The candidates on which a decision and an opinion differ in action or category, and nobody adjudicated since. */
export async function listDisputes(db: Db, projectId: number, limit: number): Promise<Dispute[]> {
  const rows = await query<CandidateRow & Pick<Dispute, 'decision' | 'opinion'>>(
    db,
    sql`
      select ${CANDIDATE_COLUMNS},
        json_build_object('reviewer', du.name, 'action', d.action, 'failure_category', d.failure_category,
          'corrected_response', d.corrected_response, 'comment', d.comment,
          'created_at', to_char(d.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) as decision,
        json_build_object('reviewer', ou.name, 'action', o.action, 'failure_category', o.failure_category,
          'corrected_response', o.corrected_response, 'comment', o.comment,
          'created_at', to_char(o.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) as opinion
      from ${PAIRS}
      where o.project_id = ${projectId}
        and (o.action, o.failure_category) is distinct from (d.action, d.failure_category)
        and not exists (
          select from decisions a
          where a.project_id = o.project_id and a.candidate_no = o.candidate_no and a.action = 'adjudicate'
            and a.decision_no > d.decision_no
        )
      order by o.opinion_no limit ${limit}`,
  )
  return rows.map(({ decision, opinion, ...row }) => ({ candidate: describeCandidate(row), decision, opinion }))
}

/** Every decision in force that has opinions, with them, adjudicated or not: what agreement is measured on. */
export async function listRatedCandidates(db: Db, projectId: number): Promise<RatedCandidate[]> {
  const rows = await query<{ decision: ReviewRating; opinions: ReviewRating[] }>(
    db,
    sql`
      select json_build_object(
          'reviewer', du.name, 'action', d.action, 'category', coalesce(d.failure_category, 'none')) as decision,
        json_agg(json_build_object(
          'reviewer', ou.name, 'action', o.action, 'category', coalesce(o.failure_category, 'none')
        ) order by o.opinion_no) as opinions
      from ${PAIRS} where o.project_id = ${projectId}
      group by o.candidate_no, du.name, d.action, d.failure_category order by min(o.opinion_no)`,
  )
  return rows.map(row => [row.decision, ...row.opinions])
}
