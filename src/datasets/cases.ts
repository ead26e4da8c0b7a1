import { hash } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { timeSchema } from '#http/schemas.ts'
import { canonicalJson } from '#json.ts'

export const caseSchema = z
  .object({
    case_id: z.string(),
    input: z.unknown(),
    expected: z.unknown(),
    provenance: z.unknown(),
    split: z.int().openapi({ description: '0 to 9999; a test split takes those below its share' }),
    created_at: timeSchema,
  })
  .openapi('Case')
export type Case = z.infer<typeof caseSchema>

export interface NewCase {
  input: unknown
  expected: unknown
  provenance: unknown
  /** What it is made of; of one origin a dataset has one case. Null: nothing that could be named. */
  origin: string | null
  split: number
}

/** Adds a case, unless the dataset has one of that origin. Returns its id, and whether it is new. */
export async function addCase(
  tx: Db,
  projectId: number,
  datasetNo: number,
  input: NewCase,
): Promise<{ case_id: string; created: boolean }> {
  const content = hash('sha256', canonicalJson([input.input, input.expected]), 'buffer')
  const added = await queryOne<{ case_id: string }>(
    tx,
    sql`
      insert into cases (project_id, dataset_no, input, expected, provenance, origin, split, content_hash)
      values (
        ${projectId}, ${datasetNo}, ${JSON.stringify(input.input)}, ${JSON.stringify(input.expected)},
        ${JSON.stringify(input.provenance)}, ${input.origin}, ${input.split}, ${content}
      )
      on conflict (project_id, dataset_no, origin) where retracted_at is null do nothing returning case_id`,
  )
  if (added !== null) return { ...added, created: true }
  const known = await queryRow<{ case_id: string }>(
    tx,
    sql`
      select case_id from cases
      where project_id = ${projectId} and dataset_no = ${datasetNo} and origin = ${input.origin} and retracted_at is null`,
  )
  return { ...known, created: false }
}

/** The cases in force, oldest first. */
export function listCases(db: Db, projectId: number, datasetNo: number, limit: number): Promise<Case[]> {
  return query<Case>(
    db,
    sql`
      select case_id, input, expected, provenance, split, created_at from cases
      where project_id = ${projectId} and dataset_no = ${datasetNo} and retracted_at is null
      order by case_no limit ${limit}`,
  )
}

/** Takes the cases of an origin out of every dataset. Returns the names of the datasets that had one. */
export async function retractCases(tx: Db, projectId: number, origin: string): Promise<string[]> {
  const rows = await query<{ name: string }>(
    tx,
    sql`
      with retracted as (
        update cases set retracted_at = clock_timestamp()
        where project_id = ${projectId} and origin = ${origin} and retracted_at is null returning dataset_no
      )
      select d.name from retracted join datasets d on d.project_id = ${projectId} and d.dataset_no = retracted.dataset_no
      order by d.name`,
  )
  return rows.map(row => row.name)
}
