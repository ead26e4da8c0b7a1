import { z } from '@hono/zod-openapi'
import sql, { empty } from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { candidateIdSchema, failureCategorySchema, SEEN_HASH } from './candidate.ts'
import { type CandidateFilter, chooseNumbers, narrowingFields } from './candidates.ts'
import type { Reviewer } from './reviewer.ts'

export const bulkSchema = z
  .object({
    action: z.enum(['discard', 'flag']),
    ids: z.array(candidateIdSchema).max(10_000).optional(),
    filter: z.strictObject(narrowingFields).optional(),
    failure_category: failureCategorySchema.nullish(),
  })
  .refine(input => (input.ids === undefined) !== (input.filter === undefined), 'Either ids or a filter is needed')
  .openapi('BulkDecision')
export type BulkDecision = z.infer<typeof bulkSchema>

export const bulkResultSchema = z
  .object({
    changed: z.int(),
    skipped: z.array(z.object({ id: z.string(), reason: z.string() })),
  })
  .openapi('BulkResult')
export type BulkResult = z.infer<typeof bulkResultSchema>

/** One transaction changes at most this many. */
const BATCH = 2_000

/**
 * Discards or flags many candidates that wait for review: those named, or all that match. Those named that are in another
 * state are told; in pieces, so that nobody waits long for a row.
 */
export async function decideMany(db: Db, reviewer: Reviewer, input: BulkDecision): Promise<BulkResult> {
  const result: BulkResult = { changed: 0, skipped: [] }
  if (input.ids === undefined) {
    for (let changed = BATCH; changed === BATCH; result.changed += changed) {
      changed = (await decideBatch(db, reviewer, input, input.filter ?? {}, null)).size
    }
    return result
  }
  const ids = [...new Set(input.ids)]
  for (let start = 0; start < ids.length; start += BATCH) {
    const batch = ids.slice(start, start + BATCH)
    const changed = await decideBatch(db, reviewer, input, {}, batch)
    result.changed += changed.size
    const left = batch.filter(id => !changed.has(id))
    result.skipped.push(...(await explainSkipped(db, reviewer.project_id, left)))
  }
  return result
}

async function decideBatch(
  db: Db,
  reviewer: Reviewer,
  input: BulkDecision,
  filter: CandidateFilter,
  ids: string[] | null,
): Promise<Set<string>> {
  const { project_id, user_id } = reviewer
  const category = input.failure_category ?? null
  const status = input.action === 'discard' ? 'discarded' : 'model_rejected'
  const named = ids === null ? empty : sql`and c.id = any(${ids}::text[])`
  const rows = await transact(db, tx =>
    query<{ id: string }>(
      tx,
      sql`
        with chosen as (
          select c.candidate_no, ${SEEN_HASH} as seen from (
            ${chooseNumbers(project_id, { ...filter, status: 'needs_review' }, named, BATCH)}
          ) first join candidates c on c.project_id = ${project_id} and c.candidate_no = first.candidate_no
          where c.status = 'needs_review'
          order by c.candidate_no for update of c
        ),
        decided as (
          insert into decisions (project_id, candidate_no, user_id, action, status, failure_category, content_hash)
          select ${project_id}, candidate_no, ${user_id}, ${input.action}, ${status}, ${category}, seen from chosen
          returning candidate_no, created_at
        ),
        released as (
          delete from claims k using chosen where k.project_id = ${project_id} and k.candidate_no = chosen.candidate_no
        )
        update candidates c set
          status = ${status}, corrected_response = null,
          failure_category = coalesce(${category}, c.failure_category), decided_at = d.created_at,
          awaits_second = not exists (
            select from opinions o
            where o.project_id = c.project_id and o.candidate_no = c.candidate_no and o.user_id <> ${user_id}
          )
        from decided d
        where c.project_id = ${project_id} and c.candidate_no = d.candidate_no
        returning c.id`,
    ),
  )
  return new Set(rows.map(row => row.id))
}

async function explainSkipped(db: Db, projectId: number, ids: string[]): Promise<BulkResult['skipped']> {
  if (ids.length === 0) return []
  const rows = await query<{ id: string; status: string }>(
    db,
    sql`select id, status from candidates where project_id = ${projectId} and id = any(${ids}::text[])`,
  )
  const states = new Map(rows.map(row => [row.id, row.status]))
  return ids.map(id => {
    const status = states.get(id)
    return { id, reason: status === undefined ? 'There is no such candidate.' : `It is ${status}.` }
  })
}
