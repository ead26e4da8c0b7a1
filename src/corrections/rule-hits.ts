import { hash } from 'node:crypto'
import sql, { empty, type Sql } from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { AXES } from '#judging/axes.ts'
import type { Rule } from './rule.ts'

/** What meets a rule's condition. */
export interface RuleHit {
  session_id: string
  /** Null: the last answer of the session, as a pass is about the whole of it. */
  message_index: number | null
  /** The UTC day on which it was rated or judged. */
  day: string
  /** Its number among the ratings, or among the passes. */
  no: number
  /** Whether there is a candidate of it already. */
  known: boolean
}

export type HitRange = { days: number } | { after: number }

/** Passes store means times this, see `judging/mean.ts`. */
const SCALE = 2520

/**
 * The dislikes of answers, or the newest passes of sessions with an answer, that meet a rule's condition, oldest first.
 * Only an assistant's message can become a candidate, so nothing else is a hit.
 */
export function findHits(db: Db, projectId: number, rule: Rule, range: HitRange): Promise<RuleHit[]> {
  const ofProfile = rule.profile === undefined ? empty : sql`and s.profile_id = ${rule.profile}`
  return query<RuleHit>(
    db,
    rule.when.kind === 'dislike'
      ? selectDislikes(projectId, ofProfile, range)
      : selectPasses(projectId, rule.when, ofProfile, range),
  )
}

/** Whether a rule takes this one, if it takes only some: by a hash of what it is, so the answer never changes. */
export function sampleHit(rule: Rule, hit: RuleHit): boolean {
  const number = hash('sha256', `rule:${hit.session_id}:${hit.message_index ?? 'last'}`, 'buffer').readUInt32BE(0)
  return number < rule.sampling * 2 ** 32
}

/** Of a message `m`. PostgreSQL cannot look into JSON that holds a NUL, so its text is looked at; it is compact. */
const IS_ANSWER = sql`strpos(m.body::text, '"role":"assistant"') > 0`

function selectDislikes(projectId: number, ofProfile: Sql, range: HitRange): Sql {
  return sql`
    select * from (
      select distinct on (f.session_no, f.message_index) s.session_id, f.message_index,
        (f.created_at at time zone 'UTC')::date::text as day, f.feedback_no as no,
        exists (
          select from candidates c
          where c.project_id = f.project_id and c.session_no = f.session_no and c.message_index = f.message_index
        ) as known
      from feedback f join sessions s using (project_id, session_no)
      join messages m on m.project_id = f.project_id and m.session_no = f.session_no and m.thread = 0
        and m.message_index = f.message_index and ${IS_ANSWER}
      where f.project_id = ${projectId} and f.newest and f.rating = -1 ${ofProfile}
        and ${'after' in range ? sql`f.feedback_no > ${range.after}` : sql`f.created_at > now() - make_interval(days => ${range.days})`}
      order by f.session_no, f.message_index, f.feedback_no
    ) hits order by no`
}

function selectPasses(projectId: number, when: Rule['when'] & { kind: 'axis' }, ofProfile: Sql, range: HitRange): Sql {
  return sql`
    select s.session_id, null::integer as message_index, (p.eval_date at time zone 'UTC')::date::text as day,
      p.pass_no as no,
      exists (
        select from candidates c
        where c.project_id = s.project_id and c.session_no = s.session_no and c.message_index = answer.message_index
      ) as known
    from passes p join sessions s on s.project_id = p.project_id and s.latest_pass_no = p.pass_no
      and s.session_no = p.session_no
    cross join lateral (
      select m.message_index from messages m
      where m.project_id = s.project_id and m.session_no = s.session_no and m.thread = 0 and ${IS_ANSWER}
      order by m.message_index desc limit 1
    ) answer
    where p.project_id = ${projectId} and p.means[${AXES.indexOf(when.axis) + 1}::integer] < ${when.below}::numeric * ${SCALE} ${ofProfile}
      and ${'after' in range ? sql`p.pass_no > ${range.after}` : sql`p.eval_date > now() - make_interval(days => ${range.days})`}
    order by p.pass_no`
}
