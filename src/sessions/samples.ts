import { readFile } from 'node:fs/promises'
import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { parseJson } from '#json.ts'
import { rateMessage } from './feedback.ts'
import { type MessageInput, type SessionInput, sessionInputSchema } from './input.ts'
import { describeProfile } from './profiles.ts'
import { saveSessions } from './save.ts'

export const samplesSchema = z
  .object({
    imported: z.int().openapi({ description: 'Those that were not there before' }),
    sessions: z.int(),
    disliked: z
      .array(z.object({ session_id: z.string(), message_index: z.int() }))
      .openapi({ description: "Answers that the samples' users disliked" }),
  })
  .openapi('Samples')
export type Samples = z.infer<typeof samplesSchema>

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
 * Brings in the sessions that ship with Whetstone, with the profiles of their agents and the ratings of their users, as if
 * they led up to now. What is there already stays as it is, with the dates of the first time, so that it need not be judged
 * again.
 */
export async function importSamples(db: Db, projectId: number, userId: number, now = Date.now()): Promise<Samples> {
  const { parse } = await import('yaml')
  for (const { profile_id, ...profile } of profilesSchema.parse(parse(await readDemo('profiles.yaml')))) {
    await describeProfile(db, projectId, profile_id, profile)
  }
  const sessions = splitText(await readDemo('sessions.ndjson')).map(readSample)
  const known = new Map(
    (
      await query<{ session_id: string; rated: boolean }>(
        db,
        sql`
          select session_id, likes + dislikes > 0 as rated from sessions
          where project_id = ${projectId} and session_id = any(${sessions.map(one => one.session_id)}::text[])`,
      )
    ).map(row => [row.session_id, row]),
  )
  const missing = sessions.filter(({ session_id }) => !known.has(session_id))
  const saved = await saveSessions(
    db,
    projectId,
    missing.map(({ session_id, session }) => ({ ...shiftSession(session, now - ANCHOR), session_id })),
  )
  for (const one of saved) if ('refusal' in one) throw new Error(`A sample was refused: ${one.refusal.message}`)
  const ratings = splitText(await readDemo('feedback.ndjson')).map(line => feedbackSchema.parse(parseJson(line)))
  for (const rating of ratings) {
    if (!known.get(rating.session_id)?.rated) await rateMessage(db, projectId, userId, rating)
  }
  const disliked = ratings
    .filter(({ rating }) => rating < 0)
    .map(({ session_id, message_index }) => ({ session_id, message_index }))
  return { imported: missing.length, sessions: sessions.length, disliked }
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

function readSample(line: string): { session_id: string; session: SessionInput } {
  const session = sessionInputSchema.parse(parseJson(line))
  if (session.session_id === undefined) throw new Error('A sample has no id.')
  return { session_id: session.session_id, session }
}

function readDemo(name: string): Promise<string> {
  return readFile(new URL(`../../demo/${name}`, import.meta.url), 'utf8')
}

function splitText(text: string): string[] {
  return text.split('\n').filter(line => line !== '')
}
