import { z } from '@hono/zod-openapi'
import sql, { empty } from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { isUniqueViolation } from '#db/outage.ts'
import { Conflict, Forbidden, Invalid, NotFound } from '#errors.ts'
import { isBlank } from './blank.ts'
import {
  CANDIDATE_COLUMNS,
  type Candidate,
  type CandidateRow,
  candidateSchema,
  describeCandidate,
  readGivenCategory,
} from './candidate.ts'
import type { Submission } from './review.ts'
import type { Reviewer } from './reviewer.ts'
import { getOpinionShare } from './settings.ts'

export const blindCandidateSchema = z.object({ candidate: candidateSchema.nullable() }).openapi('BlindCandidate')

/** Shares are set in steps of a ten-thousandth. */
const STEPS = 10_000

/**
 * The next candidate that wants this reviewer's opinion: one of the share that somebody else decided on and nobody gave
 * an opinion on, in an order that depends on their ids alone. It is shown as it was before the decision. Nothing left: null.
 *
 * @param after only those that come after this one.
 */
export async function findNextOpinion(
  db: Db,
  reviewer: Reviewer,
  after?: string,
): Promise<{ candidate: Candidate | null }> {
  const { project_id, user_id } = reviewer
  const limit = Math.round((await getOpinionShare(db, project_id)) * STEPS)
  const later =
    after === undefined
      ? empty
      : sql`
          and (c.sample, c.candidate_no) > (
            select a.sample, a.candidate_no from candidates a where a.project_id = ${project_id} and a.id = ${after}
          )`
  const row = await queryOne<CandidateRow & { base_hash: string }>(
    db,
    sql`
      select ${CANDIDATE_COLUMNS}, encode(c.content_hash, 'hex') as base_hash from candidates c
      where c.project_id = ${project_id} and c.awaits_second and c.sample < ${limit} ${later}
        and not exists (
          select from decisions d
          where d.project_id = c.project_id and d.candidate_no = c.candidate_no and d.user_id = ${user_id}
            and d.action in ('correct', 'discard', 'flag', 'edit', 'adjudicate')
        )
      order by c.sample, c.candidate_no limit 1`,
  )
  return { candidate: row === null ? null : hideDecision(row) }
}

/**
 * Records a second opinion. It changes no state.
 *
 * @throws in this order: Invalid for a blank correction; NotFound; Forbidden for whoever decided on the candidate already;
 * Conflict for a second opinion of the same reviewer, or if the content is not what was shown.
 */
export async function giveOpinion(db: Db, reviewer: Reviewer, input: Submission): Promise<void> {
  const { project_id, user_id } = reviewer
  if (input.action === 'correct' && isBlank(input.corrected_response ?? '')) {
    throw new Invalid('A correction needs text that can be seen', ['body', 'corrected_response'], 'blank')
  }
  const known = await queryOne<{ candidate_no: number; content_hash: string; own: boolean }>(
    db,
    sql`
      select candidate_no, encode(content_hash, 'hex') as content_hash, exists (
        select from decisions d
        where d.project_id = c.project_id and d.candidate_no = c.candidate_no and d.user_id = ${user_id}
          and d.action in ('correct', 'discard', 'flag', 'edit', 'adjudicate')
      ) as own
      from candidates c where project_id = ${project_id} and id = ${input.id}`,
  )
  if (known === null) throw new NotFound(`There is no candidate "${input.id}".`)
  if (known.own) throw new Forbidden('You decided on this candidate yourself; a second opinion is somebody else’s.')
  if (input.content_hash !== undefined && input.content_hash !== known.content_hash) {
    throw new Conflict(`The candidate "${input.id}" has changed since it was shown; look at it again.`)
  }
  await insertOpinion(db, reviewer, known, input)
}

async function insertOpinion(
  db: Db,
  reviewer: Reviewer,
  known: { candidate_no: number; content_hash: string },
  input: Submission,
): Promise<void> {
  const correction = input.action === 'correct' ? (input.corrected_response ?? null) : null
  try {
    await query(
      db,
      sql`
        with given as (
          insert into opinions (
            project_id, candidate_no, user_id, action, failure_category, corrected_response, comment, content_hash,
            duration_ms
          )
          values (
            ${reviewer.project_id}, ${known.candidate_no}, ${reviewer.user_id}, ${input.action},
            ${input.failure_category ?? null}, ${correction}, ${input.comment ?? null},
            decode(${known.content_hash}, 'hex'), ${input.duration_ms ?? null}
          )
          returning project_id, candidate_no
        )
        update candidates c set awaits_second = false from given
        where c.project_id = given.project_id and c.candidate_no = given.candidate_no and c.awaits_second`,
    )
  } catch (error) {
    if (isUniqueViolation(error)) throw new Conflict('You gave an opinion on this candidate already.')
    throw error
  }
}

function hideDecision(row: CandidateRow & { base_hash: string }): Candidate {
  const { base_hash, ...candidate } = row
  return describeCandidate({
    ...candidate,
    status: 'needs_review',
    corrected_response: null,
    failure_category: readGivenCategory(candidate.fields),
    review: { ...candidate.review, content_hash: base_hash, decided_at: null },
  })
}
