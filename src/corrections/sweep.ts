import sql from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { isUniqueViolation } from '#db/outage.ts'
import { transact } from '#db/transact.ts'
import { Invalid, NotFound } from '#errors.ts'
import { promoteMessage } from './promote.ts'
import type { Rule } from './rule.ts'
import { findHits, type RuleHit, sampleHit } from './rule-hits.ts'

/** How often a rule looks, in seconds. */
const LOOK_SECONDS = 60
/** Numbers are given out before their rows can be seen; after this long, a number that was not seen will not be. */
const SETTLED_SECONDS = 600

interface DueRule {
  project_id: number
  user_id: number
  definition: Rule
  feedback_no: number
  pass_no: number
}

/**
 * Lets every rule that is due look once at what was rated or judged since. Workers share the rules between them; what one
 * left undone when it died is found at the next look, and a message is promoted once whatever happens.
 */
export async function sweepRules(db: Db, lookSeconds = LOOK_SECONDS): Promise<void> {
  const { before } = await queryRow<{ before: string }>(
    db,
    sql`select (clock_timestamp() - make_interval(secs => ${lookSeconds}))::text as before`,
  )
  for (;;) {
    const rule = await takeDueRule(db, before)
    if (rule === null) return
    // What comes while a rule rests is passed over, so that waking it does not bring up old things.
    await (rule.definition.enabled ? applyRule(db, rule) : moveOn(db, rule))
  }
}

/** The rule that waited longest, if it last looked before that time. */
function takeDueRule(db: Db, before: string): Promise<DueRule | null> {
  return queryOne<DueRule>(
    db,
    sql`
      update promotion_rules r set looked_at = clock_timestamp()
      from (
        select project_id, name from promotion_rules
        where looked_at < ${before}::timestamptz
        order by looked_at limit 1 for update skip locked
      ) due
      where r.project_id = due.project_id and r.name = due.name
      returning r.project_id, r.user_id, r.definition, r.feedback_no, r.pass_no`,
  )
}

async function applyRule(db: Db, due: DueRule): Promise<void> {
  const { definition: rule, project_id } = due
  const after = rule.when.kind === 'dislike' ? due.feedback_no : due.pass_no
  const hits = await findHits(db, project_id, rule, { after })
  for (const hit of hits.filter(one => !one.known && sampleHit(rule, one)).sort((a, b) => a.no - b.no)) {
    // The day's number is used up: what is left is looked at again tomorrow.
    if (!(await promoteOnce(db, due, hit))) return
  }
  await moveOn(db, due)
}

/** Whether the rule may go on today. Another rule, or a person, may promote the same message at the same time. */
async function promoteOnce(db: Db, due: DueRule, hit: RuleHit): Promise<boolean> {
  try {
    return await promoteHit(db, due, hit)
  } catch (error) {
    if (isUniqueViolation(error)) return true
    throw error
  }
}

function promoteHit(db: Db, due: DueRule, hit: RuleHit): Promise<boolean> {
  const { project_id, definition: rule } = due
  return transact(db, async tx => {
    const room = await queryOne<{ left: number }>(
      tx,
      sql`
        select ${rule.max_per_day}::integer - case when day = (now() at time zone 'UTC')::date then promoted else 0 end as left
        from promotion_rules where project_id = ${project_id} and name = ${rule.name} for update`,
    )
    if (room === null || room.left <= 0) return false
    const created = await promoteQuietly(tx, due, hit)
    if (!created) return true
    await query(
      tx,
      sql`
        update promotion_rules set
          promoted = case when day = (now() at time zone 'UTC')::date then promoted else 0 end + 1,
          day = (now() at time zone 'UTC')::date
        where project_id = ${project_id} and name = ${rule.name}`,
    )
    return true
  })
}

/** A message that is not there any more, or is no answer, is passed over. */
async function promoteQuietly(tx: Db, due: DueRule, hit: RuleHit): Promise<boolean> {
  try {
    return (await promoteMessage(tx, due, hit, due.definition.name)).created
  } catch (error) {
    if (error instanceof NotFound || error instanceof Invalid) return false
    throw error
  }
}

async function moveOn(db: Db, due: DueRule): Promise<void> {
  const { project_id, definition: rule } = due
  const settled = sql`clock_timestamp() - make_interval(secs => ${SETTLED_SECONDS})`
  await query(
    db,
    sql`
      update promotion_rules set
        feedback_no = greatest(feedback_no, (
          select max(feedback_no) from feedback
          where project_id = ${project_id} and feedback_no > ${due.feedback_no} and created_at < ${settled}
        )),
        pass_no = greatest(pass_no, (
          select max(pass_no) from passes
          where project_id = ${project_id} and pass_no > ${due.pass_no} and eval_date < ${settled}
        ))
      where project_id = ${project_id} and name = ${rule.name}`,
  )
}
