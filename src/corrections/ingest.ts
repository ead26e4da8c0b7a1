import { hash, randomUUID } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { Invalid } from '#errors.ts'
import { canonicalJson } from '#json.ts'
import { isBlank } from './blank.ts'
import type { Reviewer } from './reviewer.ts'
import { type NewCandidate, packCandidate, saveCandidates } from './save-candidates.ts'

const nameSchema = z.string().refine(text => Buffer.byteLength(text) <= 512, 'At most 512 bytes in UTF-8')

export const ingestSchema = z
  .object({
    source: nameSchema,
    task_type: nameSchema,
    prompt: z.string(),
    response: z.string(),
    correction: z.string().refine(text => !isBlank(text), 'A correction needs text that can be seen'),
    label: z.string().nullish(),
  })
  .openapi('CorrectionIngest')
export type CorrectionIngest = z.infer<typeof ingestSchema>

export const ingestedSchema = z.object({ ok: z.literal(true), id: z.string() })

/**
 * Takes in a correction that a sibling product's people already made: it is approved at once.
 *
 * @param key of the request, as its sender chose it: the same again gives the record that it made.
 * @throws Invalid when the key was used for another record.
 */
export function ingestCorrection(
  db: Db,
  author: Reviewer,
  input: CorrectionIngest,
  key: string | null,
): Promise<{ ok: true; id: string }> {
  return transact(db, async tx => {
    const known = key === null ? null : await findIngested(tx, author.project_id, key, input)
    if (known !== null) return { ok: true, id: known }
    const id = randomUUID()
    await saveCandidates(tx, author.project_id, author.user_id, [
      packCandidate(author.project_id, toCandidate(id, input)),
    ])
    if (key !== null) await rememberKey(tx, author.project_id, key, input, id)
    return { ok: true, id }
  })
}

function toCandidate(id: string, input: CorrectionIngest): NewCandidate {
  const { source, task_type, prompt, response, correction, label } = input
  return {
    id,
    status: 'approved',
    origin: 'ingest',
    fields: { source, task_type, timestamp: new Date().toISOString(), ...(label == null ? {} : { label }) },
    source,
    model_name: null,
    task_type,
    profile_id: null,
    quality_score: null,
    prompt_messages: [{ role: 'user', content: prompt }],
    model_response: response,
    corrected_response: correction,
    failure_category: null,
    message: null,
  }
}

async function findIngested(tx: Db, projectId: number, key: string, input: CorrectionIngest): Promise<string | null> {
  // Two requests with the same key at the same time come one after the other.
  await query(tx, sql`select pg_advisory_xact_lock(${projectId}::integer, ${hashKey(key).readInt32BE(0)}::integer)`)
  const known = await queryOne<{ id: string; body_hash: Buffer }>(
    tx,
    sql`
      select c.id, k.body_hash from ingest_keys k join candidates c using (project_id, candidate_no)
      where k.project_id = ${projectId} and k.key_hash = ${hashKey(key)}`,
  )
  if (known === null) return null
  if (!known.body_hash.equals(hashBody(input))) {
    throw new Invalid('This key was used for another record', ['header', 'idempotency-key'], 'key_reused')
  }
  return known.id
}

async function rememberKey(tx: Db, projectId: number, key: string, input: CorrectionIngest, id: string): Promise<void> {
  await query(
    tx,
    sql`
      insert into ingest_keys (project_id, key_hash, body_hash, candidate_no)
      select project_id, ${hashKey(key)}, ${hashBody(input)}, candidate_no from candidates
      where project_id = ${projectId} and id = ${id}`,
  )
}

function hashKey(key: string): Buffer {
  return hash('sha256', key, 'buffer')
}

function hashBody(input: CorrectionIngest): Buffer {
  return hash('sha256', canonicalJson(input), 'buffer')
}
