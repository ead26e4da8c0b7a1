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
    over_limit: z.int().openapi({ description: 'Above what a day allows' }),
    would_promote: z.int(),
  })
  .openapi('RuleTrial')
export type RuleTrial = z.infer<typeof ruleTrialSchema>

/** How far back a trial looks, in days. */
const TRIAL_DAYS = 30

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

/** How many a rule would have promoted in the last 30 days. Promotes nothing. */
export async function tryRule(db: Db, projectId: number, rule: Rule): Promise<RuleTrial> {
  const hits = await findHits(db, projectId, rule, { days: TRIAL_DAYS })
  const trial = { days: TRIAL_DAYS, found: hits.length, known: 0, sampled_out: 0, over_limit: 0, would_promote: 0 }
  const perDay = new Map<string, number>()
  for (const hit of hits) {
    const taken = perDay.get(hit.day) ?? 0
    if (hit.known) trial.known += 1
    else if (!sampleHit(rule, hit)) trial.sampled_out += 1
    else if (taken >= rule.max_per_day) trial.over_limit += 1
    else {
      trial.would_promote += 1
      perDay.set(hit.day, taken + 1)
    }
  }
  return trial
}
