import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { NotFound } from '#errors.ts'
import type { Reviewer } from './reviewer.ts'
import type { Rule } from './rule.ts'
import { findHits, sampleHit } from './rule-hits.ts'

export const ruleTrialSchema = z
  .object({
    days: z.int(),
    found: z.int().openapi({ description: 'That meet the condition' }),
    known: z.int().openapi({ description: 'Of them, candidates already' }),
    sampled_out: z.int(),
    over_limit: z.int().openapi({ description: 'Would still wait today, since a day allows no more' }),
    would_promote: z.int(),
  })
  .openapi('RuleTrial')
export type RuleTrial = z.infer<typeof ruleTrialSchema>

/** How far back a trial looks, in days. */
const TRIAL_DAYS = 30
const DAY_MS = 24 * 60 * 60 * 1000

/** Makes a rule, or puts another in the place of the one with its name. It looks at what comes from now on. */
export async function saveRule(db: Db, author: Reviewer, rule: Rule): Promise<void> {
  await query(
    db,
    sql`
      insert into promotion_rules as r (project_id, name, user_id, definition, feedback_no, pass_no)
      values (
        ${author.project_id}, ${rule.name}, ${author.user_id}, ${JSON.stringify(rule)},
        (select coalesce(max(feedback_no), 0) from feedback where project_id = ${author.project_id}),
        (select coalesce(max(pass_no), 0) from passes where project_id = ${author.project_id})
      )
      on conflict (project_id, name) do update set user_id = excluded.user_id, definition = excluded.definition`,
  )
}

/** A project's rules by name. */
export async function listRules(db: Db, projectId: number): Promise<Rule[]> {
  const rows = await query<{ definition: Rule }>(
    db,
    sql`select definition from promotion_rules where project_id = ${projectId} order by name`,
  )
  return rows.map(row => row.definition)
}

/** Removes a rule; what it promoted stays. @throws NotFound */
export async function removeRule(db: Db, projectId: number, name: string): Promise<void> {
  const row = await queryOne(
    db,
    sql`delete from promotion_rules where project_id = ${projectId} and name = ${name} returning name`,
  )
  if (row === null) throw new NotFound(`There is no rule "${name}".`)
}

/**
 * How many a rule would have promoted in the last 30 days. Promotes nothing. As with the rule itself, what is above a day's
 * limit waits for the next day; `over_limit` is what would still wait today.
 */
export async function tryRule(db: Db, projectId: number, rule: Rule): Promise<RuleTrial> {
  const hits = await findHits(db, projectId, rule, { days: TRIAL_DAYS })
  const fresh = hits.filter(hit => !hit.known)
  const taken = fresh.filter(hit => sampleHit(rule, hit))
  const waiting = countWaiting(
    taken.map(hit => hit.day),
    rule.max_per_day,
  )
  return {
    days: TRIAL_DAYS,
    found: hits.length,
    known: hits.length - fresh.length,
    sampled_out: fresh.length - taken.length,
    over_limit: waiting,
    would_promote: taken.length - waiting,
  }
}

/** How many are left at the end of today, when each comes on its day and at most `perDay` a day are served. */
function countWaiting(days: string[], perDay: number): number {
  const came = Map.groupBy(days, day => day)
  let waiting = 0
  for (let ago = TRIAL_DAYS; ago >= 0; ago--) {
    const day = new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10)
    waiting = Math.max(0, waiting + (came.get(day)?.length ?? 0) - perDay)
  }
  return waiting
}
