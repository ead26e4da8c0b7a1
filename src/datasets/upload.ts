import { z } from '@hono/zod-openapi'
import type { Db } from '#db/connect.ts'
import { Invalid } from '#errors.ts'
import { markCase } from './case.ts'
import { caseDifferenceSchema } from './diff.ts'
import type { ReadCase } from './jsonl-cases.ts'
import { previewVersion } from './preview.ts'
import { type Double, type PlacedCase, saveVersion } from './staging.ts'
import { type Author, type VersionMode, versionChangeSchema } from './versions.ts'

export const datasetUploadSchema = versionChangeSchema
  .extend({
    malformed: z.array(z.object({ line: z.int(), reason: z.string() })),
    malformed_count: z.int().openapi({ description: 'All of them; `malformed` lists the first 10,000' }),
  })
  .openapi('DatasetUpload')
export type DatasetUpload = z.infer<typeof datasetUploadSchema>

export const datasetPreviewSchema = datasetUploadSchema
  .extend({
    differences: z.array(caseDifferenceSchema).openapi({ description: 'The first 50 of them' }),
  })
  .openapi('DatasetPreview')

const BATCH_CASES = 2_000
const BATCH_BYTES = 8 * 1024 * 1024
const MALFORMED_SHOWN = 10_000
const REASON_LENGTH = 300

interface Malformed {
  line: number
  reason: string
}

/**
 * Makes a version of what is read. A line that is no case, or says one again, rejects only itself and is told; what cannot
 * be read at all, breaks off, or holds no case changes nothing.
 *
 * @throws Invalid when there is no case among the lines, and as its reader.
 */
export function uploadCases(
  db: Db,
  projectId: number,
  name: string,
  lines: AsyncIterable<ReadCase[]>,
  options: Author & { mode: VersionMode },
): Promise<DatasetUpload> {
  return tellRefused(lines, batches => saveVersion(db, projectId, name, batches, options))
}

/**
 * What an upload would change, without changing it: told as after `uploadCases`, with the first differences.
 *
 * @throws Invalid as `uploadCases`.
 */
export function previewUpload(
  db: Db,
  projectId: number,
  name: string,
  lines: AsyncIterable<ReadCase[]>,
  mode: VersionMode,
): Promise<z.infer<typeof datasetPreviewSchema>> {
  return tellRefused(lines, batches => previewVersion(db, projectId, name, batches, mode))
}

/** Hands on the cases among the lines, and adds to what comes of them which lines were left out. */
async function tellRefused<Result extends { doubles: Double[] }>(
  lines: AsyncIterable<ReadCase[]>,
  use: (batches: AsyncGenerator<PlacedCase[]>) => Promise<Result>,
): Promise<Omit<Result, 'doubles'> & { malformed: Malformed[]; malformed_count: number }> {
  const refused: Malformed[] = []
  let count = 0
  const note = (malformed: Malformed) => {
    count += 1
    if (refused.length < MALFORMED_SHOWN)
      refused.push({ ...malformed, reason: malformed.reason.slice(0, REASON_LENGTH) })
  }
  const { doubles, ...change } = await use(gatherCases(lines, note))
  for (const { position, reason } of doubles) note({ line: position, reason })
  const malformed = refused.sort((one, other) => one.line - other.line)
  return { ...change, malformed, malformed_count: count }
}

async function* gatherCases(
  lines: AsyncIterable<ReadCase[]>,
  note: (malformed: Malformed) => void,
): AsyncGenerator<PlacedCase[]> {
  let batch: PlacedCase[] = []
  let bytes = 0
  let cases = 0
  let first: Malformed | null = null
  for await (const read of lines) {
    for (const one of read) {
      if ('reason' in one) {
        first ??= { line: one.line, reason: one.reason }
        note(one)
        continue
      }
      batch.push({ position: one.line, marked: markCase(one.given) })
      bytes += one.bytes
      if (batch.length < BATCH_CASES && bytes < BATCH_BYTES) continue
      yield batch
      cases += batch.length
      batch = []
      bytes = 0
    }
  }
  if (batch.length > 0) yield batch
  if (cases + batch.length > 0) return
  if (first === null) throw new Invalid('There are no cases in it.', ['body'], 'no_cases')
  const reason = `No line is a case. Line ${first.line}: ${first.reason.slice(0, REASON_LENGTH)}`
  throw new Invalid(reason, ['body'], 'no_cases')
}
