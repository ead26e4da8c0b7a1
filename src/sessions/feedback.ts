import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { Invalid, NotFound } from '#errors.ts'
import { foreignIdSchema, timeSchema } from '#http/schemas.ts'

export const feedbackInputSchema = z
  .object({
    session_id: foreignIdSchema,
    message_index: z.int().min(0).max(2_147_483_647),
    rating: z.union([z.literal(1), z.literal(-1), z.literal(0)]),
    comment: z.string().max(100_000).nullish(),
  })
  .openapi('FeedbackInput')
export type FeedbackInput = z.infer<typeof feedbackInputSchema>

export const feedbackSchema = z
  .object({
    message_index: z.int(),
    rating: z.int(),
    comment: z.string().nullable(),
    author: z.string().nullable(),
    created_at: timeSchema,
  })
  .openapi('Feedback')
export type Feedback = z.infer<typeof feedbackSchema>

export const ratingSchema = feedbackSchema.extend({ own: z.boolean() }).openapi('Rating')
export type Rating = z.infer<typeof ratingSchema>

/**
 * Records a person's thumb on a message. An author has one rating per message: a new one takes the place of the old, 0
 * takes it away; the history stays.
 *
 * @throws NotFound for an unknown session, Invalid for an index past the end.
 */
export function rateMessage(db: Db, projectId: number, userId: number, input: FeedbackInput): Promise<void> {
  return transact(db, async tx => {
    const session = await queryOne<{ session_no: number; msg_count: number }>(
      tx,
      sql`
        select session_no, msg_count from sessions
        where project_id = ${projectId} and session_id = ${input.session_id} for update`,
    )
    if (session === null) throw new NotFound(`There is no session "${input.session_id}".`)
    if (input.message_index >= session.msg_count) {
      const messages = session.msg_count === 0 ? 'no messages' : `messages 0 to ${session.msg_count - 1} only`
      throw new Invalid(`The session has ${messages}`, ['body', 'message_index'], 'too_big')
    }
    const { session_no } = session
    await query(
      tx,
      sql`
        update feedback set newest = false
        where project_id = ${projectId} and session_no = ${session_no} and message_index = ${input.message_index}
          and user_id = ${userId} and newest`,
    )
    await query(
      tx,
      sql`
        insert into feedback (project_id, session_no, message_index, user_id, rating, comment)
        values (${projectId}, ${session_no}, ${input.message_index}, ${userId}, ${input.rating}, ${input.comment ?? null})`,
    )
    await query(
      tx,
      sql`
        update sessions s set (likes, dislikes) = (
          select count(*) filter (where rating = 1), count(*) filter (where rating = -1) from feedback f
          where f.project_id = s.project_id and f.session_no = s.session_no and newest and message_index < s.msg_count
        )
        where project_id = ${projectId} and session_no = ${session_no}`,
    )
  })
}

/** The ratings in force, by message and then by time; also those on messages that are no longer there. */
export async function listFeedback(db: Db, projectId: number, sessionId: string): Promise<Feedback[]> {
  return query<Feedback>(
    db,
    sql`
      select message_index, rating, comment, u.name as author, f.created_at
      from sessions s join feedback f using (project_id, session_no) join users u using (user_id)
      where s.project_id = ${projectId} and s.session_id = ${sessionId} and newest and rating <> 0
      order by message_index, feedback_no`,
  )
}

/** Like `listFeedback`, each with whether it is this user's own. */
export async function listRatings(db: Db, projectId: number, userId: number, sessionId: string): Promise<Rating[]> {
  return query<Rating>(
    db,
    sql`
      select message_index, rating, comment, u.name as author, f.created_at, f.user_id = ${userId} as own
      from sessions s join feedback f using (project_id, session_no) join users u using (user_id)
      where s.project_id = ${projectId} and s.session_id = ${sessionId} and newest and rating <> 0
      order by message_index, feedback_no`,
  )
}
