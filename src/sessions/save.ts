import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { copyLine, copyRows } from '#db/copy.ts'
import { transact } from '#db/transact.ts'
import { Conflict, Invalid } from '#errors.ts'
import { type Contents, EMPTY_START, packMessages } from './contents.ts'
import { writeOutcomes, writeRawLines } from './extras.ts'
import { findFirstRequest } from './first-request.ts'
import type { MessageInput, SessionInput } from './input.ts'

/** A session to save, with an id. `append` adds its messages to those that are stored instead of replacing them. */
export interface SessionToSave extends SessionInput {
  session_id: string
  append?: boolean | undefined
  /** With `append`: how many messages the sender believes to be stored. */
  expected_msg_count?: number | undefined
}

/** How one session of a batch ended. */
export type SaveResult =
  | { session_id: string; outcome: 'imported' | 'updated' | 'unchanged'; msg_count: number }
  | { session_id: string; refusal: Invalid | Conflict }

/**
 * Saves sessions in one transaction, in a handful of statements however many they are. An id that is known keeps each
 * field that is not sent, and nothing is written for a session that is as it was. One refusal refuses only that session.
 *
 * @param batch sessions whose ids differ from each other.
 * @returns a result for each, in the order of the batch.
 */
export async function saveSessions(db: Db, projectId: number, batch: SessionToSave[]): Promise<SaveResult[]> {
  for (;;) {
    const results = await transact(db, tx => saveBatch(tx, projectId, batch))
    if (results !== null) return results
  }
}

/**
 * Null, and nothing written, if another transaction brought one of the new sessions meanwhile. Looking again has to wait
 * until this transaction let go of its locks: known sessions are locked by number, then new ones in the order of their
 * ids, and whoever went back to the first with the second in hand would sooner or later wait in a circle.
 */
async function saveBatch(tx: Db, projectId: number, batch: SessionToSave[]): Promise<SaveResult[] | null> {
  const known = await lockSessions(tx, projectId, batch)
  const plans = batch.map(session => planSession(session, known.get(session.session_id) ?? null))
  const additions = plans.filter(plan => plan.kind === 'add')
  const numbers = await insertSessions(tx, projectId, additions)
  if (numbers.size < additions.length) {
    await deleteSessions(tx, projectId, [...numbers.values()])
    return null
  }
  const changes = plans.filter(plan => plan.kind === 'change')
  await changeSessions(tx, projectId, changes)
  await writeMessages(tx, projectId, [
    ...additions.map(({ row, contents }) => ({ no: numbers.get(row.session_id), contents, replaces: false })),
    ...changes.map(({ known: { session_no: no }, contents, replaces }) => ({ no, contents, replaces })),
  ])
  const places = batch.map((session, index) => ({
    session,
    no:
      plans[index]?.kind === 'refuse'
        ? undefined
        : (numbers.get(session.session_id) ?? known.get(session.session_id)?.session_no),
  }))
  const touched = new Set([
    ...(await writeOutcomes(tx, projectId, places)),
    ...(await writeRawLines(tx, projectId, places)),
  ])
  return plans.map((plan, index) => describePlan(plan, touched.has(places[index]?.no ?? 0)))
}

/** The columns of a session's row that come from outside. */
interface SessionRow {
  session_id: string
  profile_id: string
  name: string | null
  created_at: string
  last_active: string
  pinned: boolean
  msg_count: number
  characters: number
  content_hash: Buffer
  first_request: string | null
}

interface KnownSession extends SessionRow {
  session_no: number
  threads: number | null
}

type Plan =
  | { kind: 'add'; row: SessionRow; contents: Contents }
  | { kind: 'change'; row: SessionRow; known: KnownSession; contents: Contents | null; replaces: boolean }
  | { kind: 'keep'; row: SessionRow }
  | { kind: 'refuse'; session_id: string; refusal: Invalid | Conflict }

async function lockSessions(tx: Db, projectId: number, batch: SessionToSave[]): Promise<Map<string, KnownSession>> {
  const ids = batch.map(session => session.session_id)
  const appended = batch.filter(session => session.append).map(session => session.session_id)
  const rows = await query<KnownSession>(
    tx,
    sql`
      select session_no, session_id, profile_id, name, created_at, last_active, pinned, msg_count, characters, content_hash,
        first_request,
        case when session_id = any(${appended}) then (
          select max(thread) from messages m where m.project_id = s.project_id and m.session_no = s.session_no
        ) end as threads
      from sessions s where project_id = ${projectId} and session_id = any(${ids})
      order by session_no for update`,
  )
  return new Map(rows.map(row => [row.session_id, row]))
}

function planSession(session: SessionToSave, known: KnownSession | null): Plan {
  return known === null ? planAddition(session) : planChange(session, known)
}

function planAddition(session: SessionToSave): Plan {
  const { session_id, profile_id, messages } = session
  if (profile_id === undefined) return refuse(session, missingField('profile_id'))
  if (messages === undefined) return refuse(session, missingField('messages'))
  if ((session.expected_msg_count ?? 0) !== 0) return refuse(session, wrongCount(session, 0))
  const contents = packMessages(messages)
  const now = new Date().toISOString()
  const row = {
    session_id,
    profile_id,
    name: session.name ?? null,
    created_at: session.created_at ?? contents.first_time ?? now,
    last_active: session.last_active ?? contents.last_time ?? now,
    pinned: session.pinned ?? false,
    ...describeContents(contents),
    first_request: findFirstRequest(messages),
  }
  return { kind: 'add', row, contents }
}

function planChange(session: SessionToSave, known: KnownSession): Plan {
  const expected = session.expected_msg_count
  if (session.append && expected !== undefined && expected !== known.msg_count) {
    return refuse(session, wrongCount(session, known.msg_count))
  }
  const contents = packAddition(session, session.messages ?? null, known)
  const grown =
    contents === null ? known : { ...describeContents(contents), ...(session.append ? addCounts(known, contents) : {}) }
  const changed = !known.content_hash.equals(grown.content_hash)
  const row = {
    session_id: known.session_id,
    profile_id: session.profile_id ?? known.profile_id,
    name: session.name === undefined ? known.name : session.name,
    created_at: session.created_at ?? known.created_at,
    last_active: session.last_active ?? (changed ? laterTime(known.last_active, contents) : known.last_active),
    pinned: session.pinned ?? known.pinned,
    msg_count: grown.msg_count,
    characters: grown.characters,
    content_hash: grown.content_hash,
    first_request: chooseFirstRequest(session, known),
  }
  const fields = ['profile_id', 'name', 'created_at', 'last_active', 'pinned'] as const
  if (!changed && fields.every(field => row[field] === known[field])) return { kind: 'keep', row }
  return { kind: 'change', row, known, contents: changed ? contents : null, replaces: !session.append }
}

/** What is added to a conversation does not change how it began. */
function chooseFirstRequest(session: SessionToSave, known: KnownSession): string | null {
  if (session.messages === undefined || (session.append && known.first_request !== null)) return known.first_request
  return findFirstRequest(session.messages)
}

function packAddition(session: SessionToSave, messages: MessageInput[] | null, known: KnownSession): Contents | null {
  if (messages === null) return null
  if (!session.append) return packMessages(messages, EMPTY_START)
  return packMessages(messages, { count: known.msg_count, threads: known.threads ?? 0, hash: known.content_hash })
}

function describeContents(contents: Contents): Pick<SessionRow, 'msg_count' | 'characters' | 'content_hash'> {
  return { msg_count: contents.count, characters: contents.characters, content_hash: contents.hash }
}

function addCounts(known: KnownSession, contents: Contents): Pick<SessionRow, 'msg_count' | 'characters'> {
  return { msg_count: known.msg_count + contents.count, characters: known.characters + contents.characters }
}

/** A session that changed was active when its newest message says, or now if none says so. */
function laterTime(stored: string, contents: Contents | null): string {
  const time = contents?.last_time ?? new Date().toISOString()
  return time > stored ? time : stored
}

async function insertSessions(
  tx: Db,
  projectId: number,
  additions: { row: SessionRow }[],
): Promise<Map<string, number>> {
  if (additions.length === 0) return new Map()
  const rows = additions.map(addition => addition.row)
  const inserted = await query<{ session_id: string; session_no: number }>(
    tx,
    sql`
      insert into sessions (
        project_id, session_id, profile_id, name, created_at, last_active, pinned, msg_count, characters, content_hash,
        first_request
      )
      select ${projectId}, * from unnest(
        ${rows.map(row => row.session_id)}::text[], ${rows.map(row => row.profile_id)}::text[],
        ${rows.map(row => row.name)}::text[], ${rows.map(row => row.created_at)}::timestamptz[],
        ${rows.map(row => row.last_active)}::timestamptz[], ${rows.map(row => row.pinned)}::boolean[],
        ${rows.map(row => row.msg_count)}::integer[], ${rows.map(row => row.characters)}::bigint[],
        ${rows.map(row => row.content_hash)}::bytea[], ${rows.map(row => row.first_request)}::text[]
      ) as added (session_id)
      order by added.session_id
      on conflict (project_id, session_id) do nothing
      returning session_id, session_no`,
  )
  return new Map(inserted.map(row => [row.session_id, row.session_no]))
}

async function changeSessions(
  tx: Db,
  projectId: number,
  changes: { known: KnownSession; row: SessionRow }[],
): Promise<void> {
  if (changes.length === 0) return
  const rows = changes.map(change => change.row)
  await query(
    tx,
    sql`
      update sessions s set
        profile_id = c.profile_id, name = c.name, created_at = c.created_at, last_active = c.last_active,
        pinned = c.pinned, msg_count = c.msg_count, characters = c.characters, content_hash = c.content_hash,
        first_request = c.first_request,
        (likes, dislikes) = (
          select count(*) filter (where rating = 1), count(*) filter (where rating = -1) from feedback f
          where f.project_id = s.project_id and f.session_no = s.session_no and newest and message_index < c.msg_count
        )
      from unnest(
        ${changes.map(change => change.known.session_no)}::bigint[], ${rows.map(row => row.profile_id)}::text[],
        ${rows.map(row => row.name)}::text[], ${rows.map(row => row.created_at)}::timestamptz[],
        ${rows.map(row => row.last_active)}::timestamptz[], ${rows.map(row => row.pinned)}::boolean[],
        ${rows.map(row => row.msg_count)}::integer[], ${rows.map(row => row.characters)}::bigint[],
        ${rows.map(row => row.content_hash)}::bytea[], ${rows.map(row => row.first_request)}::text[]
      ) as c (
        session_no, profile_id, name, created_at, last_active, pinned, msg_count, characters, content_hash, first_request
      )
      where s.project_id = ${projectId} and s.session_no = c.session_no`,
  )
}

async function writeMessages(
  tx: Db,
  projectId: number,
  sessions: { no: number | undefined; contents: Contents | null; replaces: boolean }[],
): Promise<void> {
  const written = sessions.filter(session => session.contents !== null)
  const replaced = written.filter(session => session.replaces).map(session => session.no)
  if (replaced.length > 0) {
    await query(
      tx,
      sql`delete from messages where project_id = ${projectId} and session_no = any(${replaced}::bigint[])`,
    )
  }
  if (written.length === 0) return
  await copyRows(
    tx,
    'messages (project_id, session_no, thread, message_index, body, flags, characters, line, links)',
    (function* () {
      for (const { no, contents } of written) {
        for (const { thread, message_index, body, outline } of contents?.messages ?? []) {
          const { flags, characters, line, links } = outline
          const linked = links === null ? null : JSON.stringify(links)
          yield copyLine([projectId, no ?? null, thread, message_index, body, flags, characters, line, linked])
        }
      }
    })(),
  )
}

async function deleteSessions(tx: Db, projectId: number, numbers: number[]): Promise<void> {
  await query(tx, sql`delete from sessions where project_id = ${projectId} and session_no = any(${numbers}::bigint[])`)
}

/** @param touched whether what belongs to the session beside its messages changed. */
function describePlan(plan: Plan, touched: boolean): SaveResult {
  if (plan.kind === 'refuse') return { session_id: plan.session_id, refusal: plan.refusal }
  const outcome = plan.kind === 'add' ? 'imported' : plan.kind === 'change' || touched ? 'updated' : 'unchanged'
  return { session_id: plan.row.session_id, outcome, msg_count: plan.row.msg_count }
}

function refuse(session: SessionToSave, refusal: Invalid | Conflict): Plan {
  return { kind: 'refuse', session_id: session.session_id, refusal }
}

function missingField(field: string): Invalid {
  return new Invalid(`A new session needs ${field}`, ['body', field], 'missing')
}

function wrongCount(session: SessionToSave, stored: number): Conflict {
  return new Conflict(`The session has ${stored} messages, not ${session.expected_msg_count}; nothing was appended.`)
}
