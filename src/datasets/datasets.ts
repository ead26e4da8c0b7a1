import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { NotFound } from '#errors.ts'
import { foreignIdSchema, timeSchema } from '#http/schemas.ts'

export const datasetNameSchema = foreignIdSchema

export const datasetSchema = z
  .object({
    name: z.string(),
    created_at: timeSchema,
    case_count: z.int(),
    version: z.string().openapi({ description: 'By the content of its cases' }),
  })
  .openapi('Dataset')
export type Dataset = z.infer<typeof datasetSchema>

/** The number of the dataset of that name, which is made if need be. */
export async function ensureDataset(db: Db, projectId: number, name: string): Promise<number> {
  const row = await queryRow<{ dataset_no: number }>(
    db,
    sql`
      insert into datasets (project_id, name) values (${projectId}, ${name})
      on conflict (project_id, name) do update set name = excluded.name returning dataset_no`,
  )
  return row.dataset_no
}

/** All datasets by name. A version is the hash of the cases in force, in their order. */
export function listDatasets(db: Db, projectId: number): Promise<Dataset[]> {
  return query<Dataset>(
    db,
    sql`
      select d.name, d.created_at, count(c.case_no) as case_count,
        left(encode(sha256(coalesce(string_agg(c.content_hash, ''::bytea order by c.case_no), ''::bytea)), 'hex'), 12)
          as version
      from datasets d left join cases c on c.project_id = d.project_id and c.dataset_no = d.dataset_no
        and c.retracted_at is null
      where d.project_id = ${projectId} group by d.project_id, d.dataset_no order by d.name`,
  )
}

/** @throws NotFound */
export async function findDataset(db: Db, projectId: number, name: string): Promise<number> {
  const row = await queryOne<{ dataset_no: number }>(
    db,
    sql`select dataset_no from datasets where project_id = ${projectId} and name = ${name}`,
  )
  if (row === null) throw new NotFound(`There is no dataset "${name}".`)
  return row.dataset_no
}
