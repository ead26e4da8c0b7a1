import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import type { SessionInput } from './input.ts'

/** A session that was sent, and its number, unless it was refused. */
export interface Place {
  session: SessionInput
  no: number | undefined
}

/** Stores what evaluators know of these sessions, apart from their conversations. An outcome of null removes it. */
export async function writeOutcomes(tx: Db, projectId: number, places: Place[]): Promise<void> {
  const sent = places.flatMap(({ session, no }) =>
    no === undefined || session.outcome === undefined ? [] : [{ no, outcome: session.outcome }],
  )
  const gone = sent.filter(place => place.outcome === null).map(place => place.no)
  if (gone.length > 0) {
    await query(tx, sql`delete from outcomes where project_id = ${projectId} and session_no = any(${gone}::bigint[])`)
  }
  const kept = sent.flatMap(({ no, outcome }) => (outcome === null ? [] : [{ no, ...outcome }]))
  if (kept.length === 0) return
  await query(
    tx,
    sql`
      insert into outcomes (project_id, session_no, source, reward, task_id, details)
      select ${projectId}, * from unnest(
        ${kept.map(row => row.no)}::bigint[], ${kept.map(row => row.source)}::text[],
        ${kept.map(row => row.reward)}::double precision[], ${kept.map(row => row.task_id ?? null)}::text[],
        ${kept.map(row => JSON.stringify(row.details ?? null))}::json[]
      )
      on conflict (project_id, session_no) do update set
        source = excluded.source, reward = excluded.reward, task_id = excluded.task_id, details = excluded.details`,
  )
}

/** Stores the lines of a transcript that are no messages, in the place of those that were stored before. */
export async function writeRawLines(tx: Db, projectId: number, places: Place[]): Promise<void> {
  const sent = places.flatMap(({ session, no }) =>
    no === undefined || session.raw_lines === undefined ? [] : [{ no, lines: session.raw_lines }],
  )
  if (sent.length === 0) return
  const rows = sent.flatMap(({ no, lines }) => lines.map(line => ({ no, ...line })))
  await query(
    tx,
    sql`delete from raw_lines where project_id = ${projectId} and session_no = any(${sent.map(place => place.no)}::bigint[])`,
  )
  await query(
    tx,
    sql`
      insert into raw_lines (project_id, session_no, line, body)
      select ${projectId}, * from unnest(
        ${rows.map(row => row.no)}::bigint[], ${rows.map(row => row.line)}::integer[], ${rows.map(row => row.text)}::text[]
      )
      on conflict (project_id, session_no, line) do update set body = excluded.body`,
  )
}
