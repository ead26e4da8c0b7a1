import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import type { SessionInput } from './input.ts'

/** A session that was sent, and its number, unless it was refused. */
export interface Place {
  session: SessionInput
  no: number | undefined
}

/**
 * Stores what evaluators know of these sessions, apart from their conversations. An outcome of null removes it.
 *
 * @returns the numbers of the sessions for which that changed something.
 */
export async function writeOutcomes(tx: Db, projectId: number, places: Place[]): Promise<number[]> {
  const sent = places.flatMap(({ session, no }) =>
    no === undefined || session.outcome === undefined ? [] : [{ no, outcome: session.outcome }],
  )
  if (sent.length === 0) return []
  const gone = sent.filter(place => place.outcome === null).map(place => place.no)
  const kept = sent.flatMap(({ no, outcome }) => (outcome === null ? [] : [{ no, ...outcome }]))
  const changed = await query<{ session_no: number }>(
    tx,
    sql`
      with removed as (
        delete from outcomes where project_id = ${projectId} and session_no = any(${gone}::bigint[]) returning session_no
      ),
      written as (
        insert into outcomes as o (project_id, session_no, source, reward, task_id, details)
        select ${projectId}, * from unnest(
          ${kept.map(row => row.no)}::bigint[], ${kept.map(row => row.source)}::text[],
          ${kept.map(row => row.reward)}::double precision[], ${kept.map(row => row.task_id ?? null)}::text[],
          ${kept.map(row => JSON.stringify(row.details ?? null))}::json[]
        )
        on conflict (project_id, session_no) do update set
          source = excluded.source, reward = excluded.reward, task_id = excluded.task_id, details = excluded.details
        where (o.source, o.reward, o.task_id, o.details::text)
          is distinct from (excluded.source, excluded.reward, excluded.task_id, excluded.details::text)
        returning session_no
      )
      select session_no from removed union all select session_no from written`,
  )
  return changed.map(row => row.session_no)
}

/**
 * Stores the lines of a transcript that are no messages, in the place of those that were stored before.
 *
 * @returns the numbers of the sessions for which that changed something.
 */
export async function writeRawLines(tx: Db, projectId: number, places: Place[]): Promise<number[]> {
  const sent = places.flatMap(({ session, no }) =>
    no === undefined || session.raw_lines === undefined ? [] : [{ no, lines: session.raw_lines }],
  )
  if (sent.length === 0) return []
  const rows = sent.flatMap(({ no, lines }) => lines.map(line => ({ no, ...line })))
  const changed = await query<{ session_no: number }>(
    tx,
    sql`
      with sent as (
        select * from unnest(
          ${rows.map(row => row.no)}::bigint[], ${rows.map(row => row.line)}::integer[], ${rows.map(row => row.text)}::text[]
        ) as sent (session_no, line, body)
      ),
      removed as (
        delete from raw_lines r
        where project_id = ${projectId} and session_no = any(${sent.map(place => place.no)}::bigint[])
          and not exists (select from sent s where s.session_no = r.session_no and s.line = r.line)
        returning session_no
      ),
      written as (
        insert into raw_lines as r (project_id, session_no, line, body)
        select ${projectId}, * from sent
        on conflict (project_id, session_no, line) do update set body = excluded.body where r.body <> excluded.body
        returning session_no
      )
      select session_no from removed union select session_no from written`,
  )
  return changed.map(row => row.session_no)
}
