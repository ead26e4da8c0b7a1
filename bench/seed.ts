import sql, { raw } from 'sql-template-tag'
import { type Db, query, queryRow } from '#db/connect.ts'
import { BENCH_PROFILES } from './sessions.ts'

const CHUNK = 50_000
/** Of ten sessions this many are judged under the pins, one of them was changed since, and one more under another rubric. */
const JUDGED = 4
const JUDGED_OTHERWISE = 1

/**
 * Fills the tables of the default project up to that many sessions of 12 messages (300 to 600 characters each), spread over
 * a year and five profiles, half of them judged by a panel of three. Written set by set instead of through the API; what
 * the product keeps by triggers (the trends) is kept by them here as well.
 *
 * @param pins the pair of versions in force, and another.
 */
export async function seedSessions(db: Db, count: number, pins: { pinned: number; other: number }): Promise<void> {
  const { known } = await queryRow<{ known: number }>(
    db,
    sql`select coalesce(max(session_no), 0) as known from sessions`,
  )
  // Checked row by row this constraint takes more than all else together; adding it again checks it whole.
  await query(db, sql`alter table messages drop constraint messages_project_id_session_no_fkey`)
  for (let from = known + 1; from <= count; from += CHUNK) {
    const to = Math.min(count, from + CHUNK - 1)
    await insertSessions(db, from, to, pins)
    await insertMessages(db, from, to)
    await insertPasses(db, from, to)
  }
  await query(
    db,
    sql`
      alter table messages add constraint messages_project_id_session_no_fkey
        foreign key (project_id, session_no) references sessions on delete cascade`,
  )
  await query(db, sql`select setval(pg_get_serial_sequence('sessions', 'session_no'), ${count})`)
  await query(db, sql`select setval(pg_get_serial_sequence('passes', 'pass_no'), ${count})`)
  for (const table of ['sessions', 'messages', 'passes', 'evaluations', 'trend_entries', 'trend_cells']) {
    await query(db, sql`vacuum analyze ${raw(table)}`)
  }
}

async function insertSessions(
  db: Db,
  from: number,
  to: number,
  pins: { pinned: number; other: number },
): Promise<void> {
  await query(
    db,
    sql`
      insert into sessions (
        project_id, session_no, session_id, profile_id, name, first_request, created_at, last_active, pinned, msg_count, characters,
        content_hash, latest_pass_no, latest_pins, latest_present, latest_avg, latest_eval_date
      )
      overriding system value
      select 1, n, 'session-' || n, (${BENCH_PROFILES}::text[])[1 + n % 5], 'Case ' || n, 'Please look into case ' || md5(n::text) || ' and tell the customer what became of it', active - interval '1 hour', active,
        n % 5000 = 0, 12, 6000, sha256(n::text::bytea),
        case when judged < ${JUDGED + JUDGED_OTHERWISE} then n end,
        case when judged < ${JUDGED} then ${pins.pinned}::integer when judged < ${JUDGED + JUDGED_OTHERWISE} then ${pins.other} else 0 end,
        judged between 1 and ${JUDGED + JUDGED_OTHERWISE - 1},
        case when judged < ${JUDGED + JUDGED_OTHERWISE} then array[n % 100, n % 97, n % 89, n % 83, n % 79, null, null]::smallint[] end,
        case when judged < ${JUDGED + JUDGED_OTHERWISE} then active + interval '2 hours' end
      from generate_series(${from}::integer, ${to}::integer) n,
        lateral (select
          now() - (hashint4(n)::bigint + 2147483648) % (365 * 86400) * interval '1 second' as active,
          (hashint4(n + 7)::bigint + 2147483648) / 7 % 10 as judged
        ) chance`,
  )
}

async function insertMessages(db: Db, from: number, to: number): Promise<void> {
  await query(
    db,
    sql`
      insert into messages (project_id, session_no, thread, message_index, body, flags)
      select 1, n, 0, i, json_build_object(
        'role', case when i % 2 = 0 then 'user' else 'assistant' end,
        'content', substr(words, 1 + abs(hashint4(n * 12 + i)) % 2000, 300 + abs(hashint4(n + i)) % 300)
      ), 4 + 1 + i % 2
      from generate_series(${from}::integer, ${to}::integer) n cross join generate_series(0, 11) i
        cross join (select string_agg(md5(x::text) || ' ', '') as words from generate_series(1, 100) x) text`,
  )
}

async function insertPasses(db: Db, from: number, to: number): Promise<void> {
  const range = sql`session_no between ${from} and ${to}`
  await query(
    db,
    sql`
      insert into passes (
        project_id, pass_no, session_no, pins_id, backend, judge_model, eval_date, content_hash, msg_count, means, avg
      )
      overriding system value
      select 1, session_no, session_no, latest_pins, 'ollama', 'model-' || session_no % 2, latest_eval_date,
        case when latest_present then content_hash else sha256('') end, 12,
        (select array_agg(score * 2520 order by axis) from unnest(latest_avg) with ordinality as scores (score, axis)), latest_avg
      from sessions where project_id = 1 and latest_pins <> 0 and ${range}`,
  )
  await query(
    db,
    sql`
      insert into evaluations (
        project_id, pass_no, position, expert_id, task_complexity, goal_completion, tool_usage_quality, efficiency,
        communication, comment
      )
      select 1, pass_no, position, (array['strict_critic', 'pragmatist', 'tech_lead'])[1 + position], avg[1], avg[2], avg[3],
        avg[4], avg[5], repeat('It did what was asked. ', 12)
      from passes cross join generate_series(0, 2) position where project_id = 1 and ${range}`,
  )
  await query(
    db,
    sql`
      insert into trend_entries (
        project_id, session_no, pins_id, pass_no, judged_on, active_on, profile_id, judge_model, means
      )
      select 1, session_no, p.pins_id, pass_no, (eval_date at time zone 'UTC')::date, (last_active at time zone 'UTC')::date,
        profile_id, judge_model, means
      from passes p join sessions using (project_id, session_no) where project_id = 1 and ${range}`,
  )
}
