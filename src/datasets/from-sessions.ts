import { z } from '@hono/zod-openapi'
import sql, { empty, type Sql } from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { Invalid, NotFound } from '#errors.ts'
import { foreignIdSchema, timeInputSchema } from '#http/schemas.ts'
import { statusSchema } from '#judging/overview.ts'
import { readPinsId } from '#judging/versions.ts'
import { readTranscript } from '#sessions/read-transcript.ts'
import type { Transcript } from '#sessions/transcript.ts'
import { markCase, type NewCase } from './case.ts'
import { type CollectPreview, previewCollected } from './preview.ts'
import { listRatedAnswers, listRequests } from './session-cases.ts'
import { type PlacedCase, saveVersion } from './staging.ts'
import { type VersionChange, versionModeSchema } from './versions.ts'

const scopeShape = {
  session_ids: z
    .array(foreignIdSchema)
    .min(1)
    .max(1_000)
    .optional()
    .openapi({ description: 'These sessions alone; ids that are not there are left out' }),
  profile: foreignIdSchema.optional(),
  from: timeInputSchema.optional().openapi({ description: 'Last active at this time or later' }),
  to: timeInputSchema.optional().openapi({ description: 'Last active before this time' }),
  status: statusSchema.optional().openapi({ description: 'Of its evaluation' }),
  limit: z.int().min(1).max(1_000_000).default(10_000).openapi({ description: 'Cases at most' }),
  mode: versionModeSchema.default('append'),
}

export const requestCasesSchema = z.strictObject(scopeShape).openapi('RequestCases')
export const feedbackCasesSchema = z
  .strictObject({ ...scopeShape, rating: z.enum(['liked', 'disliked', 'both']).default('both') })
  .openapi('FeedbackCases')

type Scope = z.output<typeof requestCasesSchema>

/**
 * Makes cases of the users' requests in sessions, those of the sessions that were active last first.
 *
 * @throws Invalid when no session in scope has one.
 */
export function importRequests(
  db: Db,
  projectId: number,
  userId: number,
  name: string,
  scope: Scope,
): Promise<VersionChange> {
  const batches = readScope(db, projectId, scope, empty, listRequests)
  return saveTold(db, projectId, name, batches, { user_id: userId, made_by: 'sessions', mode: scope.mode })
}

/**
 * Makes cases of the answers that people rated, see `listRatedAnswers`.
 *
 * @throws Invalid when no session in scope has one.
 */
export function importRatedAnswers(
  db: Db,
  projectId: number,
  userId: number,
  name: string,
  scope: z.output<typeof feedbackCasesSchema>,
): Promise<VersionChange> {
  const batches = readRated(db, projectId, scope)
  return saveTold(db, projectId, name, batches, { user_id: userId, made_by: 'feedback', mode: scope.mode })
}

/** What `importRequests` would make, without making it; null for nothing. */
export function previewRequests(db: Db, projectId: number, name: string, scope: Scope): Promise<CollectPreview | null> {
  return previewCollected(db, projectId, name, readScope(db, projectId, scope, empty, listRequests), scope.mode)
}

/** What `importRatedAnswers` would make, without making it; null for nothing. */
export function previewRatedAnswers(
  db: Db,
  projectId: number,
  name: string,
  scope: z.output<typeof feedbackCasesSchema>,
): Promise<CollectPreview | null> {
  return previewCollected(db, projectId, name, readRated(db, projectId, scope), scope.mode)
}

function readRated(db: Db, projectId: number, scope: z.output<typeof feedbackCasesSchema>) {
  const kinds = scope.rating === 'both' ? (['liked', 'disliked'] as const) : [scope.rating]
  const rated = sql`and (s.likes > 0 or s.dislikes > 0)`
  return readScope(db, projectId, scope, rated, transcript => listRatedAnswers(transcript, kinds))
}

async function saveTold(...given: Parameters<typeof saveVersion>): Promise<VersionChange> {
  const { doubles, ...change } = await saveVersion(...given)
  return change
}

/** The cases of one session after the other; memory holds the numbers of the sessions and the cases of one of them. */
async function* readScope(
  db: Db,
  projectId: number,
  scope: Scope,
  narrowed: Sql,
  read: (transcript: Transcript) => NewCase[],
): AsyncGenerator<PlacedCase[], void, undefined> {
  let count = 0
  for (const sessionNo of await listScope(db, projectId, scope, narrowed)) {
    const transcript = await readPresent(db, projectId, sessionNo)
    const cases = transcript === null ? [] : read(transcript).slice(0, scope.limit - count)
    yield cases.map((one, index) => ({ position: count + index + 1, marked: markCase(one) }))
    count += cases.length
    if (count >= scope.limit) return
  }
  if (count === 0) throw new Invalid('No session in this scope has such a message.', ['body'], 'no_cases')
}

async function listScope(db: Db, projectId: number, scope: Scope, narrowed: Sql): Promise<number[]> {
  const { session_ids, profile, from, to, status } = scope
  const pinsId = status === undefined ? 0 : await readPinsId(db, projectId)
  const standings = {
    evaluated: sql`and s.standing = ${pinsId}`,
    pending: sql`and s.standing = 0`,
    stale: sql`and s.standing not in (0, ${pinsId})`,
  }
  const rows = await query<{ session_no: number }>(
    db,
    sql`
      select s.session_no from sessions s where s.project_id = ${projectId} ${narrowed}
        ${session_ids === undefined ? empty : sql`and s.session_id = any(${session_ids}::text[])`}
        ${profile === undefined ? empty : sql`and s.profile_id = ${profile}`}
        ${from === undefined ? empty : sql`and s.last_active >= ${from}::timestamptz`}
        ${to === undefined ? empty : sql`and s.last_active < ${to}::timestamptz`}
        ${status === undefined ? empty : standings[status]}
      order by s.last_active desc, s.session_id`,
  )
  return rows.map(row => row.session_no)
}

/** Null if the session was removed meanwhile. */
async function readPresent(db: Db, projectId: number, sessionNo: number): Promise<Transcript | null> {
  try {
    return (await readTranscript(db, projectId, sessionNo)).transcript
  } catch (error) {
    if (error instanceof NotFound) return null
    throw error
  }
}
