import { z } from '@hono/zod-openapi'
import sql, { type Sql } from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { NotFound } from '#errors.ts'
import { foreignIdSchema, timeSchema } from '#http/schemas.ts'

export const datasetNameSchema = foreignIdSchema

export const datasetSchema = z
  .object({
    name: z.string(),
    version: z.string().openapi({ description: 'By the content of its cases' }),
    version_no: z.int(),
    case_count: z.int(),
    created_at: timeSchema,
    changed_at: timeSchema,
  })
  .openapi('Dataset')
export type Dataset = z.infer<typeof datasetSchema>

/** A version of a dataset, as its cases are looked up by it. */
export interface DatasetVersion {
  dataset_no: number
  version: string
  version_no: number
}

/** The cases that are in the newest version. In the words of the indices, which hold for these alone. */
export const IN_FORCE: Sql = sql`c.removed_in = 2147483647`

/**
 * The dataset of that name, which is made if need be, held until the transaction ends: whoever changes its cases goes
 * through here, so that its versions come one after the other.
 */
export function holdDataset(tx: Db, projectId: number, name: string): Promise<DatasetVersion> {
  return queryRow<DatasetVersion>(
    tx,
    sql`
      insert into datasets (project_id, name) values (${projectId}, ${name})
      on conflict (project_id, name) do update set name = excluded.name returning dataset_no, version, version_no`,
  )
}

/** All datasets by name. */
export function listDatasets(db: Db, projectId: number): Promise<Dataset[]> {
  return query<Dataset>(db, sql`${selectDatasets(projectId)} order by name`)
}

/** @throws NotFound */
export async function getDataset(db: Db, projectId: number, name: string): Promise<Dataset> {
  const row = await queryOne<Dataset>(db, sql`${selectDatasets(projectId)} and name = ${name}`)
  if (row === null) throw new NotFound(`There is no dataset "${name}".`)
  return row
}

/**
 * Finds a version of a dataset: the newest, or the one of this label, or of this number. A label that came back later
 * means its last time; the content is the same.
 *
 * @throws NotFound
 */
export async function openVersion(
  db: Db,
  projectId: number,
  wanted: { name: string; version?: string | undefined },
): Promise<DatasetVersion> {
  const { name, version } = wanted
  const row = await queryOne<DatasetVersion>(
    db,
    version === undefined
      ? sql`select dataset_no, version, version_no from datasets where project_id = ${projectId} and name = ${name}`
      : sql`
          select v.dataset_no, v.version, v.version_no
          from datasets d join dataset_versions v on v.project_id = d.project_id and v.dataset_no = d.dataset_no
          where d.project_id = ${projectId} and d.name = ${name} and ${matchVersion(version)}
          order by v.version_no desc limit 1`,
  )
  if (row !== null) return row
  const { version: newest } = await getDataset(db, projectId, name)
  throw new NotFound(`The dataset "${name}" has no version "${version}"; its newest is ${newest}.`)
}

function selectDatasets(projectId: number): Sql {
  return sql`
    select name, version, version_no, case_count, created_at, changed_at from datasets where project_id = ${projectId}`
}

/** Labels have twelve digits, numbers fewer. */
function matchVersion(version: string): Sql {
  return /^\d{1,9}$/.test(version) ? sql`v.version_no = ${Number(version)}` : sql`v.version = ${version}`
}
