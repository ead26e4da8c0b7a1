/** OpenAI chat JSONL: a conversation a line, as in fine-tuning files and request logs. */
import { createHash } from 'node:crypto'
import { basename, extname } from 'node:path'
import { readTimestamp } from '#http/schemas.ts'
import { isJsonObject } from '#json.ts'
import { nameKind, readJsonLines } from './json-lines.ts'
import { describeMessagesMisfit, readOpenaiMessages } from './openai-messages.ts'
import {
  acceptSession,
  type ReadOptions,
  type TranscriptFile,
  type TranscriptFormat,
  type TranscriptItem,
} from './transcript-file.ts'

/**
 * A session's id is the line's `session_id`, `conversation_id` or `id`, if that is text; else the file's name and a hash
 * of the line, so that importing twice changes nothing and two equal lines are one session. `created_at` is taken if it
 * reads as a time. The other keys of the line are metadata: their JSON is the session's raw line 1, whichever line of the
 * file it was, so that a file that grew above it changes nothing either.
 */
export const openaiChat: TranscriptFormat = {
  name: 'openai',
  title: 'OpenAI chat JSONL',
  container: 'lines',
  describeMisfit: value => (isJsonObject(value) ? describeMessagesMisfit(value.messages) : `is ${nameKind(value)}`),
  read: readOpenaiChat,
}

async function* readOpenaiChat(file: TranscriptFile, options: ReadOptions): AsyncGenerator<TranscriptItem> {
  const stem = basename(file.path, extname(file.path))
  for await (const line of readJsonLines(file.open())) {
    if ('reason' in line) yield { rejected: { line: line.number, reason: line.reason } }
    else if (!Array.isArray(line.value.messages)) {
      yield { rejected: { line: line.number, reason: describeMessagesMisfit(line.value.messages) ?? 'no "messages"' } }
    } else {
      const name = () => `${stem}-${createHash('sha256').update(line.bytes).digest('hex').slice(0, 16)}`
      yield acceptSession(buildSession(line.value, line.value.messages, name, options), line.number)
    }
  }
}

const ID_KEYS = ['session_id', 'conversation_id', 'id']

function buildSession(value: Record<string, unknown>, messages: unknown[], name: () => string, options: ReadOptions) {
  const idKey = ID_KEYS.find(key => typeof value[key] === 'string' && value[key] !== '')
  const hasTime = typeof value.created_at === 'string' && readTimestamp(value.created_at) !== null
  const used = new Set(['messages', idKey, hasTime ? 'created_at' : undefined])
  const metadata = Object.entries(value).filter(([key]) => !used.has(key))
  return {
    session_id: idKey === undefined ? name() : value[idKey],
    profile_id: options.profile ?? 'openai-chat',
    ...(hasTime ? { created_at: value.created_at } : {}),
    messages: readOpenaiMessages(messages),
    ...(metadata.length > 0 ? { raw_lines: [{ line: 1, text: JSON.stringify(Object.fromEntries(metadata)) }] } : {}),
  }
}
