import { z } from '@hono/zod-openapi'
import sql, { empty, type Sql } from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { NotFound } from '#errors.ts'
import { foreignIdSchema, timeInputSchema, timeSchema } from '#http/schemas.ts'
import type { ExportFilter } from './approved-rows.ts'
import { failureCategorySchema } from './candidate.ts'
import { EXPORT_FORMATS, type ExportFormat } from './export-formats.ts'
import type { Reviewer } from './reviewer.ts'

export const exportFilterSchema = z
  .strictObject({
    from: timeInputSchema.optional().openapi({ description: 'Decided at this time or later' }),
    to: timeInputSchema.optional().openapi({ description: 'Decided before this time' }),
    source: foreignIdSchema.optional(),
    failure_category: failureCategorySchema.optional(),
    profile: foreignIdSchema.optional(),
    split: z.enum(['train', 'test']).optional(),
    test_share: z.number().min(0).max(1).optional().openapi({ description: 'How much of everything is test (0.2)' }),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    path: ['to'],
    error: 'Expected a time after `from`',
  })

export const exportInputSchema = z
  .strictObject({ format: z.enum(EXPORT_FORMATS).default('sft'), filter: exportFilterSchema.default({}) })
  .openapi('ExportInput')

export const exportRecordSchema = z
  .object({
    export_id: z.string(),
    format: z.enum(EXPORT_FORMATS),
    filter: z.record(z.string(), z.unknown()),
    author: z.string(),
    created_at: timeSchema,
    records: z.int().openapi({ description: 'Lines' }),
    left_out: z.int().openapi({ description: 'Approved corrections that the format has no place for' }),
    bytes: z.int(),
    content_hash: z.string().openapi({ description: 'SHA-256 of the file; the same snapshot gives the same' }),
    file_name: z.string(),
    retracted: z.int().openapi({ description: 'How many of its corrections were undone since' }),
  })
  .openapi('ExportRecord')
export type ExportRecord = z.infer<typeof exportRecordSchema>

/** What is asked for. */
export interface ExportWish {
  format: ExportFormat
  filter: ExportFilter
}

/** What a file came to. */
export interface WrittenFile {
  records: number
  left_out: number
  bytes: number
  content_hash: Buffer
  file_name: string
}

export interface ExportSnapshot {
  /** The newest decision of the moment that the file shows. */
  up_to: number
  /** Candidates that were noted as taken back, and are not in the file. */
  undone_before: number[]
}

/** A file of a million lines takes less than one. */
const MAKING_MINUTES = 10

/** First of the two keys of an advisory lock; the second is the project. */
const EXPORTS_LOCK = 731_402_664

/**
 * Begins the record of an export, before anything is read: what is undone while the file is being written is noted at it.
 * It is shown once it is finished.
 *
 * @returns its number.
 */
export function startRecord(db: Db, author: Reviewer, exportId: string, wish: ExportWish): Promise<number> {
  const { project_id, user_id } = author
  return transact(db, async tx => {
    // Whoever looked for exports before this one was there has committed before its snapshot is taken.
    await query(tx, sql`select pg_advisory_xact_lock(${EXPORTS_LOCK}, ${project_id}::integer)`)
    // A process that was killed leaves a record without a file.
    await query(
      tx,
      sql`
        delete from exports
        where project_id = ${project_id} and content_hash is null and created_at < now() - interval '1 day'`,
    )
    const row = await queryRow<{ export_no: number }>(
      tx,
      sql`
        insert into exports (project_id, export_id, user_id, format, filter)
        values (${project_id}, ${exportId}, ${user_id}, ${wish.format}, ${JSON.stringify(wish.filter)})
        returning export_no`,
    )
    return row.export_no
  })
}

/** @param tx sees the moment that the file is to show. */
export function readSnapshot(tx: Db, projectId: number, exportNo: number): Promise<ExportSnapshot> {
  return queryRow<ExportSnapshot>(
    tx,
    sql`
      select (select coalesce(max(decision_no), 0) from decisions where project_id = ${projectId}) as up_to,
        (
          select coalesce(json_agg(candidate_no), '[]') from export_retractions
          where project_id = ${projectId} and export_no = ${exportNo}
        ) as undone_before`,
  )
}

/** The newest decision that an export took into account. */
export async function readBound(db: Db, projectId: number, exportId: string): Promise<number> {
  const row = await queryRow<{ up_to: number }>(
    db,
    sql`select up_to from exports where project_id = ${projectId} and export_id = ${exportId}::uuid`,
  )
  return row.up_to
}

/** Completes the record of an export whose file is there. */
export async function finishRecord(
  db: Db,
  projectId: number,
  exportNo: number,
  written: WrittenFile & ExportSnapshot,
): Promise<void> {
  await query(
    db,
    sql`
      with absent as (
        delete from export_retractions
        where project_id = ${projectId} and export_no = ${exportNo}
          and candidate_no = any(${written.undone_before}::bigint[])
      )
      update exports set
        records = ${written.records}, left_out = ${written.left_out}, bytes = ${written.bytes}, up_to = ${written.up_to},
        content_hash = ${written.content_hash}, file_name = ${written.file_name}
      where project_id = ${projectId} and export_no = ${exportNo}`,
  )
}

/** Takes away the record of an export whose file could not be written. */
export async function dropRecord(db: Db, projectId: number, exportNo: number): Promise<void> {
  await query(db, sql`delete from exports where project_id = ${projectId} and export_no = ${exportNo}`)
}

/** Newest first. */
export function listExports(db: Db, projectId: number, limit: number): Promise<ExportRecord[]> {
  return query<ExportRecord>(db, sql`${selectExports(projectId, empty)} order by e.export_no desc limit ${limit}`)
}

/** @throws NotFound */
export async function getExport(db: Db, projectId: number, exportId: string): Promise<ExportRecord> {
  const row = await queryOne<ExportRecord>(db, selectExports(projectId, sql`and e.export_id = ${exportId}::uuid`))
  if (row === null) throw new NotFound(`There is no export "${exportId}".`)
  return row
}

/**
 * Notes that a candidate is taken back, at every export that has it. To be called while the candidate is still approved.
 *
 * @returns the ids of those exports, and of those that are being made. What was begun long ago and never finished is of a
 * process that was killed, and nobody can look it up.
 */
export async function retractFromExports(tx: Db, projectId: number, candidateNo: number): Promise<string[]> {
  await query(tx, sql`select pg_advisory_xact_lock_shared(${EXPORTS_LOCK}, ${projectId}::integer)`)
  const rows = await query<{ export_id: string }>(
    tx,
    sql`
      with affected as (${selectExportsWith(projectId, candidateNo)}),
      noted as (
        insert into export_retractions (project_id, export_no, candidate_no)
        select ${projectId}, export_no, ${candidateNo} from affected on conflict do nothing
      )
      select export_id from affected
      where content_hash is not null or created_at > clock_timestamp() - make_interval(mins => ${MAKING_MINUTES})
      order by export_no`,
  )
  return rows.map(row => row.export_id)
}

/** The exports, those that are being made too, that have the line of a candidate as it is now. */
export function selectExportsWith(projectId: number, candidateNo: number): Sql {
  return sql`
    select e.export_no, e.export_id, e.format, e.file_name, e.content_hash, e.created_at from exports e
    join candidates c on c.project_id = e.project_id and c.candidate_no = ${candidateNo}
    where e.project_id = ${projectId} and c.ready and c.approved_no <= e.up_to
      and c.decided_at >= coalesce((e.filter ->> 'from')::timestamptz, '-infinity')
      and c.decided_at < coalesce((e.filter ->> 'to')::timestamptz, 'infinity')
      and coalesce(e.filter ->> 'source' = c.source, e.filter ->> 'source' is null)
      and coalesce(e.filter ->> 'failure_category' = c.failure_category, e.filter ->> 'failure_category' is null)
      and coalesce(e.filter ->> 'profile' = c.profile_id, e.filter ->> 'profile' is null)
      and coalesce(
        (e.filter ->> 'split' = 'test') = (c.split < round(coalesce((e.filter ->> 'test_share')::float8, 0.2) * 10000)),
        true
      )`
}

function selectExports(projectId: number, condition: Sql): Sql {
  return sql`
    select e.export_id, e.format, e.filter, u.name as author, e.created_at, e.records, e.left_out, e.bytes,
      encode(e.content_hash, 'hex') as content_hash, e.file_name,
      (select count(*) from export_retractions r where r.project_id = e.project_id and r.export_no = e.export_no) as retracted
    from exports e join users u using (user_id)
    where e.project_id = ${projectId} and e.content_hash is not null ${condition}`
}
