/** What every format of transcript files has in common. */
import { createReadStream } from 'node:fs'
import { showPath } from '#json-trouble.ts'
import { type SessionInput, sessionInputSchema } from '#sessions/input.ts'

/** A file of sessions. `open` may be called several times; each call reads from the start. */
export interface TranscriptFile {
  path: string
  open(): AsyncIterable<Uint8Array>
  /** Files that belong to this one and hold no sessions of their own: those of a Claude Code session's subagents. */
  subagents: TranscriptFile[]
}

export interface ReadOptions {
  /** Replaces the profile of every session. */
  profile?: string | undefined
}

/** A session, with the line where it begins; or a line that could not be read. `path` names a subagent's file. */
export type TranscriptItem =
  | { session: SessionInput; line: number }
  | { rejected: { line: number; reason: string; path?: string } }

export interface TranscriptFormat {
  /** As `--format` takes it. */
  name: string
  /** As people call it. */
  title: string
  /** `lines`: a JSON value a line; `array`: one JSON array. */
  container: 'lines' | 'array'
  /** Why a line (or element) is not of this format; null if it is. */
  describeMisfit(value: unknown): string | null
  read(file: TranscriptFile, options: ReadOptions): AsyncIterable<TranscriptItem>
}

/** A transcript on disk, with the files of its subagents. Nothing is read before `open` is called. */
export function openTranscript(path: string, subagents: string[] = []): TranscriptFile {
  return {
    path,
    open: () => createReadStream(path, { highWaterMark: 256 * 1024 }),
    subagents: subagents.map(one => openTranscript(one)),
  }
}

/** Checks a session against the schema of `POST /api/sessions`; what does not fit is rejected with the field's path. */
export function acceptSession(session: unknown, line: number): TranscriptItem {
  const parsed = sessionInputSchema.safeParse(session)
  // The session itself goes on, not what the schema made of it: foreign fields stay in their order and spelling.
  if (isChecked(session, parsed.success)) return { session, line }
  const issue = parsed.error?.issues[0]
  const path = showPath((issue?.path ?? []).map(step => (typeof step === 'number' ? step : String(step))))
  const reason =
    issue?.code === 'unrecognized_keys' ? `unknown field ${issue.keys[0]}` : (issue?.message ?? 'no session')
  return { rejected: { line, reason: path === '' ? reason : `${path}: ${reason}` } }
}

function isChecked(_session: unknown, success: boolean): _session is SessionInput {
  return success
}
