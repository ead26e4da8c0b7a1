import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { NotFound } from '#errors.ts'
import { candidateIdSchema } from './candidate.ts'
import { findLocked } from './review.ts'
import type { Reviewer } from './reviewer.ts'

export const remarkSchema = z
  .object({ id: candidateIdSchema, comment: z.string().trim().min(1).max(100_000) })
  .openapi('Remark')

export const reassignmentSchema = z
  .object({ id: candidateIdSchema, user: z.string().min(1).nullable() })
  .openapi('Reassignment')

/** Says something about a candidate in any state. @throws NotFound */
export function commentCandidate(db: Db, reviewer: Reviewer, remark: z.infer<typeof remarkSchema>): Promise<void> {
  return transact(db, async tx => {
    const candidate = await findLocked(tx, reviewer.project_id, remark.id)
    await query(
      tx,
      sql`
        insert into decisions (project_id, candidate_no, user_id, action, comment, content_hash)
        values (
          ${reviewer.project_id}, ${candidate.candidate_no}, ${reviewer.user_id}, 'comment', ${remark.comment},
          decode(${candidate.content_hash}, 'hex')
        )`,
    )
  })
}

/**
 * Gives a candidate to a reviewer, to whom alone it is then served; null gives it to everybody again. Whoever holds it
 * lets go.
 *
 * @throws NotFound for an unknown candidate or user.
 */
export function reassignCandidate(
  db: Db,
  reviewer: Reviewer,
  input: z.infer<typeof reassignmentSchema>,
): Promise<void> {
  return transact(db, async tx => {
    const { project_id, user_id } = reviewer
    const candidate = await findLocked(tx, project_id, input.id)
    const assignee =
      input.user === null
        ? null
        : await queryOne<{ user_id: number }>(tx, sql`select user_id from users where name = ${input.user}`)
    if (input.user !== null && assignee === null) throw new NotFound(`There is no user "${input.user}".`)
    await query(
      tx,
      sql`
        with noted as (
          insert into decisions (project_id, candidate_no, user_id, action, assignee, content_hash)
          values (
            ${project_id}, ${candidate.candidate_no}, ${user_id}, 'reassign', ${assignee?.user_id ?? null},
            decode(${candidate.content_hash}, 'hex')
          )
        ),
        released as (
          delete from claims where project_id = ${project_id} and candidate_no = ${candidate.candidate_no}
        )
        update candidates set assigned_to = ${assignee?.user_id ?? null}
        where project_id = ${project_id} and candidate_no = ${candidate.candidate_no}`,
    )
  })
}
