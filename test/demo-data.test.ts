import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { z } from '@hono/zod-openapi'
import { parse } from 'yaml'
import { type MessageInput, type SessionInput, sessionInputSchema } from '#sessions/input.ts'

const ANCHOR = Date.parse('2026-01-01T00:00:00.000Z')
const EIGHT_WEEKS = 56 * 24 * 3600 * 1000
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

const feedbackSchema = z.strictObject({
  session_id: z.string(),
  message_index: z.int().min(0),
  rating: z.union([z.literal(1), z.literal(-1)]),
  comment: z.string().min(1).exactOptional(),
})
const profilesSchema = z.array(
  z.strictObject({ profile_id: z.string().min(1), name: z.string().min(1), purpose: z.string().min(1) }),
)

const sessionsText = readDemo('sessions.ndjson')
const sessions = splitLines(sessionsText).map(line => sessionInputSchema.parse(JSON.parse(line)))
const feedback = splitLines(readDemo('feedback.ndjson')).map(line => feedbackSchema.parse(JSON.parse(line)))
const profiles = profilesSchema.parse(parse(readDemo('profiles.yaml')))

test('the demo sessions are small enough to ship, and each has an id of its own', () => {
  assert.ok(Buffer.byteLength(sessionsText) < 600_000)
  assert.ok(sessions.length >= 36, `${sessions.length} sessions`)
  assert.equal(new Set(sessions.map(session => session.session_id)).size, sessions.length)
  for (const session of sessions) assert.match(session.session_id ?? '', /^demo-/)
})

test('every profile of a demo session is described, once', () => {
  const described = profiles.map(profile => profile.profile_id)
  assert.equal(new Set(described).size, described.length)
  assert.deepEqual(described.toSorted(), [...new Set(sessions.map(session => session.profile_id))].toSorted())
})

test('every time lies in the eight weeks before the anchor, in order, and frames its session', () => {
  for (const session of sessions) {
    const times = listTimes(listThreads(session).flat())
    const first = readTime(session.created_at)
    const last = readTime(session.last_active)
    assert.ok(first >= ANCHOR - EIGHT_WEEKS && last < ANCHOR, `${session.session_id}: ${session.created_at}`)
    assert.equal(Math.min(...times), first, `${session.session_id}: created_at`)
    assert.equal(Math.max(...times), last, `${session.session_id}: last_active`)
    for (const thread of listThreads(session)) {
      const own = listTimes(thread)
      assert.deepEqual(own, own.toSorted(), `${session.session_id}: messages out of order`)
    }
  }
})

test('the sessions cover the eight weeks, so that a trend can be seen', () => {
  const weeks = new Set(
    sessions.map(session => Math.floor((ANCHOR - readTime(session.last_active)) / (EIGHT_WEEKS / 8))),
  )
  assert.deepEqual([...weeks].toSorted(), [0, 1, 2, 3, 4, 5, 6, 7])
})

test('feedback points at words of the assistant, one rating a message', () => {
  assert.ok(feedback.length >= 25, `${feedback.length} ratings`)
  assert.equal(new Set(feedback.map(line => `${line.session_id} ${line.message_index}`)).size, feedback.length)
  for (const line of feedback) {
    const where = `${line.session_id} message ${line.message_index}`
    const message = sessions.find(session => session.session_id === line.session_id)?.messages?.[line.message_index]
    assert.equal(message?.role, 'assistant', where)
    assert.ok(message.content !== null && message.content !== undefined && hasText(message), where)
  }
})

test('every tool call has exactly one result, in its own thread, and nothing else has one', () => {
  for (const session of sessions) {
    for (const thread of listThreads(session)) {
      const called = thread.flatMap(listCalls).map(call => call.id)
      assert.deepEqual(thread.flatMap(listResults), called, session.session_id)
      assert.equal(new Set(called).size, called.length, session.session_id)
    }
  }
})

test('the arguments of calls in the OpenAI shape are JSON text', () => {
  for (const message of sessions.flatMap(listThreads).flat())
    for (const call of message.tool_calls ?? []) {
      assert.equal(typeof call.function.arguments, 'string')
      JSON.parse(String(call.function.arguments))
    }
})

test('the set shows what it is meant to show', () => {
  const count = (holds: (session: SessionInput) => boolean) => sessions.filter(holds).length
  const text = (session: SessionInput) => JSON.stringify(session.messages)
  const says = (pattern: RegExp) => count(session => pattern.test(text(session)))
  assert.ok(count(session => listThreads(session).length > 1) >= 4, 'subagents')
  assert.ok(says(/"type":"thinking"/) >= 6, 'thinking')
  assert.ok(count(session => session.messages?.some(message => message.tool_calls) ?? false) >= 10, 'OpenAI shape')
  assert.ok(says(/"type":"tool_call"/) >= 8, 'blocks')
  assert.ok(says(/"is_error":true/) >= 4, 'failed tools, said so')
  assert.ok(says(/"content":"Error: /) >= 5, 'failed tools, in words')
  assert.ok(says(/memory_write|notes_write|\.claude\/skills/) >= 3, 'self-extension')
  assert.ok(says(/Entschuldigung|würde|¿/) >= 3, 'other languages')
  assert.ok(says(/\p{Emoji_Presentation}/u) >= 8, 'emoji')
  assert.ok(count(session => session.messages?.length === 1) >= 1, 'a single message')
  assert.ok(count(session => (session.messages?.length ?? 0) >= 75) >= 1, 'a long session')
  assert.ok(count(session => session.messages?.at(-1)?.role === 'user') >= 5, 'ends with the user')
  assert.ok(count(session => session.name === undefined) >= 1, 'no name')
})

test('no two sessions begin with the same words of a user', () => {
  const openings = sessions.map(session =>
    JSON.stringify(session.messages?.find(message => message.role === 'user')?.content),
  )
  assert.equal(new Set(openings).size, sessions.length)
})

function readDemo(name: string): string {
  return readFileSync(new URL(`../demo/${name}`, import.meta.url), 'utf8')
}

function splitLines(text: string): string[] {
  return text.split('\n').filter(line => line !== '')
}

function readTime(text: string | null | undefined): number {
  assert.match(text ?? '', ISO)
  return Date.parse(text ?? '')
}

function listTimes(messages: MessageInput[]): number[] {
  return messages.map(message => readTime(message.created_at))
}

interface Call {
  id: unknown
  messages: MessageInput[] | undefined
}

function listCalls(message: MessageInput): Call[] {
  const beside = (message.tool_calls ?? []).map(call => ({ id: call.id, messages: call.messages }))
  const blocks = Array.isArray(message.content) ? message.content.filter(block => block.type === 'tool_call') : []
  return [...beside, ...blocks.map(block => ({ id: block.id, messages: block.messages }))]
}

function listResults(message: MessageInput): unknown[] {
  if (message.role !== 'tool') return []
  if (!Array.isArray(message.content)) return [message.tool_call_id]
  return message.content.map(block => block.call_id)
}

/** The session's own messages and those of each subagent, a list each. */
function listThreads(session: SessionInput): MessageInput[][] {
  const threads = [session.messages ?? []]
  for (const thread of threads)
    for (const call of thread.flatMap(listCalls)) if (call.messages !== undefined) threads.push(call.messages)
  return threads
}

function hasText(message: MessageInput): boolean {
  if (Array.isArray(message.content)) return message.content.some(block => block.type === 'text')
  return (message.content ?? '') !== ''
}
