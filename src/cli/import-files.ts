import { statSync } from 'node:fs'
import { type Client, readAnswer } from '#client.ts'
import { NotFound } from '#errors.ts'
import { type FoundFile, findFiles, type SkippedFile } from '#ingest/files.ts'
import { writeSessionLine } from '#ingest/session-line.ts'
import type { TranscriptFile } from '#ingest/transcript-file.ts'
import { showProgress } from './progress.ts'

/** What became of an import. Counts are sessions; `rejected` lists the first of `rejected_count`. */
export interface ImportReport {
  files: number
  skipped: SkippedFile[]
  imported: number
  updated: number
  unchanged: number
  rejected: { path: string; line: number; reason: string }[]
  rejected_count: number
  raw_lines: number
}

export interface ImportFilesOptions {
  format?: string | undefined
  profile?: string | undefined
  /** Stops after the sessions that are under way. */
  ended: AbortSignal
}

/** One request takes at most this many sessions, or characters of JSON, whatever the files' size. */
const BATCH_SESSIONS = 1_000
const BATCH_CHARACTERS = 8 * 1024 * 1024
const REJECTED_SHOWN = 1_000

/** A session on its way: its line of NDJSON, and where it came from. */
interface Outgoing {
  path: string
  line: number
  text: string
}

/**
 * Reads transcripts and sends their sessions to the server, one batch while the next is being read. Importing the same
 * files again changes nothing.
 *
 * @throws NotFound: no such path, or no transcripts there. Invalid: a file named by itself fits no format.
 */
export async function importFiles(client: Client, paths: string[], options: ImportFilesOptions): Promise<ImportReport> {
  const { files, skipped } = await findFiles(paths, options.format)
  if (files.length === 0)
    throw new NotFound(`There are no transcripts in ${paths.join(', ')}.${describeSkipped(skipped)}`)
  const report: ImportReport = {
    ...{ files: files.length, skipped, imported: 0, updated: 0, unchanged: 0 },
    ...{ rejected: [], rejected_count: 0, raw_lines: 0 },
  }
  const progress = showProgress('Importing', bytes => formatBytes(bytes))
  const meter = createMeter(files)
  let sending: Promise<void> = Promise.resolve()
  try {
    for await (const batch of readBatches(files, options, meter, report)) {
      await sending
      progress.update(meter.read(), meter.total, countSessions(report))
      if (options.ended.aborted) return report
      sending = sendBatch(client, batch, report)
      sending.catch(() => {})
    }
    await sending
    progress.update(meter.total, meter.total, countSessions(report))
    return report
  } finally {
    progress.stop()
  }
}

async function* readBatches(
  files: FoundFile[],
  options: ImportFilesOptions,
  meter: Meter,
  report: ImportReport,
): AsyncGenerator<Outgoing[]> {
  let batch: Outgoing[] = []
  let characters = 0
  for (const { file, format } of files) {
    for await (const item of format.read(meter.watch(file), { profile: options.profile })) {
      if ('rejected' in item) {
        reject(report, item.rejected.path ?? file.path, item.rejected.line, item.rejected.reason)
        continue
      }
      report.raw_lines += item.session.raw_lines?.length ?? 0
      const text = writeSessionLine(item.session)
      batch.push({ path: file.path, line: item.line, text })
      characters += text.length
      if (batch.length >= BATCH_SESSIONS || characters >= BATCH_CHARACTERS) {
        yield batch
        batch = []
        characters = 0
      }
    }
  }
  if (batch.length > 0) yield batch
}

async function sendBatch(client: Client, batch: Outgoing[], report: ImportReport): Promise<void> {
  const body = batch.map(one => one.text).join('\n')
  const headers = { 'content-type': 'application/x-ndjson' }
  const result = await readAnswer(client.api.sessions.import.$post({}, { headers, init: { body } }))
  report.imported += result.imported
  report.updated += result.updated
  report.unchanged += result.unchanged
  for (const { line, reason } of result.rejected) {
    const origin = batch[line - 1]
    reject(report, origin?.path ?? '', origin?.line ?? line, reason)
  }
  report.rejected_count += result.rejected_count - result.rejected.length
}

function reject(report: ImportReport, path: string, line: number, reason: string): void {
  report.rejected_count += 1
  if (report.rejected.length < REJECTED_SHOWN) report.rejected.push({ path, line, reason })
}

/** How much of the files was read, in bytes; a file that a format reads twice counts once. */
interface Meter {
  total: number
  read: () => number
  watch: (file: TranscriptFile) => TranscriptFile
}

function createMeter(files: FoundFile[]): Meter {
  const sizes = files
    .flatMap(({ file }) => [file, ...file.subagents])
    .map(({ path }) => statSync(path, { throwIfNoEntry: false })?.size ?? 0)
  const seen = new Map<string, number>()
  const watch = (file: TranscriptFile): TranscriptFile => ({
    ...file,
    open: () => countBytes(file.open(), bytes => seen.set(file.path, Math.max(bytes, seen.get(file.path) ?? 0))),
    subagents: file.subagents.map(watch),
  })
  return {
    total: sizes.reduce((sum, size) => sum + size, 0),
    read: () => [...seen.values()].reduce((sum, bytes) => sum + bytes, 0),
    watch,
  }
}

async function* countBytes(
  chunks: AsyncIterable<Uint8Array>,
  note: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.byteLength
    note(bytes)
    yield chunk
  }
}

function countSessions({ imported, updated, unchanged }: ImportReport): string {
  const sum = imported + updated + unchanged
  return sum === 1 ? '1 session' : `${sum} sessions`
}

function formatBytes(bytes: number): string {
  return bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

function describeSkipped(skipped: SkippedFile[]): string {
  const [first] = skipped
  return first === undefined ? '' : ` ${first.path} was skipped: ${first.reason}`
}
