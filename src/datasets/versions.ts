import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query, queryRow } from '#db/connect.ts'
import { timeSchema } from '#http/schemas.ts'
import { type DatasetVersion, holdDataset, IN_FORCE } from './datasets.ts'

const originSchema = z.enum(['upload', 'experiment', 'sessions', 'feedback', 'corrections', 'retraction'])
export type VersionOrigin = z.infer<typeof originSchema>

/** How new cases meet those that there are: in their place, or beside them. */
export const versionModeSchema = z.enum(['replace', 'append'])
export type VersionMode = z.infer<typeof versionModeSchema>

export const datasetVersionSchema = z
  .object({
    version: z.string(),
    version_no: z.int(),
    case_count: z.int(),
    added: z.int(),
    removed: z.int(),
    changed: z.int(),
    made_by: originSchema,
    author: z.string().nullable(),
    created_at: timeSchema,
  })
  .openapi('DatasetVersion')

export const versionChangeSchema = z
  .object({
    version: z.string().openapi({ description: 'Without a difference the one that there was' }),
    version_no: z.int(),
    cases: z.int(),
    added: z.int(),
    removed: z.int(),
    unchanged: z.int(),
    changed: z.int().openapi({ description: 'With the id of one that was there, and other content' }),
  })
  .openapi('VersionChange')
export type VersionChange = z.infer<typeof versionChangeSchema>

/** Where a change comes from. */
export interface Author {
  user_id: number | null
  made_by: VersionOrigin
}

/**
 * Makes the cases that were staged under `uploadId` a version. Those with the content of a case that is there are that
 * case; one with the id of a case that is there takes its place. In the mode `replace` all others go, with `append` they
 * stay. Without a difference there is no new version.
 *
 * Of the staged cases no two may have the same id or the same content, see `dropDoubles`.
 */
export async function makeVersion(
  tx: Db,
  projectId: number,
  name: string,
  uploadId: string,
  options: Author & { mode: VersionMode },
): Promise<VersionChange> {
  const held = await holdDataset(tx, projectId, name)
  const next = held.version_no + 1
  const staged = sql`s.project_id = ${projectId} and s.upload_id = ${uploadId}`
  const here = sql`c.project_id = ${projectId} and c.dataset_no = ${held.dataset_no} and ${IN_FORCE}`
  const { changed } = await queryRow<{ changed: number }>(
    tx,
    sql`
      select count(*) as changed from staged_cases s join cases c on c.id = s.id and c.content_hash <> s.content_hash
      where ${staged} and ${here}`,
  )
  const { went } = await queryRow<{ went: number }>(
    tx,
    sql`
      with went as (
        update cases c set removed_in = ${next}
        ${
          options.mode === 'append'
            ? sql`from staged_cases s where ${staged} and ${here} and c.id = s.id and c.content_hash <> s.content_hash`
            : sql`where ${here} and not exists (
                select from staged_cases s where ${staged} and s.content_hash = c.content_hash
              )`
        } returning 1
      ) select count(*) as went from went`,
  )
  const { came } = await queryRow<{ came: number }>(
    tx,
    sql`
      with came as (
        insert into cases (
          project_id, dataset_no, id, input, expected, metadata, source, cluster, split, content_hash, added_in
        )
        select s.project_id, ${held.dataset_no}, s.id, s.input, s.expected, s.metadata, s.source, s.cluster, s.split,
          s.content_hash, ${next}
        from staged_cases s
        where ${staged} and not exists (select from cases c where ${here} and c.content_hash = s.content_hash)
        order by s.position returning 1
      ) select count(*) as came from came`,
  )
  return closeVersion(tx, projectId, held, { added: came - changed, removed: went - changed, changed }, options)
}

/**
 * Takes the cases of an id out of every dataset.
 *
 * @returns the names of the datasets that had one.
 */
export async function retractCases(tx: Db, projectId: number, id: string, userId: number): Promise<string[]> {
  const having = await query<DatasetVersion & { name: string }>(
    tx,
    sql`
      select d.dataset_no, d.name, d.version, d.version_no from datasets d
      where d.project_id = ${projectId} and exists (
        select from cases c where c.project_id = d.project_id and c.dataset_no = d.dataset_no and c.id = ${id} and ${IN_FORCE}
      ) order by d.dataset_no for update`,
  )
  const names: string[] = []
  for (const held of having) {
    const { went } = await queryRow<{ went: number }>(
      tx,
      sql`
        with went as (
          update cases c set removed_in = ${held.version_no + 1}
          where c.project_id = ${projectId} and c.dataset_no = ${held.dataset_no} and c.id = ${id} and ${IN_FORCE}
          returning 1
        ) select count(*) as went from went`,
    )
    if (went === 0) continue
    const author = { user_id: userId, made_by: 'retraction' as const }
    await closeVersion(tx, projectId, held, { added: 0, removed: went, changed: 0 }, author)
    names.push(held.name)
  }
  return names.sort()
}

/** The versions of a dataset, newest first; `before` is the number of the last one seen. */
export function listVersions(
  db: Db,
  projectId: number,
  datasetNo: number,
  window: { before?: number | undefined; limit: number },
): Promise<z.infer<typeof datasetVersionSchema>[]> {
  return query(
    db,
    sql`
      select version, version_no, case_count, added, removed, changed, made_by, u.name as author, v.created_at
      from dataset_versions v left join users u using (user_id)
      where v.project_id = ${projectId} and v.dataset_no = ${datasetNo}
        and v.version_no < ${window.before ?? 2_147_483_647}
      order by v.version_no desc limit ${window.limit}`,
  )
}

/**
 * Ends a change of a held dataset: counts and labels what there is now. The label is the first 12 hexadecimal digits of the
 * SHA-256 over the sorted content hashes of its cases, so it depends on neither their order nor their past.
 */
async function closeVersion(
  tx: Db,
  projectId: number,
  held: DatasetVersion,
  counts: { added: number; removed: number; changed: number },
  author: Author,
): Promise<VersionChange> {
  const { dataset_no } = held
  const { added, removed, changed } = counts
  const { cases, label } = await queryRow<{ cases: number; label: string }>(
    tx,
    sql`
      select count(*) as cases, left(encode(sha256(
          coalesce(string_agg(c.content_hash, ''::bytea order by c.content_hash), ''::bytea)
        ), 'hex'), 12) as label
      from cases c where c.project_id = ${projectId} and c.dataset_no = ${dataset_no} and ${IN_FORCE}`,
  )
  const result = { cases, added, removed, changed, unchanged: cases - added - changed }
  if (added + removed + changed === 0 && held.version_no > 0) {
    return { ...result, version: held.version, version_no: held.version_no }
  }
  const version_no = held.version_no + 1
  await query(
    tx,
    sql`
      with version as (
        insert into dataset_versions (
          project_id, dataset_no, version_no, version, case_count, added, removed, changed, made_by, user_id
        )
        values (
          ${projectId}, ${dataset_no}, ${version_no}, ${label}, ${cases}, ${added}, ${removed}, ${changed},
          ${author.made_by}, ${author.user_id}
        )
      )
      update datasets set version_no = ${version_no}, version = ${label}, case_count = ${cases},
        changed_at = clock_timestamp()
      where project_id = ${projectId} and dataset_no = ${dataset_no}`,
  )
  return { ...result, version: label, version_no }
}
