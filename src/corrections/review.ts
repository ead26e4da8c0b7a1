import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { retractCases } from '#datasets/cases.ts'
import { type Db, query, queryOne } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { NotFound } from '#errors.ts'
import { type CandidateStatus, candidateIdSchema, failureCategorySchema, SEEN_HASH } from './candidate.ts'
import { retractFromExports } from './export-records.ts'
import { nameCaseOrigin } from './golden.ts'
import type { Reviewer } from './reviewer.ts'
import { type ReviewState, type ReviewStep, takeStep } from './transitions.ts'

const bindingFields = {
  content_hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "Expected a candidate's content_hash")
    .optional()
    .openapi({ description: 'What the reviewer saw; 409 if that has changed' }),
  duration_ms: z.int().min(0).max(2_147_483_647).nullish(),
  comment: z.string().max(100_000).nullish(),
}

export const submissionSchema = z
  .object({
    id: candidateIdSchema,
    action: z.enum(['correct', 'discard', 'flag']),
    corrected_response: z.string().nullish(),
    failure_category: failureCategorySchema.nullish(),
    ...bindingFields,
  })
  .openapi('Submission')
export type Submission = z.infer<typeof submissionSchema>

export const undoSchema = z.object({ id: candidateIdSchema, ...bindingFields }).openapi('Undo')

export const editSchema = z
  .object({
    id: candidateIdSchema,
    corrected_response: z.string(),
    failure_category: failureCategorySchema.nullish().openapi({ description: 'Left out: as it was' }),
    ...bindingFields,
  })
  .openapi('CorrectionEdit')
export type CorrectionEdit = z.infer<typeof editSchema>

export const adjudicationSchema = z
  .object({
    id: candidateIdSchema,
    verdict: z.enum(['correct', 'discard', 'flag']),
    corrected_response: z.string().nullish(),
    failure_category: failureCategorySchema.nullish(),
    ...bindingFields,
  })
  .openapi('Adjudication')

/** A step with what is remembered of it. */
export interface Decide extends ReviewStep {
  failure_category?: string | null | undefined
  duration_ms?: number | null | undefined
  comment?: string | null | undefined
}

/** What a step took back: the datasets that had a case of the correction, and the exports that had its line. */
export interface Retracted {
  datasets: string[]
  exports: string[]
}

export const undoneSchema = z.object({
  ok: z.literal(true),
  retracted: z.object({
    datasets: z.array(z.string()).openapi({ description: 'That had a case of it, which is taken out' }),
    exports: z.array(z.string()).openapi({ description: 'Files made before that still have its line' }),
  }),
})

/**
 * Takes one step of review: the decision is appended and the candidate's state is its result, in one transaction. Of two
 * reviewers that decide at the same time one is first, and the other gets a Conflict.
 *
 * A step that ends an approval, or changes its text, takes the correction's cases out of every dataset.
 *
 * @throws as `takeStep`.
 */
export function decideCandidate(db: Db, reviewer: Reviewer, step: Decide): Promise<Retracted> {
  return transact(db, async tx => {
    const candidate = await lockCandidate(tx, reviewer.project_id, step.id)
    const status = takeStep(candidate, step)
    // A state of null is refused by the step.
    if (candidate === null) return { datasets: [], exports: [] }
    const retracted = await retractCorrection(tx, reviewer.project_id, candidate, step)
    await recordStep(tx, reviewer, candidate, step, status)
    return retracted
  })
}

export interface LockedCandidate extends ReviewState {
  candidate_no: number
}

/** The candidate's state, held until the transaction ends. @throws NotFound */
export async function findLocked(tx: Db, projectId: number, id: string): Promise<LockedCandidate> {
  const candidate = await lockCandidate(tx, projectId, id)
  if (candidate === null) throw new NotFound(`There is no candidate "${id}".`)
  return candidate
}

function lockCandidate(tx: Db, projectId: number, id: string): Promise<LockedCandidate | null> {
  return queryOne<LockedCandidate>(
    tx,
    sql`
      select c.candidate_no, c.status, encode(${SEEN_HASH}, 'hex') as content_hash from candidates c
      where c.project_id = ${projectId} and c.id = ${id} for update`,
  )
}

async function retractCorrection(
  tx: Db,
  projectId: number,
  candidate: LockedCandidate,
  step: Decide,
): Promise<Retracted> {
  if (candidate.status !== 'approved') return { datasets: [], exports: [] }
  return {
    datasets: await retractCases(tx, projectId, nameCaseOrigin(step.id)),
    exports: await retractFromExports(tx, projectId, candidate.candidate_no),
  }
}

async function recordStep(
  tx: Db,
  reviewer: Reviewer,
  candidate: LockedCandidate,
  step: Decide,
  status: CandidateStatus,
): Promise<void> {
  const { action } = step
  const correction = status === 'approved' ? (step.corrected_response ?? null) : null
  const keepsCategory = action === 'edit' && step.failure_category === undefined
  await query(
    tx,
    sql`
      with decided as (
        insert into decisions (
          project_id, candidate_no, user_id, action, status, failure_category, corrected_response, comment, content_hash,
          duration_ms
        )
        values (
          ${reviewer.project_id}, ${candidate.candidate_no}, ${reviewer.user_id}, ${action}, ${status},
          ${step.failure_category ?? null}, ${correction}, ${step.comment ?? null},
          decode(${candidate.content_hash}, 'hex'), ${step.duration_ms ?? null}
        )
        returning decision_no, created_at
      ),
      released as (
        delete from claims where project_id = ${reviewer.project_id} and candidate_no = ${candidate.candidate_no}
      )
      update candidates c set
        status = ${status}, corrected_response = ${correction},
        failure_category = case when ${keepsCategory} then c.failure_category else ${step.failure_category ?? null} end,
        approved_no = case
          when ${status === 'approved'} then case when ${action === 'edit'} then c.approved_no else d.decision_no end
        end,
        ready = ${status === 'approved'},
        decided_at = case when ${status === 'needs_review'} then null else d.created_at end
      from decided d
      where c.project_id = ${reviewer.project_id} and c.candidate_no = ${candidate.candidate_no}`,
  )
}
