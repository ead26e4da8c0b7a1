import { z } from '@hono/zod-openapi'
import sql, { empty, type Sql } from 'sql-template-tag'
import { markCase, type NewCase } from '#datasets/case.ts'
import { findCaseById } from '#datasets/cases.ts'
import { datasetNameSchema } from '#datasets/datasets.ts'
import { type CollectPreview, previewCollected } from '#datasets/preview.ts'
import { type PlacedCase, saveVersion } from '#datasets/staging.ts'
import { type VersionChange, versionModeSchema } from '#datasets/versions.ts'
import { type Db, query } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { Conflict, Invalid, NotFound } from '#errors.ts'
import { narrowApproved } from './approved-rows.ts'
import { candidateIdSchema } from './candidate.ts'
import { exportFilterSchema } from './export-records.ts'
import type { Reviewer } from './reviewer.ts'

export const goldenSchema = z
  .object({ id: candidateIdSchema, dataset: datasetNameSchema.default('golden') })
  .openapi('GoldenCase')

export const goldenResultSchema = z.object({ case_id: z.string(), created: z.boolean() })

export const goldenBatchSchema = z
  .strictObject({
    dataset: datasetNameSchema.default('golden'),
    mode: versionModeSchema.default('append').openapi({ description: 'replace: the dataset holds these alone' }),
    filter: exportFilterSchema.default({}),
  })
  .openapi('GoldenBatch')

interface ApprovedCandidate {
  id: string
  ready: boolean
  status: string
  approved_no: number
  prompt_messages: unknown
  corrected_response: string
  model_response: string
  session_id: string | null
  message_index: number | null
  approved_at: string
}

/** The id of the case that is made of a candidate. */
export function nameGoldenCase(candidateId: string): string {
  return `correction:${candidateId}`
}

/**
 * Makes a case of an approved correction: its prompt is the input, the correction what is expected. A dataset holds it
 * once; again, the case that there is is named.
 *
 * @throws NotFound, Conflict unless it is approved with a correction.
 */
export function makeGoldenCase(
  db: Db,
  author: Reviewer,
  input: { id: string; dataset: string },
): Promise<z.infer<typeof goldenResultSchema>> {
  const { project_id } = author
  return transact(db, async tx => {
    const [candidate] = await readCandidates(tx, project_id, sql`c.id = ${input.id}`, 1, HELD)
    if (candidate === undefined) throw new NotFound(`There is no candidate "${input.id}".`)
    const { ready, status } = candidate
    if (!ready) throw new Conflict(`Only an approved correction can become a case; this one is ${status}.`)
    const id = nameGoldenCase(input.id)
    const known = await findCaseById(tx, project_id, input.dataset, id)
    if (known !== null) return { case_id: known, created: false }
    const batches = [placeCases([candidate], 1)]
    await saveVersion(tx, project_id, input.dataset, batches, describeChange(author, 'append'))
    const made = await findCaseById(tx, project_id, input.dataset, id)
    // Somebody who made it at the same moment waited for the candidate, or made us wait.
    if (made === null) throw new Error(`The case ${id} was not made.`)
    return { case_id: made, created: true }
  })
}

/**
 * Makes cases of all approved corrections that pass the filter, as one new version. They are held until it is there, so
 * that one which is undone meanwhile is taken out of it.
 *
 * @throws Invalid if there are none.
 */
export function makeGoldenCases(
  db: Db,
  author: Reviewer,
  input: z.output<typeof goldenBatchSchema>,
): Promise<VersionChange> {
  const { project_id } = author
  return transact(db, async tx => {
    const batches = readApprovedCases(tx, project_id, narrowApproved(input.filter), HELD)
    const { doubles, ...change } = await saveVersion(
      tx,
      project_id,
      input.dataset,
      batches,
      describeChange(author, input.mode),
    )
    return change
  })
}

/** What `makeGoldenCases` would make, without making it; null for nothing. */
export function previewGoldenCases(
  db: Db,
  projectId: number,
  { dataset, mode, filter }: z.output<typeof goldenBatchSchema>,
): Promise<CollectPreview | null> {
  const batches = readApprovedCases(db, projectId, narrowApproved(filter), empty)
  return previewCollected(db, projectId, dataset, batches, mode)
}

const BATCH = 500
/** Until the transaction ends: who takes an approval back waits, and then finds the case. */
const HELD = sql`for update`

async function* readApprovedCases(tx: Db, projectId: number, narrowed: Sql, lock: Sql): AsyncGenerator<PlacedCase[]> {
  let position = 1
  for (let last = 0; ; ) {
    const rows = await readCandidates(
      tx,
      projectId,
      sql`c.ready and c.approved_no > ${last} and ${narrowed}`,
      BATCH,
      lock,
    )
    const newest = rows.at(-1)
    if (newest === undefined) break
    yield placeCases(rows, position)
    position += rows.length
    last = newest.approved_no
  }
  if (position === 1) throw new Invalid('No approved correction passes this filter.', ['body', 'filter'], 'no_cases')
}

function readCandidates(
  tx: Db,
  projectId: number,
  condition: Sql,
  limit: number,
  lock: Sql,
): Promise<ApprovedCandidate[]> {
  return query<ApprovedCandidate>(
    tx,
    sql`
      select c.id, c.ready, c.status, c.approved_no, c.prompt_messages, c.corrected_response, c.model_response,
        c.session_id, c.message_index, c.decided_at as approved_at
      from candidates c where c.project_id = ${projectId} and ${condition}
      order by c.approved_no limit ${limit} ${lock}`,
  )
}

function placeCases(candidates: ApprovedCandidate[], first: number): PlacedCase[] {
  return candidates.map((candidate, index) => ({ position: first + index, marked: markCase(toCase(candidate)) }))
}

function toCase(candidate: ApprovedCandidate): NewCase {
  const { id, model_response, session_id, message_index, approved_at } = candidate
  return {
    id: nameGoldenCase(id),
    input: { messages: candidate.prompt_messages },
    expected: candidate.corrected_response,
    metadata: { correction: { id, model_response, session_id, message_index, approved_at } },
    source: session_id,
  }
}

function describeChange({ user_id }: Reviewer, mode: 'append' | 'replace') {
  return { user_id, made_by: 'corrections' as const, mode }
}
