import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { isUniqueViolation } from '#db/outage.ts'
import { transact } from '#db/transact.ts'
import { Forbidden, Invalid, NotFound } from '#errors.ts'
import { splitLines } from '#lines.ts'
import { openRunFile, type RunFile } from './benchmark-folder.ts'
import { type CountedFile, countLine, recordImport } from './benchmark-runs.ts'
import { readCandidateLine } from './candidate-line.ts'
import { endImportRecord, noteImportProgress, startImportRecord } from './import-records.ts'
import { type PackedCandidate, packCandidate, saveCandidates } from './save-candidates.ts'
import { getBenchFolder } from './settings.ts'

export const candidateImportSchema = z
  .object({
    imported: z.int(),
    skipped: z.int().openapi({ description: 'Ids that were there already, or stand twice in the file' }),
    malformed: z.array(z.object({ line: z.int(), reason: z.string() })),
    malformed_count: z.int().openapi({ description: 'All of them; `malformed` lists the first 10,000' }),
  })
  .openapi('CandidateImport')
export type CandidateImport = z.infer<typeof candidateImportSchema>

const BATCH_LINES = 5_000
const BATCH_BYTES = 8 * 1024 * 1024
/** Small, so that between two pieces the writer gets its turn: with 512 KiB the database waited half of the time. */
const READ_BYTES = 64 * 1024
const MALFORMED_SHOWN = 10_000
const REASON_LENGTH = 300
const ATTEMPTS = 5
/** How far it is, is noted at most this often. */
const NOTED_MS = 250

/**
 * Imports the candidates of a benchmark run, as a stream: memory holds two batches whatever the size of the file, the one
 * being read and the one being written. What is there already stays as it is, so an import that was interrupted is simply
 * started again. A line that cannot be read rejects only itself. How far it is, and how it ended, stands in its record.
 *
 * @throws NotFound for an unknown run.
 */
export async function importBenchmarkRun(
  db: Db,
  projectId: number,
  userId: number,
  roots: string[],
  runId: string,
): Promise<CandidateImport> {
  const folder = await getBenchFolder(db, projectId)
  const file = folder === '' ? null : await openRunFile(roots, folder, runId)
  if (file === null) throw new NotFound(`There is no benchmark run "${runId}".`)
  try {
    return await importRecorded(db, projectId, userId, runId, file)
  } finally {
    await file.handle.close()
  }
}

async function importRecorded(
  db: Db,
  projectId: number,
  userId: number,
  runId: string,
  file: RunFile,
): Promise<CandidateImport> {
  const importNo = await startImportRecord(db, projectId, userId, { run_id: runId, size: file.size })
  const counted: CountedFile = { candidate_count: 0, first_timestamp: null }
  const result: ImportState = { imported: 0, skipped: 0, malformed: [], malformed_count: 0, bytes_read: 0 }
  let noted = Date.now()
  const save = async (batch: PackedCandidate[]) => {
    const imported = await saveBatch(db, projectId, userId, batch)
    result.imported += imported
    result.skipped += batch.length - imported
    if (Date.now() - noted < NOTED_MS) return
    noted = Date.now()
    await noteImportProgress(db, projectId, importNo, result)
  }
  try {
    await importFile(file, counted, result, projectId, save)
    await recordImport(db, projectId, runId, file, counted)
  } catch (error) {
    // Should the database be what is missing, the record stays open and says that it was broken off.
    await endImportRecord(db, projectId, importNo, { ...result, error: nameStop(error) }).catch(() => {})
    throw error
  }
  await endImportRecord(db, projectId, importNo, { ...result, error: null })
  const { bytes_read, ...told } = result
  return told
}

interface ImportState extends CandidateImport {
  bytes_read: number
}

function nameStop(error: unknown): string {
  if (error instanceof Forbidden || error instanceof Invalid) return error.message
  return 'The server could not go on; its log says why. Start the import again: what is there is skipped.'
}

async function importFile(
  file: RunFile,
  counted: CountedFile,
  state: ImportState,
  projectId: number,
  save: (batch: PackedCandidate[]) => Promise<void>,
): Promise<void> {
  let writing: Promise<void> = Promise.resolve()
  let batch: PackedCandidate[] = []
  let bytes = 0
  const write = async () => {
    const full = batch
    batch = []
    bytes = 0
    await writing
    writing = save(full)
    writing.catch(() => {})
  }
  const chunks = file.handle.createReadStream({ start: 0, autoClose: false, highWaterMark: READ_BYTES })
  for await (const lines of splitLines(countBytes(chunks, state))) {
    for (const line of lines) {
      countLine(counted, line)
      const read = readCandidateLine(line)
      if ('reason' in read) {
        reject(state, line.number, read.reason)
        continue
      }
      batch.push(packCandidate(projectId, read.candidate))
      bytes += 'bytes' in line ? line.bytes.length : 0
      if (batch.length >= BATCH_LINES || bytes >= BATCH_BYTES) await write()
    }
  }
  await write()
  await writing
}

async function* countBytes(chunks: AsyncIterable<Buffer>, state: ImportState): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of chunks) {
    state.bytes_read += chunk.length
    yield chunk
  }
}

/** Returns how many were new. Somebody may bring the same at the same time; then the batch is looked at again. */
async function saveBatch(db: Db, projectId: number, userId: number, batch: PackedCandidate[]): Promise<number> {
  if (batch.length === 0) return 0
  for (let attempt = 1; ; attempt++) {
    try {
      return await transact(db, async tx => {
        // The counters' trigger holds the new rows; with less memory they would go through a file. Nothing is promised
        // before `recordImport`, whose commit waits for the disk and with it for all before it.
        await query(tx, sql`select set_config('work_mem', '64MB', true), set_config('synchronous_commit', 'off', true)`)
        return (await saveCandidates(tx, projectId, userId, batch)).size
      })
    } catch (error) {
      if (attempt >= ATTEMPTS || !isUniqueViolation(error)) throw error
    }
  }
}

function reject(result: CandidateImport, line: number, reason: string): void {
  result.malformed_count += 1
  if (result.malformed.length < MALFORMED_SHOWN) result.malformed.push({ line, reason: reason.slice(0, REASON_LENGTH) })
}
