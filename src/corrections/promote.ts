import { randomUUID } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { isUniqueViolation } from '#db/outage.ts'
import { transact } from '#db/transact.ts'
import { Invalid, NotFound } from '#errors.ts'
import { foreignIdSchema } from '#http/schemas.ts'
import { readVisibleText, toChatMessages } from '#sessions/conversation.ts'
import { readTranscript } from '#sessions/read-transcript.ts'
import type { Transcript, TranscriptMessage } from '#sessions/transcript.ts'
import { isBlank } from './blank.ts'
import { type CandidateStatus, candidateStatusSchema } from './candidate.ts'
import { markContent } from './content.ts'
import type { Reviewer } from './reviewer.ts'
import { type NewCandidate, packCandidate, saveCandidates } from './save-candidates.ts'

export const promotionSchema = z
  .object({ session_id: foreignIdSchema, message_index: z.int().min(0).max(2_147_483_647) })
  .openapi('Promotion')

export const promotedSchema = z
  .object({
    id: z.string(),
    status: candidateStatusSchema,
    created: z.boolean().openapi({ description: 'False: the message was promoted before' }),
    refreshed: z.boolean().openapi({ description: 'It waited for review, and its session had changed' }),
  })
  .openapi('Promoted')
export type Promoted = z.infer<typeof promotedSchema>

/**
 * Makes a candidate of an assistant's message; its prompt is the conversation up to it. A message is promoted once: again,
 * the candidate that there is is named, and if it still waits for review, it takes on what the session has become.
 *
 * @param input.message_index null means the last answer that says anything.
 * @param rule the name of the rule that asks for it, null when a person does.
 * @throws NotFound for an unknown session; Invalid for a message that is not there, or not an assistant's. Inside a
 * transaction a unique violation means that somebody promoted the message meanwhile.
 */
export async function promoteMessage(
  db: Db,
  reviewer: Reviewer,
  input: { session_id: string; message_index: number | null },
  rule: string | null = null,
): Promise<Promoted> {
  const { project_id } = reviewer
  const session = await queryOne<{ session_no: number }>(
    db,
    sql`select session_no from sessions where project_id = ${project_id} and session_id = ${input.session_id}`,
  )
  if (session === null) throw new NotFound(`There is no session "${input.session_id}".`)
  const { transcript } = await readTranscript(db, project_id, session.session_no)
  const index = input.message_index ?? findLastAnswer(transcript)
  const candidate = describeMessage(transcript, session.session_no, index, rule)
  try {
    return await transact(db, tx => savePromoted(tx, reviewer, candidate))
  } catch (error) {
    // Somebody promoted the same message meanwhile. A transaction around this one is lost by it.
    if (isUniqueViolation(error) && db.client === null) return transact(db, tx => savePromoted(tx, reviewer, candidate))
    throw error
  }
}

type Messaged = NewCandidate & { message: NonNullable<NewCandidate['message']> }

function describeMessage(transcript: Transcript, sessionNo: number, index: number, rule: string | null): Messaged {
  const { session_id, profile_id, messages } = transcript
  const message = messages[index]
  if (message === undefined) {
    throw new Invalid(
      `There is no such message; the session has ${messages.length}`,
      ['body', 'message_index'],
      'too_big',
    )
  }
  if (message.role !== 'assistant') {
    throw new Invalid(`Message ${index} is of role ${message.role}; only an assistant's can be corrected`, [
      'body',
      'message_index',
    ])
  }
  const source = rule === null ? 'session' : `rule:${rule}`
  // An answer may do nothing but call tools; without them a reviewer would see an empty one.
  const { tool_calls } = toChatMessages([message]).findLast(one => one.role === 'assistant') ?? {}
  const fields = {
    source,
    timestamp: message.created_at ?? transcript.last_active,
    failure_reason: findComplaint(message),
    session_id,
    message_index: index,
    profile_id,
    ...(tool_calls === undefined ? {} : { tool_calls }),
  }
  return {
    id: randomUUID(),
    status: 'needs_review',
    origin: rule === null ? 'session' : 'rule',
    fields,
    source,
    model_name: message.model,
    task_type: null,
    profile_id,
    quality_score: null,
    prompt_messages: toChatMessages(messages.slice(0, index)),
    model_response: readVisibleText(message.blocks),
    corrected_response: null,
    failure_category: null,
    message: { session_no: sessionNo, session_id, message_index: index },
  }
}

/** -1 when there is none. */
function findLastAnswer({ messages }: Transcript): number {
  return messages.findLastIndex(message => message.role === 'assistant' && !isBlank(readVisibleText(message.blocks)))
}

/** What somebody said who disliked the message. */
function findComplaint(message: TranscriptMessage): string | null {
  return message.reactions.findLast(reaction => reaction.rating === -1 && reaction.comment !== null)?.comment ?? null
}

async function savePromoted(tx: Db, reviewer: Reviewer, candidate: Messaged): Promise<Promoted> {
  const { project_id, user_id } = reviewer
  const known = await queryOne<{
    candidate_no: number
    id: string
    status: CandidateStatus
    source: string
    content_hash: Buffer
  }>(
    tx,
    sql`
      select candidate_no, id, status, source, content_hash from candidates
      where project_id = ${project_id} and session_no = ${candidate.message.session_no}
        and message_index = ${candidate.message.message_index} for update`,
  )
  if (known === null) {
    await saveCandidates(tx, project_id, user_id, [packCandidate(project_id, candidate)])
    return { id: candidate.id, status: 'needs_review', created: true, refreshed: false }
  }
  const { prompt_messages, model_response, message, fields } = candidate
  const { content_hash } = markContent(known.id, prompt_messages, model_response, message.session_id, fields.tool_calls)
  const { id, status, source } = known
  const refreshed = status === 'needs_review' && !content_hash.equals(known.content_hash)
  const content = { ...candidate, fields: { ...candidate.fields, source } }
  if (refreshed) await refreshCandidate(tx, reviewer, known.candidate_no, content, content_hash)
  return { id, status, created: false, refreshed }
}

async function refreshCandidate(
  tx: Db,
  reviewer: Reviewer,
  candidateNo: number,
  content: NewCandidate,
  contentHash: Buffer,
): Promise<void> {
  await query(
    tx,
    sql`
      with noted as (
        insert into decisions (project_id, candidate_no, user_id, action, content_hash)
        values (${reviewer.project_id}, ${candidateNo}, ${reviewer.user_id}, 'refresh', ${contentHash})
      )
      update candidates set
        prompt_messages = ${JSON.stringify(content.prompt_messages)}, model_response = ${content.model_response},
        fields = ${JSON.stringify(content.fields)}, content_hash = ${contentHash}
      where project_id = ${reviewer.project_id} and candidate_no = ${candidateNo}`,
  )
}
