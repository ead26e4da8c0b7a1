import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from '@hono/zod-openapi'
import type { Db } from '#db/connect.ts'
import { Invalid } from '#errors.ts'
import { importResultSchema, importSessions } from '#sessions/import.ts'
import { claudeCode } from './claude-code.ts'
import { isSubagentFile } from './files.ts'
import { detectFormat } from './formats.ts'
import { writeSessionLine } from './session-line.ts'
import type { TranscriptFile, TranscriptFormat } from './transcript-file.ts'

export const droppedFileSchema = importResultSchema
  .extend({ format: z.string().openapi({ example: 'Claude Code transcript' }) })
  .openapi('DroppedFile')
export type DroppedFile = z.infer<typeof droppedFileSchema>

/** What a person drops on a page; larger files are read where they lie, by the command. */
const MOST_BYTES = 512 * 1024 * 1024

/**
 * Imports one file of transcripts, whichever format it has. It lies on disk while it is read, as some formats are read twice;
 * memory holds what its format needs.
 *
 * @param name the file's name, which names sessions that have no id of their own.
 * @returns what became of its sessions; lines are those of the file.
 * @throws Invalid when it fits no format, is too large, or is a subagent's, which goes with its session's own file.
 */
export async function importDroppedFile(
  db: Db,
  projectId: number,
  name: string,
  stream: AsyncIterable<Uint8Array>,
): Promise<DroppedFile> {
  const folder = await mkdtemp(join(tmpdir(), 'whetstone-dropped-'))
  try {
    const path = join(folder, 'file')
    await pipeline(stream, refuseTooMuch, createWriteStream(path))
    const file = {
      path: basename(name),
      open: () => createReadStream(path, { highWaterMark: 256 * 1024 }),
      subagents: [],
    }
    const format = await detectFormat(file)
    if (format === claudeCode && isSubagentFile(file.path)) {
      const message = `${file.path} is a subagent's. Import the folder with the session's own file: npx whetstone import <folder>.`
      throw new Invalid(message, ['query', 'name'], 'subagent_file')
    }
    return { format: format.title, ...(await importFile(db, projectId, file, format)) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function importFile(db: Db, projectId: number, file: TranscriptFile, format: TranscriptFormat) {
  const origins: number[] = []
  const unread: { line: number; reason: string }[] = []
  const lines = async function* () {
    for await (const item of format.read(file, {})) {
      if ('rejected' in item) {
        unread.push({ line: item.rejected.line, reason: item.rejected.reason })
        continue
      }
      origins.push(item.line)
      yield Buffer.from(`${writeSessionLine(item.session)}\n`)
    }
  }
  const result = await importSessions(db, projectId, lines())
  const refused = result.rejected.map(({ line, reason }) => ({ line: origins[line - 1] ?? line, reason }))
  return {
    ...result,
    rejected: [...unread, ...refused].sort((a, b) => a.line - b.line),
    rejected_count: result.rejected_count + unread.length,
  }
}

async function* refuseTooMuch(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.byteLength
    if (bytes > MOST_BYTES) {
      const message = `The file is larger than ${MOST_BYTES / 1024 / 1024} MB. Import it with: npx whetstone import <file>.`
      throw new Invalid(message, ['body'], 'too_large')
    }
    yield chunk
  }
}
