import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Db } from '#db/connect.ts'
import { Conflict, NotFound } from '#errors.ts'
import { readApproved } from './approved-rows.ts'
import { writeExportLines } from './export-formats.ts'
import {
  dropRecord,
  type ExportRecord,
  type ExportWish,
  exportInputSchema,
  finishRecord,
  getExport,
  readBound,
  readSnapshot,
  startRecord,
  type WrittenFile,
} from './export-records.ts'
import type { Reviewer } from './reviewer.ts'
import { streamSftLines } from './sft-lines.ts'

/** A file that nobody finished is left behind by a process that was killed; after this long it is cleared away. */
const ABANDONED_MS = 24 * 60 * 60 * 1000

/**
 * Writes approved corrections to a file below `folder` and records it: what was asked for, by whom, how many lines, which
 * bytes. The file has its name only once it is whole and on the disk; the record is shown only once the file is there.
 */
export async function makeExport(db: Db, author: Reviewer, folder: string, wish: ExportWish): Promise<ExportRecord> {
  const { project_id } = author
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await clearAbandoned(folder)
  const exportId = randomUUID()
  const part = join(folder, `${exportId}.part`)
  const exportNo = await startRecord(db, author, exportId, wish)
  try {
    let snapshot = { up_to: 0, undone_before: [] as number[] }
    const written = await writeFile(db, project_id, part, wish, async tx => {
      snapshot = await readSnapshot(tx, project_id, exportNo)
    })
    await rename(part, nameFile(folder, exportId))
    await finishRecord(db, project_id, exportNo, { ...written, ...snapshot })
    return await getExport(db, project_id, exportId)
  } catch (error) {
    await rm(part, { force: true })
    await rm(nameFile(folder, exportId), { force: true })
    await dropRecord(db, project_id, exportNo)
    throw error
  }
}

/**
 * Makes the file of an export again, on a machine that does not have it. What was approved later is left out; the hash says
 * whether it came to the same bytes.
 *
 * @throws NotFound; Conflict when something of it was changed or undone since.
 */
export async function restoreExport(
  db: Db,
  projectId: number,
  folder: string,
  exportId: string,
): Promise<ExportRecord> {
  const record = await getExport(db, projectId, exportId)
  const { format, filter } = exportInputSchema.parse({ format: record.format, filter: record.filter })
  const up_to = await readBound(db, projectId, record.export_id)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const part = join(folder, `${randomUUID()}.part`)
  try {
    const { content_hash } = await writeFile(db, projectId, part, { format, filter: { ...filter, up_to } })
    if (content_hash.toString('hex') !== record.content_hash) {
      throw new Conflict(
        `Corrections of export "${exportId}" were changed or undone since, so its file cannot be made again; make a new export.`,
      )
    }
    await rename(part, nameFile(folder, record.export_id))
    return record
  } finally {
    await rm(part, { force: true })
  }
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
  if (known === null) {
    throw new NotFound(
      `The file of export "${exportId}" is not on this machine; POST /api/corrections/exports/${exportId}/file makes it again.`,
    )
  }
  return { record, stream: createReadStream(path) }
}

async function writeFile(
  db: Db,
  projectId: number,
  path: string,
  wish: ExportWish,
  begun?: (tx: Db) => Promise<void>,
): Promise<WrittenFile> {
  const hash = createHash('sha256')
  const written = { records: 0, left_out: 0, bytes: 0 }
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const { bytes, records, left_out } of writePieces(db, projectId, wish, begun)) {
      written.records += records
      written.left_out += left_out
      written.bytes += bytes.length
      hash.update(bytes)
      await file.writeFile(bytes)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  const content_hash = hash.digest()
  const file_name = `${wish.format}_${content_hash.toString('hex').slice(0, 12)}.jsonl`
  return { ...written, content_hash, file_name }
}

interface ExportPiece {
  bytes: Uint8Array
  records: number
  left_out: number
}

async function* writePieces(
  db: Db,
  projectId: number,
  { format, filter }: ExportWish,
  begun?: (tx: Db) => Promise<void>,
): AsyncGenerator<ExportPiece, void, undefined> {
  if (format === 'sft') {
    const lines = streamSftLines(db, projectId, filter, begun)
    for await (const bytes of lines) yield { bytes, records: countLines(bytes), left_out: 0 }
    return
  }
  for await (const rows of readApproved(db, projectId, filter, begun)) {
    const lines = rows.map(row => writeExportLines(format, row))
    yield {
      bytes: Buffer.from(lines.flat().join('')),
      records: lines.reduce((total, own) => total + own.length, 0),
      left_out: lines.filter(own => own.length === 0).length,
    }
  }
}

function countLines(bytes: Uint8Array): number {
  let lines = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++
  return lines
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
