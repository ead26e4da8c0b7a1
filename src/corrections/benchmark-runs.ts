import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { Forbidden, Invalid } from '#errors.ts'
import { readTimestamp, timeSchema } from '#http/schemas.ts'
import { isJsonObject, parseJson } from '#json.ts'
import { type Line, splitLines } from '#lines.ts'
import { listRunFolders, openRunFile, type RunFile } from './benchmark-folder.ts'
import { getBenchFolder } from './settings.ts'

export const benchmarkRunSchema = z
  .object({
    run_id: z.string(),
    timestamp: timeSchema.openapi({ description: 'Of its first candidate; else when the file was last written' }),
    candidate_count: z.int().openapi({ description: 'Lines that are not empty' }),
    already_imported: z.boolean().openapi({ description: 'Whether the file, as it is now, was imported to its end' }),
  })
  .openapi('BenchmarkRun')
export type BenchmarkRun = z.infer<typeof benchmarkRunSchema>

/** The benchmark runs in the configured folder, newest name first. A file is counted once as long as it does not change. */
export async function listBenchmarkRuns(db: Db, projectId: number, roots: string[]): Promise<BenchmarkRun[]> {
  const folder = await getBenchFolder(db, projectId)
  if (folder === '') return []
  const runs: BenchmarkRun[] = []
  for (const name of await listRunFolders(roots, folder)) {
    const run = await describeRun(db, projectId, roots, folder, name)
    if (run !== null) runs.push(run)
  }
  return runs
}

/** Notes that a run's file was imported to its end, as it was when the import began. */
export async function recordImport(
  db: Db,
  projectId: number,
  runId: string,
  file: RunFile,
  counted: CountedFile,
): Promise<void> {
  await saveRun(db, projectId, runId, file, counted, true)
}

/** What a look through a file finds. */
export interface CountedFile {
  candidate_count: number
  /** What the first candidate that can be read gives as its timestamp, in the wire's form. */
  first_timestamp: string | null
}

/** Takes a line into account. */
export function countLine(counted: CountedFile, line: Line): void {
  counted.candidate_count += 1
  if (counted.candidate_count <= LINES_LOOKED_AT && counted.first_timestamp === null && 'bytes' in line) {
    counted.first_timestamp = findTimestamp(line.bytes)
  }
}

/** A file whose first lines have no time is not parsed to its end for one. */
const LINES_LOOKED_AT = 100

interface StoredRun extends CountedFile {
  imported_at: string | null
}

async function describeRun(
  db: Db,
  projectId: number,
  roots: string[],
  folder: string,
  name: string,
): Promise<BenchmarkRun | null> {
  // A link that leads out is no run of this folder; asked for by name it is refused with the reason.
  const file = await openRunFile(roots, folder, name).catch(error => {
    if (error instanceof Forbidden) return null
    throw error
  })
  if (file === null) return null
  try {
    const known = await findRun(db, projectId, name, file)
    const run = known ?? { ...(await countFile(file)), imported_at: null }
    if (known === null) await saveRun(db, projectId, name, file, run, false)
    return {
      run_id: name,
      timestamp: run.first_timestamp ?? file.modified_at,
      candidate_count: run.candidate_count,
      already_imported: run.imported_at !== null,
    }
  } finally {
    await file.handle.close()
  }
}

function findRun(db: Db, projectId: number, runId: string, file: RunFile): Promise<StoredRun | null> {
  return queryOne<StoredRun>(
    db,
    sql`
      select candidate_count, first_timestamp, imported_at from benchmark_runs
      where project_id = ${projectId} and run_id = ${runId} and path = ${file.path} and size = ${file.size}
        and modified_at = ${file.modified_at}::timestamptz`,
  )
}

async function saveRun(
  db: Db,
  projectId: number,
  runId: string,
  file: RunFile,
  counted: CountedFile,
  imported: boolean,
): Promise<void> {
  await query(
    db,
    sql`
      insert into benchmark_runs (
        project_id, run_id, path, size, modified_at, candidate_count, first_timestamp, imported_at
      )
      values (
        ${projectId}, ${runId}, ${file.path}, ${file.size}, ${file.modified_at}, ${counted.candidate_count},
        ${counted.first_timestamp}, case when ${imported} then clock_timestamp() end
      )
      on conflict (project_id, run_id) do update set
        path = excluded.path, size = excluded.size, modified_at = excluded.modified_at,
        candidate_count = excluded.candidate_count, first_timestamp = excluded.first_timestamp,
        imported_at = excluded.imported_at`,
  )
}

async function countFile(file: RunFile): Promise<CountedFile> {
  const counted: CountedFile = { candidate_count: 0, first_timestamp: null }
  for await (const lines of splitLines(file.handle.createReadStream({ start: 0, autoClose: false }))) {
    for (const line of lines) countLine(counted, line)
  }
  return counted
}

function findTimestamp(bytes: Buffer): string | null {
  try {
    const value = parseJson(bytes)
    return isJsonObject(value) && typeof value.timestamp === 'string' ? readTimestamp(value.timestamp) : null
  } catch (error) {
    if (error instanceof Invalid) return null
    throw error
  }
}
