import { z } from '@hono/zod-openapi'
import sql, { type Sql } from 'sql-template-tag'
import { timeSchema } from '#http/schemas.ts'
import { isJsonObject } from '#json.ts'
import { candidateIdSchema, candidateStatusSchema, failureCategorySchema } from './candidate.ts'

/** A candidate as a list shows it: a line, whatever the size of what it is about. */
export const briefCandidateSchema = z
  .object({
    id: candidateIdSchema,
    place: z.string().openapi({ description: 'In its list; for `after` and `before`' }),
    status: candidateStatusSchema,
    origin: z.enum(['benchmark', 'ingest', 'session', 'rule']),
    source: z.string().openapi({ description: '"" where it is missing, as with the next two' }),
    model_name: z.string(),
    task_type: z.string(),
    task_name: z.string().nullable(),
    session_id: z.string().nullable(),
    message_index: z.int().nullable(),
    quality_score: z.number().nullable(),
    failure_category: failureCategorySchema.nullable(),
    request: z.string().nullable().openapi({ description: 'The beginning of what the user asked last' }),
    response: z.string().openapi({ description: 'The beginning of the answer' }),
    correction: z.string().nullable().openapi({ description: 'The beginning of the correction' }),
    assigned_to: z.string().nullable(),
    held_by: z.string().nullable().openapi({ description: 'Who is looking at it now' }),
    decided_by: z.string().nullable(),
    decided_as: z.string().nullable().openapi({ description: 'The newest action that made its state' }),
    created_at: timeSchema,
    decided_at: timeSchema.nullable(),
  })
  .openapi('BriefCandidate')
export type BriefCandidate = z.infer<typeof briefCandidateSchema>

/** What `selectBriefs` reads. */
export interface BriefRow extends Omit<BriefCandidate, 'place' | 'task_name' | 'request'> {
  candidate_no: number
  /** Null where they are too large to be looked into for a line. */
  fields: { [field: string]: unknown } | null
  prompt_messages: unknown[] | null
}

/** Characters of a text that a line shows. */
const SHOWN = 200
/** Bytes, as they are stored: what is larger is not read for a line of a list. */
const LOOKED_INTO = 16_384

/** @param page gives `candidate_no` and `decided_at` in the order of the list. */
export function selectBriefs(projectId: number, page: Sql): Sql {
  const small = (column: Sql) => sql`case when pg_column_size(${column}) <= ${LOOKED_INTO} then ${column} end`
  return sql`
    with page as materialized (select row_number() over () as line, p.candidate_no from (${page}) p)
    select c.candidate_no, c.id, c.status, c.origin, c.source, c.model_name, c.task_type, c.session_id, c.message_index,
      c.quality_score, c.failure_category, ${small(sql`c.fields`)} as fields,
      ${small(sql`c.prompt_messages`)} as prompt_messages, left(c.model_response, ${SHOWN}::integer) as response,
      left(c.corrected_response, ${SHOWN}::integer) as correction, c.created_at, c.decided_at,
      (select u.name from users u where u.user_id = c.assigned_to) as assigned_to,
      (
        select u.name from claims k join users u using (user_id)
        where k.project_id = c.project_id and k.candidate_no = c.candidate_no and k.expires_at > clock_timestamp()
      ) as held_by,
      newest.name as decided_by, newest.action as decided_as
    from page join candidates c on c.project_id = ${projectId} and c.candidate_no = page.candidate_no
    left join lateral (
      select u.name, d.action from decisions d join users u using (user_id)
      where d.project_id = c.project_id and d.candidate_no = c.candidate_no and d.status is not null
        and c.decided_at is not null
      order by d.decision_no desc limit 1
    ) newest on true
    order by page.line`
}

/** A row in the wire's shape. */
export function describeBrief(row: BriefRow, place: string): BriefCandidate {
  const { candidate_no, fields, prompt_messages, ...shown } = row
  const task = fields?.task_name
  return {
    ...shown,
    place,
    task_name: typeof task === 'string' && task !== '' ? task.slice(0, SHOWN) : null,
    request: findRequest(prompt_messages ?? []),
  }
}

function findRequest(messages: unknown[]): string | null {
  const asked = messages.findLast(message => isJsonObject(message) && message.role === 'user')
  if (!isJsonObject(asked)) return null
  const parts: unknown[] = Array.isArray(asked.content) ? asked.content : [{ text: asked.content }]
  const texts = parts.flatMap(part => (isJsonObject(part) && typeof part.text === 'string' ? [part.text] : []))
  const text = texts.join(' ').trim()
  return text === '' ? null : text.slice(0, SHOWN)
}
