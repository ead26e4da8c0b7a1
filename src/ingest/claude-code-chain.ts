/**
 * Which lines make the conversation. Lines name their parent, so a file is a tree; an edited request or a resumed session
 * leaves the older branch behind.
 */
import {
  type ClaudeLine,
  classifyNotice,
  isClearCommand,
  isTalk,
  readContent,
  readMessage,
  readText,
} from './claude-code-lines.ts'

export interface TracedLines {
  /** The conversation, in order of writing. */
  kept: ClaudeLine[]
  /** Abandoned branches and lines that are no talk, in order of writing. */
  rest: ClaudeLine[]
}

/**
 * The conversation is the chain of parents that ends at the newest line of talk, and what belongs to its messages:
 * blocks of the same message, and results of its calls, which hang on side branches when calls ran in parallel.
 *
 * Where a chain breaks without an edit, it goes on at the line of talk before: a parent that is not in the file, a line
 * without an id, a compaction, and notices, which the program writes without a parent. A request without a parent is a
 * new root: the first request was edited.
 */
export function traceConversation(lines: ClaudeLine[]): TracedLines {
  const talk = lines.filter(isTalk)
  const kept = new Set<ClaudeLine>()
  const findParent = indexParents(lines)
  for (let line = talk.at(-1) ?? null; line !== null && !kept.has(line); line = findParent(line)) kept.add(line)
  addSiblings(kept, talk)
  return {
    kept: lines.filter(line => kept.has(line) && isTalk(line)),
    rest: lines.filter(line => !kept.has(line) || !isTalk(line)),
  }
}

/** Cuts a file at each `/clear`. Only parts with talk are conversations; the lines of others join the next (or last). */
export function splitConversations(lines: ClaudeLine[]): ClaudeLine[][] {
  const parts: ClaudeLine[][] = []
  let part: ClaudeLine[] = []
  for (const line of lines) {
    if (isClearCommand(line) && part.some(isRequestOrAnswer)) {
      parts.push(part)
      part = []
    }
    part.push(line)
  }
  const last = parts.at(-1)
  if (last !== undefined && !part.some(isRequestOrAnswer)) last.push(...part)
  else parts.push(part)
  return parts
}

function isRequestOrAnswer(line: ClaudeLine): boolean {
  return isTalk(line) && classifyNotice(line) === null
}

function indexParents(lines: ClaudeLine[]) {
  const byKey = new Map<string, ClaudeLine>()
  const talkBefore = new Map<ClaudeLine, ClaudeLine | null>()
  let latest: ClaudeLine | null = null
  for (const line of lines) {
    if (!byKey.has(line.key)) byKey.set(line.key, line)
    talkBefore.set(line, latest)
    if (isTalk(line)) latest = line
  }
  return (line: ClaudeLine): ClaudeLine | null => {
    for (const key of [line.parent, readText(line.value.logicalParentUuid)]) {
      const parent = key === null ? undefined : byKey.get(key)
      if (parent !== undefined && parent.number < line.number) return parent
    }
    const isRoot = line.parent === null && typeof line.value.uuid === 'string'
    const isNewRequest = isRoot && isTalk(line) && classifyNotice(line) === null
    return isNewRequest ? null : (talkBefore.get(line) ?? null)
  }
}

function addSiblings(kept: Set<ClaudeLine>, talk: ClaudeLine[]) {
  const messages = new Set<unknown>()
  const calls = new Set<unknown>()
  const answered = new Set<unknown>()
  const keep = (line: ClaudeLine) => {
    kept.add(line)
    if (line.type === 'assistant') messages.add(readMessage(line).id ?? line)
    for (const block of readContent(line)) {
      if (block.type === 'tool_use') calls.add(block.id)
      if (block.type === 'tool_result') answered.add(block.tool_use_id)
    }
  }
  for (const line of [...kept]) if (isTalk(line)) keep(line)
  // All blocks of the messages first: only then is it known which results belong here.
  for (const line of talk) {
    if (!kept.has(line) && line.type === 'assistant' && messages.has(readMessage(line).id)) keep(line)
  }
  for (const line of talk) {
    const results = readContent(line).filter(block => block.type === 'tool_result')
    const belongs = results.some(block => calls.has(block.tool_use_id) && !answered.has(block.tool_use_id))
    if (!kept.has(line) && line.type === 'user' && belongs) keep(line)
  }
}
