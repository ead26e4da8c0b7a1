import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from '@hono/zod-openapi'
import sql, { empty, type Sql } from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { NotFound } from '#errors.ts'
import { foreignIdSchema, timeInputSchema, timeSchema } from '#http/schemas.ts'
import { type ExportFilter, readApproved } from './approved-rows.ts'
import { failureCategorySchema } from './candidate.ts'
import { EXPORT_FORMATS, type ExportFormat, writeExportLines } from './export-formats.ts'
import type { Reviewer } from './reviewer.ts'

export const exportFilterSchema = z.strictObject({
  from: timeInputSchema.optional(),
  to: timeInputSchema.optional(),
  source: foreignIdSchema.optional(),
  failure_category: failureCategorySchema.optional(),
  profile: foreignIdSchema.optional(),
  split: z.enum(['train', 'test']).optional(),
  test_share: z.number().min(0).max(1).optional().openapi({ description: 'How much of everything is test (0.2)' }),
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

/** A file that nobody finished is left behind by a process that was killed; after this long it is cleared away. */
const ABANDONED_MS = 24 * 60 * 60 * 1000

/**
 * Writes approved corrections to a file below `folder` and records it: what was asked for, by whom, how many lines, which
 * bytes. The file has its name only once it is whole and on the disk; the record is there only once the file is.
 */
export async function makeExport(
  db: Db,
  author: Reviewer,
  folder: string,
  input: { format: ExportFormat; filter: ExportFilter },
): Promise<ExportRecord> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await clearAbandoned(folder)
  const exportId = randomUUID()
  const part = join(folder, `${exportId}.part`)
  try {
    const written = await writeFile(db, author.project_id, part, input)
    await rename(part, nameFile(folder, exportId))
    return await recordExport(db, author, exportId, input, written)
  } catch (error) {
    await rm(part, { force: true })
    await rm(nameFile(folder, exportId), { force: true })
    throw error
  }
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

/** The file of an export. @throws NotFound, also for a file that is not on this machine. */
export async function openExport(
  db: Db,
  projectId: number,
  folder: string,
  exportId: string,
): Promise<{ record: ExportRecord; stream: AsyncIterable<Uint8Array> }> {
  const record = await getExport(db, projectId, exportId)
  const path = nameFile(folder, record.export_id)
  const known = await stat(path).catch(() => null)
  if (known === null) throw new NotFound(`The file of export "${exportId}" is not on this machine; export it again.`)
  return { record, stream: createReadStream(path) }
}

/**
 * Notes that a candidate is taken back, at every export that has it. To be called while the candidate is still approved.
 *
 * @returns the ids of those exports.
 */
export async function retractFromExports(tx: Db, projectId: number, candidateNo: number): Promise<string[]> {
  const rows = await query<{ export_id: string }>(
    tx,
    sql`
      with affected as (
        select e.export_no, e.export_id from exports e
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
          )
      ),
      noted as (
        insert into export_retractions (project_id, export_no, candidate_no)
        select ${projectId}, export_no, ${candidateNo} from affected on conflict do nothing
      )
      select export_id from affected order by export_no`,
  )
  return rows.map(row => row.export_id)
}

interface Written {
  records: number
  left_out: number
  bytes: number
  content_hash: Buffer
  up_to: number
}

async function writeFile(
  db: Db,
  projectId: number,
  path: string,
  input: { format: ExportFormat; filter: ExportFilter },
): Promise<Written> {
  const hash = createHash('sha256')
  const counts = { records: 0, left_out: 0, bytes: 0, up_to: 0 }
  const file = await open(path, 'wx', 0o600)
  try {
    const pieces = readApproved(db, projectId, input.filter, {
      plain: input.format === 'sft',
      seen: upTo => {
        counts.up_to = upTo
      },
    })
    for await (const rows of pieces) {
      const lines = rows.map(row => writeExportLines(input.format, row))
      counts.records += lines.reduce((total, own) => total + own.length, 0)
      counts.left_out += lines.filter(own => own.length === 0).length
      const bytes = Buffer.from(lines.flat().join(''))
      counts.bytes += bytes.length
      hash.update(bytes)
      await file.writeFile(bytes)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return { ...counts, content_hash: hash.digest() }
}

async function recordExport(
  db: Db,
  author: Reviewer,
  exportId: string,
  input: { format: ExportFormat; filter: ExportFilter },
  written: Written,
): Promise<ExportRecord> {
  await queryRow(
    db,
    sql`
      insert into exports (
        project_id, export_id, user_id, format, filter, records, left_out, bytes, content_hash, file_name, up_to
      )
      values (
        ${author.project_id}, ${exportId}, ${author.user_id}, ${input.format}, ${JSON.stringify(input.filter)},
        ${written.records}, ${written.left_out}, ${written.bytes}, ${written.content_hash},
        ${`${input.format}_${written.content_hash.toString('hex').slice(0, 12)}.jsonl`}, ${written.up_to}
      )
      returning export_no`,
  )
  return getExport(db, author.project_id, exportId)
}

async function clearAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.part')) continue
    const path = join(folder, name)
    const known = await stat(path).catch(() => null)
    if (known !== null && Date.now() - known.mtimeMs > ABANDONED_MS) await rm(path, { force: true })
  }
}

function nameFile(folder: string, exportId: string): string {
  return join(folder, `${exportId}.jsonl`)
}

function selectExports(projectId: number, condition: Sql): Sql {
  return sql`
    select e.export_id, e.format, e.filter, u.name as author, e.created_at, e.records, e.left_out, e.bytes,
      encode(e.content_hash, 'hex') as content_hash, e.file_name,
      (select count(*) from export_retractions r where r.project_id = e.project_id and r.export_no = e.export_no) as retracted
    from exports e join users u using (user_id) where e.project_id = ${projectId} ${condition}`
}
