/** Whetstone's own NDJSON: a line is what `POST /api/sessions` takes. */
import { isJsonObject } from '#json.ts'
import { nameKind, readJsonLines } from './json-lines.ts'
import {
  acceptSession,
  type ReadOptions,
  type TranscriptFile,
  type TranscriptFormat,
  type TranscriptItem,
} from './transcript-file.ts'

/**
 * A line with `messages` is Whetstone's if it names its profile; without, it is a plain OpenAI line, `session_id` or not.
 * A line without messages changes other fields of a session that is known.
 */
export const whetstoneNdjson: TranscriptFormat = {
  name: 'whetstone',
  title: 'Whetstone NDJSON',
  container: 'lines',
  describeMisfit: value => {
    if (!isJsonObject(value)) return `is ${nameKind(value)}`
    if (typeof value.profile_id === 'string' && (Array.isArray(value.messages) || value.session_id !== undefined))
      return null
    if (typeof value.session_id === 'string' && value.messages === undefined && value.type === undefined) return null
    return typeof value.profile_id === 'string' ? 'no "messages"' : 'no "profile_id"'
  },
  read: readWhetstoneNdjson,
}

async function* readWhetstoneNdjson(file: TranscriptFile, options: ReadOptions): AsyncGenerator<TranscriptItem> {
  const override = options.profile === undefined ? {} : { profile_id: options.profile }
  for await (const line of readJsonLines(file.open())) {
    if ('reason' in line) yield { rejected: { line: line.number, reason: line.reason } }
    else yield acceptSession({ ...line.value, ...override }, line.number)
  }
}
