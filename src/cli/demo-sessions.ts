import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { type Client, readAnswer } from '#client.ts'
import { parseJson } from '#json.ts'
import { type MessageInput, type SessionInput, sessionInputSchema } from '#sessions/input.ts'

/** The moment that the shipped sessions lead up to; what happened then is told as if it led up to now. */
const ANCHOR = Date.parse('2026-01-01T00:00:00.000Z')

const feedbackSchema = z.object({
  session_id: z.string(),
  message_index: z.int(),
  rating: z.union([z.literal(1), z.literal(-1)]),
  comment: z.string().optional(),
})
const profilesSchema = z.array(z.object({ profile_id: z.string(), name: z.string(), purpose: z.string() }))

/**
 * Brings in the sessions that ship with Whetstone, with the profiles of their agents and the ratings of their users.
 * What is there already stays as it is, with the dates of the first time, so that it need not be judged again.
 *
 * @returns how many were brought in.
 */
export async function importDemoSessions(client: Client, now = Date.now()): Promise<number> {
  const { parse } = await import('yaml')
  for (const { profile_id, ...json } of profilesSchema.parse(parse(await readDemo('profiles.yaml')))) {
    await readAnswer(client.api.profiles[':profile_id'].$put({ param: { profile_id }, json }))
  }
  const known = await readAnswer(client.api.eval.sessions.$get({ query: { limit: '500' } }))
  const knownIds = new Set(known.map(row => row.session_id))
  const lines = splitText(await readDemo('sessions.ndjson')).map(line => sessionInputSchema.parse(parseJson(line)))
  const missing = lines.filter(session => session.session_id !== undefined && !knownIds.has(session.session_id))
  const body = missing.map(session => JSON.stringify(shiftSession(session, now - ANCHOR))).join('\n')
  const headers = { 'content-type': 'application/x-ndjson' }
  await readAnswer(client.api.sessions.import.$post({}, { headers, init: { body } }))
  const rated = new Set(known.filter(row => row.likes + row.dislikes > 0).map(row => row.session_id))
  for (const json of await readDemoFeedback()) {
    if (!rated.has(json.session_id)) await readAnswer(client.api.eval.feedback.$post({ json }))
  }
  return missing.length
}

/** What the users of the sample sessions thought of single messages. */
export async function readDemoFeedback(): Promise<z.infer<typeof feedbackSchema>[]> {
  return splitText(await readDemo('feedback.ndjson')).map(line => feedbackSchema.parse(parseJson(line)))
}

/** The session with every time moved by so many milliseconds, those of subagents' messages included. */
export function shiftSession(session: SessionInput, ms: number): SessionInput {
  return {
    ...session,
    ...(session.created_at === undefined ? {} : { created_at: shiftTime(session.created_at, ms) }),
    ...(session.last_active === undefined ? {} : { last_active: shiftTime(session.last_active, ms) }),
    ...(session.messages === undefined ? {} : { messages: session.messages.map(message => shiftMessage(message, ms)) }),
  }
}

function shiftMessage(message: MessageInput, ms: number): MessageInput {
  const shifted = { ...message }
  if (typeof message.created_at === 'string') shifted.created_at = shiftTime(message.created_at, ms)
  if (Array.isArray(message.content)) shifted.content = message.content.map(block => shiftNested(block, ms))
  if (message.tool_calls) shifted.tool_calls = message.tool_calls.map(call => shiftNested(call, ms))
  return shifted
}

function shiftNested<Holder extends { messages?: MessageInput[] | undefined }>(holder: Holder, ms: number): Holder {
  const { messages } = holder
  return messages === undefined ? holder : { ...holder, messages: messages.map(message => shiftMessage(message, ms)) }
}

function shiftTime(time: string, ms: number): string {
  return new Date(Date.parse(time) + ms).toISOString()
}

function readDemo(name: string): Promise<string> {
  return readFile(new URL(`../../demo/${name}`, import.meta.url), 'utf8')
}

function splitText(text: string): string[] {
  return text.split('\n').filter(line => line !== '')
}
