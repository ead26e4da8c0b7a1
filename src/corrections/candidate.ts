import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { readTimestamp } from '#http/schemas.ts'

export const STATUSES = ['needs_review', 'approved', 'discarded', 'model_rejected'] as const
export const candidateStatusSchema = z.enum(STATUSES)
export type CandidateStatus = z.infer<typeof candidateStatusSchema>

export const failureCategorySchema = z
  .enum(['scoring_artifact', 'style_violation', 'partial_answer', 'wrong_answer', 'format_error', 'hallucination'])
  .openapi('FailureCategory')
export type FailureCategory = z.infer<typeof failureCategorySchema>

export const candidateIdSchema = z.string()

const promptSchema = z.array(z.looseObject({ role: z.string() }))

/** A candidate as the wire has it; fields that the contract does not know are given back beside these. */
export const candidateSchema = z
  .looseObject({
    id: candidateIdSchema,
    source: z.unknown(),
    benchmark_run_id: z.unknown(),
    timestamp: z.unknown(),
    status: candidateStatusSchema,
    prompt_messages: promptSchema,
    model_response: z.string(),
    corrected_response: z.string().nullable(),
    quality_score: z.unknown(),
    failure_reason: z.unknown(),
    task_id: z.unknown(),
    task_type: z.unknown(),
    task_name: z.unknown(),
    model_id: z.unknown(),
    model_name: z.unknown(),
    node_id: z.unknown(),
    gpu_id: z.unknown(),
    tokens_per_sec: z.unknown(),
    failure_category: z.unknown(),
    review: z.object({
      content_hash: z.string().openapi({ description: 'Of what is shown here; send it along with a decision' }),
      origin: z.enum(['benchmark', 'ingest', 'session', 'rule']),
      session_id: z.string().nullable(),
      message_index: z.int().nullable(),
      assigned_to: z.string().nullable(),
      created_at: z.string(),
      decided_at: z.string().nullable(),
    }),
  })
  .openapi('Candidate')
export type Candidate = z.infer<typeof candidateSchema>

/** A candidate as the database gives it, see `CANDIDATE_COLUMNS`. */
export interface CandidateRow {
  id: string
  status: CandidateStatus
  fields: { [field: string]: unknown }
  prompt_messages: { role: string; [field: string]: unknown }[]
  model_response: string
  corrected_response: string | null
  failure_category: FailureCategory | null
  review: Candidate['review']
}

/** What the reviewer of a candidate `c` sees, as a hash: prompt, response and, where there is one, the correction. */
export const SEEN_HASH = sql`
  case when c.corrected_response is null then c.content_hash
  else sha256(c.content_hash || convert_to(c.corrected_response, 'UTF8')) end`

/** The columns of `candidates c` that `describeCandidate` needs. */
export const CANDIDATE_COLUMNS = sql`
  c.id, c.status, c.fields, c.prompt_messages, c.model_response, c.corrected_response, c.failure_category,
  json_build_object(
    'content_hash', encode(${SEEN_HASH}, 'hex'), 'origin', c.origin, 'session_id', c.session_id,
    'message_index', c.message_index, 'assigned_to', (select u.name from users u where u.user_id = c.assigned_to),
    'created_at', to_char(c.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'decided_at', to_char(c.decided_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  ) as review`

/**
 * A row in the wire's shape: the contract's fields in its order, then what else came with the candidate. A `timestamp`
 * that is one comes in the wire's form; any other value is given back as it came.
 */
export function describeCandidate(row: CandidateRow): Candidate {
  const { fields, failure_category, review, ...state } = row
  const { timestamp } = fields
  return {
    id: state.id,
    source: fields.source ?? null,
    benchmark_run_id: fields.benchmark_run_id ?? null,
    timestamp: typeof timestamp === 'string' ? (readTimestamp(timestamp) ?? timestamp) : (timestamp ?? null),
    status: state.status,
    prompt_messages: state.prompt_messages,
    model_response: state.model_response,
    corrected_response: state.corrected_response,
    quality_score: fields.quality_score ?? null,
    failure_reason: fields.failure_reason ?? null,
    task_id: fields.task_id ?? null,
    task_type: fields.task_type ?? null,
    task_name: fields.task_name ?? null,
    model_id: fields.model_id ?? null,
    model_name: fields.model_name ?? null,
    node_id: fields.node_id ?? null,
    gpu_id: fields.gpu_id ?? null,
    tokens_per_sec: fields.tokens_per_sec ?? null,
    ...withoutKnown(fields),
    // One of ours that it came with stands in its column, until somebody takes it out.
    failure_category:
      failure_category ?? (readGivenCategory(fields) === null ? (fields.failure_category ?? null) : null),
    review,
  }
}

/** The category that a benchmark's line came with; null for none, and for one that is not ours. */
export function readGivenCategory(fields: CandidateRow['fields'] | null): FailureCategory | null {
  return failureCategorySchema.safeParse(fields?.failure_category).data ?? null
}

const KNOWN = new Set(
  (
    'source benchmark_run_id timestamp quality_score failure_reason task_id task_type task_name model_id model_name ' +
    'node_id gpu_id tokens_per_sec failure_category review'
  ).split(' '),
)

function withoutKnown(fields: CandidateRow['fields']): CandidateRow['fields'] {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !KNOWN.has(name)))
}
