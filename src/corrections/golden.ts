import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { addCase } from '#datasets/cases.ts'
import { datasetNameSchema, ensureDataset } from '#datasets/datasets.ts'
import { type Db, queryOne } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { Conflict, NotFound } from '#errors.ts'
import { candidateIdSchema } from './candidate.ts'

export const goldenSchema = z
  .object({ id: candidateIdSchema, dataset: datasetNameSchema.default('golden') })
  .openapi('GoldenCase')

export const goldenResultSchema = z.object({ case_id: z.string(), created: z.boolean() })

interface ApprovedCandidate {
  id: string
  ready: boolean
  status: string
  prompt_messages: unknown
  corrected_response: string
  model_response: string
  split: number
  session_id: string | null
  message_index: number | null
  approved_at: string
}

/** What cases call the candidate that they are made of. */
export function nameCaseOrigin(id: string): string {
  return `correction:${id}`
}

/**
 * Makes a case of an approved correction: its prompt is the input, the correction what is expected. A dataset holds it
 * once; again, the case that there is is named.
 *
 * @throws NotFound, Conflict unless it is approved with a correction.
 */
export function makeGoldenCase(
  db: Db,
  projectId: number,
  input: { id: string; dataset: string },
): Promise<z.infer<typeof goldenResultSchema>> {
  return transact(db, async tx => {
    const candidate = await queryOne<ApprovedCandidate>(
      tx,
      sql`
        select id, ready, status, prompt_messages, corrected_response, model_response, split, session_id, message_index,
          decided_at as approved_at
        from candidates where project_id = ${projectId} and id = ${input.id} for update`,
    )
    if (candidate === null) throw new NotFound(`There is no candidate "${input.id}".`)
    const { ready, status, prompt_messages, corrected_response, split, ...provenance } = candidate
    if (!ready) throw new Conflict(`Only an approved correction can become a case; this one is ${status}.`)
    const dataset = await ensureDataset(tx, projectId, input.dataset)
    return addCase(tx, projectId, dataset, {
      input: { messages: prompt_messages },
      expected: corrected_response,
      provenance: { correction: provenance },
      origin: nameCaseOrigin(input.id),
      split,
    })
  })
}
