import { z } from '@hono/zod-openapi'
import sql, { empty, type Sql } from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { NotFound } from '#errors.ts'
import { timeSchema } from '#http/schemas.ts'

export const importRecordSchema = z
  .object({
    import_id: z.string(),
    run_id: z.string(),
    author: z.string(),
    state: z.enum(['running', 'done', 'failed', 'broken_off']).openapi({
      description: 'broken_off: nothing was heard of it for a minute; start it again, what is there is skipped',
    }),
    size: z.int().openapi({ description: 'Bytes of the file' }),
    bytes_read: z.int(),
    imported: z.int(),
    skipped: z.int(),
    malformed_count: z.int(),
    error: z.string().nullable(),
    started_at: timeSchema,
    ended_at: timeSchema.nullable(),
  })
  .openapi('ImportRecord')
export type ImportRecord = z.infer<typeof importRecordSchema>

export const importDetailSchema = importRecordSchema
  .extend({ malformed: z.array(z.object({ line: z.int(), reason: z.string() })) })
  .openapi('ImportDetail')
export type ImportDetail = z.infer<typeof importDetailSchema>

/** How far an import is. */
export interface ImportProgress {
  bytes_read: number
  imported: number
  skipped: number
  malformed_count: number
}

/** After so many seconds without a word an import counts as broken off. */
const SILENCE_SECONDS = 60
/** Of each project so many imports are remembered. */
const KEPT = 200

/** Begins the record of an import, and forgets the oldest. @returns its number. */
export async function startImportRecord(
  db: Db,
  projectId: number,
  userId: number,
  file: { run_id: string; size: number },
): Promise<number> {
  const { import_no } = await queryRow<{ import_no: number }>(
    db,
    sql`
      with old as (
        delete from candidate_imports where project_id = ${projectId} and import_no <= (
          select import_no from candidate_imports where project_id = ${projectId}
          order by import_no desc limit 1 offset ${KEPT - 1}
        )
      )
      insert into candidate_imports (project_id, run_id, user_id, size)
      values (${projectId}, ${file.run_id}, ${userId}, ${file.size}) returning import_no`,
  )
  return import_no
}

/** Notes how far an import is; that it goes on is news as well. */
export async function noteImportProgress(
  db: Db,
  projectId: number,
  importNo: number,
  progress: ImportProgress,
): Promise<void> {
  await query(
    db,
    sql`
      update candidate_imports set ${setProgress(progress)}, seen_at = clock_timestamp()
      where project_id = ${projectId} and import_no = ${importNo}`,
  )
}

/** Ends the record of an import: with its malformed lines, or with what stopped it. */
export async function endImportRecord(
  db: Db,
  projectId: number,
  importNo: number,
  end: ImportProgress & { malformed: ImportDetail['malformed']; error: string | null },
): Promise<void> {
  await query(
    db,
    sql`
      update candidate_imports set ${setProgress(end)}, malformed = ${JSON.stringify(end.malformed)}, error = ${end.error},
        seen_at = clock_timestamp(), ended_at = clock_timestamp()
      where project_id = ${projectId} and import_no = ${importNo}`,
  )
}

/** Newest first, without the malformed lines. */
export function listImports(db: Db, projectId: number, limit: number): Promise<ImportRecord[]> {
  return query<ImportRecord>(db, sql`${selectImports(projectId, empty)} order by i.import_no desc limit ${limit}`)
}

/** An import with its malformed lines, the first 10,000 of them. @throws NotFound */
export async function getImport(db: Db, projectId: number, importId: string): Promise<ImportDetail> {
  const row = await queryOne<ImportDetail>(
    db,
    sql`${selectImports(projectId, sql`, i.malformed`)} and i.import_id = ${importId}::uuid`,
  )
  if (row === null) throw new NotFound(`There is no import "${importId}".`)
  return row
}

function setProgress({ bytes_read, imported, skipped, malformed_count }: ImportProgress): Sql {
  return sql`
    bytes_read = ${bytes_read}, imported = ${imported}, skipped = ${skipped}, malformed_count = ${malformed_count}`
}

function selectImports(projectId: number, more: Sql): Sql {
  return sql`
    select i.import_id, i.run_id, u.name as author, i.size, i.bytes_read, i.imported, i.skipped, i.malformed_count, i.error,
      i.started_at, i.ended_at,
      case
        when i.error is not null then 'failed' when i.ended_at is not null then 'done'
        when i.seen_at < clock_timestamp() - make_interval(secs => ${SILENCE_SECONDS}) then 'broken_off' else 'running'
      end as state ${more}
    from candidate_imports i join users u using (user_id) where i.project_id = ${projectId}`
}
