/** Subagents of a Claude Code session: their lines gathered into threads, and each thread put under the call it answers. */
import type { MessageInput } from '#sessions/input.ts'
import { type TracedLines, traceConversation } from './claude-code-chain.ts'
import { type ClaudeLine, readContent } from './claude-code-lines.ts'
import { buildMessages, findSubagentCalls, type SubagentCall } from './claude-code-messages.ts'

/** A conversation, main or subagent's, with the calls in it that may have started a subagent. */
export interface ClaudeThread extends TracedLines {
  messages: MessageInput[]
  calls: SubagentCall[]
  agentId: string | null
  startTime: string | null
  /** The thread that holds the call which started this one; null for a main one, and while that is not known. */
  parent: ClaudeThread | null
}

/** The thread of one file, whose parent is not known yet. */
export function buildThread(lines: ClaudeLine[]): ClaudeThread {
  const traced = traceConversation(lines)
  const messages = buildMessages(traced.kept)
  return {
    ...traced,
    messages,
    calls: findSubagentCalls(traced.kept, messages),
    agentId: lines.find(line => line.agentId !== null)?.agentId ?? null,
    startTime: traced.kept.find(line => line.time !== null)?.time ?? null,
    parent: null,
  }
}

/** The threads of all sidechain lines: by agent id, where lines have one, else by the root of their chain of parents. */
export function buildSubagentThreads(lines: ClaudeLine[]): ClaudeThread[] {
  const groups = new Map<string, ClaudeLine[]>()
  const groupOf = new Map<string, string>()
  let latest: string | null = null
  for (const line of lines) {
    const ofParent: string | null = line.parent === null ? null : (groupOf.get(line.parent) ?? null)
    const isLoose = line.parent !== null || typeof line.value.uuid !== 'string'
    const group: string = line.agentId ?? ofParent ?? (isLoose ? latest : null) ?? line.key
    groupOf.set(line.key, group)
    const members = groups.get(group)
    if (members === undefined) groups.set(group, [line])
    else members.push(line)
    latest = group
  }
  return [...groups.values()].map(buildThread)
}

/**
 * Nests each thread under its call: the one whose result names its agent; else the earliest free one that gave the same
 * task; else, by time, the latest that was open when the thread began, and then the block says `linked_by: "time"`.
 * Threads are taken in order of time. Returns those for which there is no call.
 */
export function nestSubagents(mains: ClaudeThread[], subagents: ClaudeThread[]): ClaudeThread[] {
  const offers = [...mains, ...subagents].flatMap(owner => owner.calls.map(call => ({ owner, call })))
  let open = [...subagents].sort((a, b) => ((a.startTime ?? '') < (b.startTime ?? '') ? -1 : 1))
  for (const find of [findByAgent, findByPrompt, findByTime]) {
    open = open.filter(thread => {
      const offer = find(
        thread,
        offers.filter(one => !isWithin(one.owner, thread)),
      )
      if (offer === undefined) return true
      thread.parent = offer.owner
      offer.call.block.messages = [...(offer.call.block.messages ?? []), ...thread.messages]
      if (find === findByTime) offer.call.block.linked_by = 'time'
      return false
    })
  }
  return open
}

/** The main thread under which a thread is nested, itself if it is one; a thread without a call leads to itself. */
export function findMainThread(thread: ClaudeThread): ClaudeThread {
  return thread.parent === null ? thread : findMainThread(thread.parent)
}

interface Offer {
  owner: ClaudeThread
  call: SubagentCall
}

// No thread may come to stand under a call of its own.
function isWithin(owner: ClaudeThread | null, thread: ClaudeThread): boolean {
  return owner !== null && (owner === thread || isWithin(owner.parent, thread))
}

function findByAgent(thread: ClaudeThread, offers: Offer[]) {
  return offers.find(({ call }) => thread.agentId !== null && call.agentId === thread.agentId)
}

function findByPrompt(thread: ClaudeThread, offers: Offer[]) {
  const first = thread.kept[0]
  const text = first === undefined ? undefined : readContent(first)[0]?.text
  const fits = ({ call }: Offer) => call.prompt !== null && call.prompt === text && call.block.messages === undefined
  return offers.find(offer => fits(offer) && mayBeOf(thread, offer))
}

function findByTime(thread: ClaudeThread, offers: Offer[]) {
  const start = thread.startTime
  if (start === null) return undefined
  const wasOpen = ({ call }: Offer) =>
    call.time !== null && call.time <= start && (call.endTime === null || call.endTime >= start)
  const open = offers.filter(offer => wasOpen(offer) && mayBeOf(thread, offer))
  const free = open.filter(({ call }) => call.block.messages === undefined)
  return (free.length > 0 ? free : open).reduce<Offer | undefined>(
    (best, offer) => (best === undefined || (offer.call.time ?? '') > (best.call.time ?? '') ? offer : best),
    undefined,
  )
}

function mayBeOf(thread: ClaudeThread, { call }: Offer) {
  return call.agentId === null || thread.agentId === null || call.agentId === thread.agentId
}
