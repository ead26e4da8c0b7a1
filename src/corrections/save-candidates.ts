import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { copyLine, copyRows } from '#db/copy.ts'
import { isBlank } from './blank.ts'
import type { CandidateStatus, FailureCategory } from './candidate.ts'
import { markContent } from './content.ts'

/** A candidate to be saved. */
export interface NewCandidate {
  id: string
  status: CandidateStatus
  origin: 'benchmark' | 'ingest' | 'session' | 'rule'
  /** All that came with it beside what has a name here. */
  fields: { [field: string]: unknown }
  source: string | null
  model_name: string | null
  task_type: string | null
  profile_id: string | null
  quality_score: number | null
  prompt_messages: { role: string; [field: string]: unknown }[]
  model_response: string
  corrected_response: string | null
  failure_category: FailureCategory | null
  /** The message of a session that it is. */
  message: { session_no: number; session_id: string; message_index: number } | null
}

/** A candidate on its way into the database. */
export interface PackedCandidate {
  id: string
  status: CandidateStatus
  /** Whether its correction, should it be approved, can be seen. */
  ready: boolean
  /** Its columns in COPY's text format, without those that a decision's number decides. */
  row: string
}

const COLUMNS =
  'project_id, id, status, origin, source, model_name, task_type, profile_id, quality_score, fields, tools, prompt_messages, ' +
  'model_response, content_hash, split, sample, session_no, session_id, message_index, corrected_response, ' +
  'failure_category, approved_no, ready, decided_at'

/** Computes what can be computed of a candidate without the database: half of the work of saving it. */
export function packCandidate(projectId: number, candidate: NewCandidate): PackedCandidate {
  const { id, status, prompt_messages, model_response, corrected_response, message } = candidate
  const session = message?.session_id ?? null
  const marks = markContent(id, prompt_messages, model_response, session, candidate.fields.tool_calls)
  const row = copyLine([
    projectId,
    id,
    status,
    candidate.origin,
    candidate.source ?? '',
    candidate.model_name ?? '',
    candidate.task_type ?? '',
    candidate.profile_id,
    candidate.quality_score,
    JSON.stringify(candidate.fields),
    Array.isArray(candidate.fields.tools) ? JSON.stringify(candidate.fields.tools) : null,
    JSON.stringify(prompt_messages),
    model_response,
    `\\x${marks.content_hash.toString('hex')}`,
    marks.split,
    marks.sample,
    message?.session_no ?? null,
    message?.session_id ?? null,
    message?.message_index ?? null,
    corrected_response,
    candidate.failure_category,
  ])
  return { id, status, ready: status === 'approved' && !isBlank(corrected_response ?? ''), row: row.slice(0, -1) }
}

/**
 * Saves those of the candidates whose ids are not there yet, in their order; of two with the same id the first. One that
 * comes in another state than `needs_review` gets a decision that says so.
 *
 * @returns the ids of those that were saved. A unique violation means that somebody saved one of them meanwhile: the whole
 * transaction can be done again.
 */
export async function saveCandidates(
  tx: Db,
  projectId: number,
  userId: number,
  candidates: PackedCandidate[],
): Promise<Set<string>> {
  const added = await leaveOutKnown(tx, projectId, candidates)
  if (added.size === 0) return new Set()
  const decided = [...added.values()].filter(candidate => candidate.status !== 'needs_review')
  const numbers = await reserveDecisions(tx, decided)
  const now = new Date().toISOString()
  await copyRows(
    tx,
    `candidates (${COLUMNS})`,
    (function* () {
      for (const candidate of added.values()) yield completeRow(candidate, numbers.get(candidate.id) ?? null, now)
    })(),
  )
  if (decided.length > 0) await recordStates(tx, projectId, userId, numbers)
  return new Set(added.keys())
}

/** Looks for each id by itself: with the statistics of a table that was empty a moment ago, a join would read all of it. */
async function leaveOutKnown(
  tx: Db,
  projectId: number,
  candidates: PackedCandidate[],
): Promise<Map<string, PackedCandidate>> {
  const ids = candidates.map(candidate => candidate.id)
  const rows = await query<{ id: string }>(
    tx,
    sql`
      select known.id from unnest(${ids}::text[]) as given (id) cross join lateral (
        select c.id from candidates c where c.project_id = ${projectId} and c.id = given.id limit 1
      ) known`,
  )
  const known = new Set(rows.map(row => row.id))
  const added = new Map<string, PackedCandidate>()
  for (const candidate of candidates) {
    if (!known.has(candidate.id) && !added.has(candidate.id)) added.set(candidate.id, candidate)
  }
  return added
}

/** A number for the decision of each, known beforehand: an approved candidate stands in the order of approvals by it. */
async function reserveDecisions(tx: Db, decided: PackedCandidate[]): Promise<Map<string, number>> {
  if (decided.length === 0) return new Map()
  const rows = await query<{ decision_no: number }>(
    tx,
    sql`
      select nextval(pg_get_serial_sequence('decisions', 'decision_no')) as decision_no
      from generate_series(1, ${decided.length}::integer)`,
  )
  return new Map(decided.map((candidate, index) => [candidate.id, rows[index]?.decision_no ?? 0]))
}

function completeRow(candidate: PackedCandidate, decisionNo: number | null, now: string): string {
  const { status, ready, row } = candidate
  const approvedNo = status === 'approved' ? decisionNo : null
  return `${row}\t${copyLine([approvedNo, ready ? 't' : 'f', decisionNo === null ? null : now])}`
}

async function recordStates(tx: Db, projectId: number, userId: number, numbers: Map<string, number>): Promise<void> {
  await query(
    tx,
    sql`
      insert into decisions (
        project_id, decision_no, candidate_no, user_id, action, status, failure_category, corrected_response, content_hash
      )
      select c.project_id, d.decision_no, c.candidate_no, ${userId},
        case when c.origin = 'ingest' then 'ingest' else 'import' end, c.status, c.failure_category, c.corrected_response,
        c.content_hash
      from unnest(${[...numbers.keys()]}::text[], ${[...numbers.values()]}::bigint[]) as d (id, decision_no)
      cross join lateral (select * from candidates where project_id = ${projectId} and id = d.id limit 1) c
      order by d.decision_no`,
  )
}
