/**
 * Claude Code transcripts: `~/.claude/projects/<folder>/<session id>.jsonl`, a session's lines in order of writing, with
 * its subagents in the same file (older) or in `agent-<id>.jsonl` files (newer).
 */
import { basename, extname } from 'node:path'
import { isJsonObject } from '#json.ts'
import { splitConversations } from './claude-code-chain.ts'
import { type ClaudeLine, isTalk, readClaudeLine, readText } from './claude-code-lines.ts'
import {
  buildSubagentThreads,
  buildThread,
  type ClaudeThread,
  findMainThread,
  nestSubagents,
} from './claude-code-subagents.ts'
import { nameKind, readJsonLines } from './json-lines.ts'
import {
  acceptSession,
  type ReadOptions,
  type TranscriptFile,
  type TranscriptFormat,
  type TranscriptItem,
} from './transcript-file.ts'

/** The misfit of lines that occur in such files, but are no talk; a file of these alone is no session. */
export const NO_CONVERSATION = 'is a line of a Claude Code transcript that holds no conversation'

/**
 * A file is one session with the id of the file; each `/clear` begins another, with `-2`, `-3`, … behind the id. Lines
 * that are no message of the conversation (snapshots, progress, branches that an edit left behind) are its raw lines.
 * The file is held in memory as a whole, since its newest line decides which branch is the conversation.
 */
export const claudeCode: TranscriptFormat = {
  name: 'claude-code',
  title: 'Claude Code transcript',
  container: 'lines',
  describeMisfit: value => {
    if (!isJsonObject(value)) return `is ${nameKind(value)}`
    if (typeof value.type !== 'string') return 'no "type"'
    const isTalkType = value.type === 'user' || value.type === 'assistant'
    if (isTalkType && isJsonObject(value.message) && (value.uuid ?? value.sessionId) !== undefined) return null
    const isOther = ['uuid', 'sessionId', 'leafUuid', 'messageId'].some(key => typeof value[key] === 'string')
    return isOther && value.messages === undefined ? NO_CONVERSATION : 'no "message" with a "uuid"'
  },
  read: readClaudeCode,
}

async function* readClaudeCode(file: TranscriptFile, options: ReadOptions): AsyncGenerator<TranscriptItem> {
  const { lines, rejected } = await readAllLines(file)
  for (const item of rejected) yield item
  const sidechain = lines.filter(line => line.isSidechain)
  const mains = splitConversations(lines.filter(line => !line.isSidechain)).map(buildThread)
  const subagents = buildSubagentThreads(sidechain)
  const orphans = nestSubagents(mains, subagents)
  const sessionId = nameSession(file, lines)
  for (const [index, main] of mains.entries()) {
    if (main.messages.length === 0) continue
    const nested = subagents.filter(thread => findMainThread(thread) === main)
    const lost = orphans.filter(thread => findMainByTime(mains, thread) === main)
    const family = subagents.filter(thread => lost.includes(findMainThread(thread)))
    const raw = [
      ...main.rest,
      ...nested.flatMap(thread => thread.rest),
      ...family.flatMap(thread => [...thread.kept, ...thread.rest]),
    ]
    const name = findSummary(main)
    yield acceptSession(
      {
        session_id: index === 0 ? sessionId : `${sessionId}-${index + 1}`,
        profile_id: options.profile ?? 'claude-code',
        ...(name === null ? {} : { name }),
        messages: main.messages,
        raw_lines: raw
          .sort((a, b) => a.number - b.number)
          .map(line => ({ line: line.number, text: line.bytes.toString() })),
      },
      main.kept[0]?.number ?? 1,
    )
  }
}

async function readAllLines(file: TranscriptFile) {
  const lines: ClaudeLine[] = []
  const rejected: TranscriptItem[] = []
  let offset = 0
  for (const part of [file, ...file.subagents]) {
    const isMain = part === file
    const agentId = isMain ? null : (/^agent-(.+)$/.exec(basename(part.path, extname(part.path)))?.[1] ?? null)
    let last = 0
    for await (const line of readJsonLines(part.open())) {
      last = line.number
      if ('value' in line) {
        const place = { number: offset + line.number, bytes: line.bytes, file: isMain ? null : part.path, agentId }
        lines.push(readClaudeLine(line.value, place))
      } else if (line.ended) {
        rejected.push({ rejected: { line: line.number, reason: line.reason, ...(isMain ? {} : { path: part.path }) } })
      }
      // A last line that does not read is still being written; the next import has it whole.
    }
    offset += last
  }
  return { lines, rejected }
}

function nameSession(file: TranscriptFile, lines: ClaudeLine[]): string {
  const stem = basename(file.path, extname(file.path))
  const ids = lines.filter(line => line.file === null).map(line => readText(line.value.sessionId))
  return ids.includes(stem) ? stem : (ids.find(id => id !== null) ?? stem)
}

/** The newest summary of this conversation; one that names a leaf of another file is another's. */
function findSummary(main: ClaudeThread): string | null {
  const keys = new Set([...main.kept, ...main.rest].map(line => line.key))
  const fits = (line: ClaudeLine) =>
    line.type === 'summary' && (line.value.leafUuid === undefined || keys.has(String(line.value.leafUuid)))
  return readText(main.rest.filter(line => !isTalk(line) && fits(line)).at(-1)?.value.summary)
}

function findMainByTime(mains: ClaudeThread[], thread: ClaudeThread): ClaudeThread | undefined {
  const withTalk = mains.filter(main => main.messages.length > 0)
  const begun = withTalk.filter(main => (main.startTime ?? '') <= (thread.startTime ?? ''))
  return begun.at(-1) ?? withTalk[0]
}
