import { z } from '@hono/zod-openapi'
import sql, { empty, type Sql } from 'sql-template-tag'
import { retractCases } from '#datasets/versions.ts'
import { type Db, queryOne } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { Conflict, NotFound } from '#errors.ts'
import {
  type CandidateRow,
  type CandidateStatus,
  candidateIdSchema,
  type FailureCategory,
  failureCategorySchema,
  readGivenCategory,
  SEEN_HASH,
} from './candidate.ts'
import { retractFromExports } from './export-records.ts'
import { nameGoldenCase } from './golden.ts'
import type { Reviewer } from './reviewer.ts'
import { type ReviewState, type ReviewStep, takeStep } from './transitions.ts'

const bindingFields = {
  content_hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "Expected a candidate's content_hash")
    .optional()
    .openapi({ description: 'What the reviewer saw; 409 if that has changed' }),
  duration_ms: z.int().min(0).max(2_147_483_647).nullish().openapi({
    description: 'How long the decision took; left out, the time since the reviewer claimed the candidate',
  }),
  comment: z.string().max(100_000).nullish(),
}

const verdictSchema = z.enum(['correct', 'discard', 'flag'])
const verdictFields = {
  id: candidateIdSchema,
  corrected_response: z.string().nullish(),
  failure_category: failureCategorySchema.nullish(),
  ...bindingFields,
}

export const submissionSchema = z.object({ action: verdictSchema, ...verdictFields }).openapi('Submission')
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

export const adjudicationSchema = z.object({ verdict: verdictSchema, ...verdictFields }).openapi('Adjudication')

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
export async function decideCandidate(db: Db, reviewer: Reviewer, step: Decide): Promise<Retracted> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const candidate = await readState(db, reviewer.project_id, step.id)
    const status = takeStep(candidate, step)
    if (candidate === null || candidate.status === 'approved') return decideApproved(db, reviewer, step)
    // One statement and no transaction around it: every decision changes the same counters, and so holds them briefly.
    if (await recordStep(db, reviewer, candidate, step, status)) return { datasets: [], exports: [] }
  }
  throw new Conflict(`The candidate "${step.id}" is being changed by others all the time; try again.`)
}

/** Each further attempt means that somebody else's step came between looking and deciding. */
const ATTEMPTS = 20

/** What takes an approval back, or changes it, also goes through what was made of it, all at once. */
function decideApproved(db: Db, reviewer: Reviewer, step: Decide): Promise<Retracted> {
  return transact(db, async tx => {
    const candidate = await findLocked(tx, reviewer.project_id, step.id)
    const status = takeStep(candidate, step)
    const retracted = await retractCorrection(tx, reviewer, candidate, step, status)
    await recordStep(tx, reviewer, candidate, step, status)
    return retracted
  })
}

export interface LockedCandidate extends ReviewState {
  candidate_no: number
  corrected_response: string | null
  /** Of the fields that it came with; null unless it is one of ours. */
  given_category: FailureCategory | null
}

/** The candidate's state, held until the transaction ends. @throws NotFound */
export async function findLocked(tx: Db, projectId: number, id: string): Promise<LockedCandidate> {
  const candidate = await readState(tx, projectId, id, sql`for update`)
  if (candidate === null) throw new NotFound(`There is no candidate "${id}".`)
  return candidate
}

async function readState(db: Db, projectId: number, id: string, lock: Sql = empty): Promise<LockedCandidate | null> {
  const row = await queryOne<Omit<LockedCandidate, 'given_category'> & { fields: CandidateRow['fields'] | null }>(
    db,
    sql`
      select c.candidate_no, c.status, encode(${SEEN_HASH}, 'hex') as content_hash, c.corrected_response,
        case when c.status <> 'needs_review' and c.origin = 'benchmark' then c.fields end as fields
      from candidates c where c.project_id = ${projectId} and c.id = ${id} ${lock}`,
  )
  if (row === null) return null
  const { fields, ...state } = row
  return { ...state, given_category: readGivenCategory(fields) }
}

async function retractCorrection(
  tx: Db,
  { project_id, user_id }: Reviewer,
  candidate: LockedCandidate,
  step: Decide,
  status: CandidateStatus,
): Promise<Retracted> {
  if (candidate.status !== 'approved') return { datasets: [], exports: [] }
  const stays = status === 'approved' && step.corrected_response === candidate.corrected_response
  return {
    datasets: stays ? [] : await retractCases(tx, project_id, nameGoldenCase(step.id), user_id),
    exports: await retractFromExports(tx, project_id, candidate.candidate_no),
  }
}

const FIRST_ACTIONS: string[] = ['correct', 'discard', 'flag']

/** False when the candidate is not what it was when it was looked at. */
async function recordStep(
  db: Db,
  reviewer: Reviewer,
  candidate: LockedCandidate,
  step: Decide,
  status: CandidateStatus,
): Promise<boolean> {
  const { action } = step
  const correction = status === 'approved' ? (step.corrected_response ?? null) : null
  // What waits for review has the category that it came with, and keeps it until a reviewer names one.
  const keepsCategory =
    action === 'edit' ? step.failure_category === undefined : FIRST_ACTIONS.includes(action) && !step.failure_category
  const category = step.failure_category ?? (action === 'edit' ? null : candidate.given_category)
  const row = await queryOne(
    db,
    sql`
      with target as (
        select c.candidate_no from candidates c
        where c.project_id = ${reviewer.project_id} and c.candidate_no = ${candidate.candidate_no}
          and c.status = ${candidate.status} and ${SEEN_HASH} = decode(${candidate.content_hash}, 'hex')
        for update
      ),
      decided as (
        insert into decisions (
          project_id, candidate_no, user_id, action, status, failure_category, corrected_response, comment, content_hash,
          duration_ms
        )
        select ${reviewer.project_id}, candidate_no, ${reviewer.user_id}, ${action}, ${status},
          ${step.failure_category ?? null}, ${correction}, ${step.comment ?? null},
          decode(${candidate.content_hash}, 'hex'), coalesce(${step.duration_ms ?? null}::integer, (
            select extract(epoch from clock_timestamp() - k.claimed_at) * 1000 from claims k
            where k.project_id = ${reviewer.project_id} and k.candidate_no = target.candidate_no
              and k.user_id = ${reviewer.user_id} and k.expires_at > clock_timestamp()
          )::integer)
        from target
        returning decision_no, created_at
      ),
      released as (
        delete from claims k using target
        where k.project_id = ${reviewer.project_id} and k.candidate_no = target.candidate_no
      )
      update candidates c set
        status = ${status}, corrected_response = ${correction},
        failure_category = case when ${keepsCategory} then c.failure_category else ${category} end,
        approved_no = case
          when ${status === 'approved'} then case when ${action === 'edit'} then c.approved_no else d.decision_no end
        end,
        ready = ${status === 'approved'},
        awaits_second = ${status !== 'needs_review'} and (c.awaits_second or ${FIRST_ACTIONS.includes(action)})
          and not exists (
            select from opinions o
            where o.project_id = c.project_id and o.candidate_no = c.candidate_no and o.user_id <> ${reviewer.user_id}
          ),
        decided_at = case when ${status === 'needs_review'} then null else d.created_at end
      from decided d
      where c.project_id = ${reviewer.project_id} and c.candidate_no = ${candidate.candidate_no}
      returning c.candidate_no`,
  )
  return row !== null
}
