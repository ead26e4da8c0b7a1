import sql, { empty, join, type Sql } from 'sql-template-tag'
import { type Db, queryRow } from '#db/connect.ts'
import type { FailureCategory } from './candidate.ts'

/** What decides on a candidate; comments and the like do not, nor does taking a decision back. */
export const DECISIONS = ['correct', 'discard', 'flag', 'edit', 'adjudicate'] as const
/** The first decisions on a candidate: what `submit` and `bulk` do. */
export const SUBMITTED = ['correct', 'discard', 'flag'] as const

/** Which decisions; what is not there does not narrow. Days are UTC's, as `2026-01-31`, both included. */
export interface DecisionFilter {
  reviewer?: string | undefined
  /** `submitted` is any of the first decisions. */
  action?: (typeof DECISIONS)[number] | 'submitted' | undefined
  failure_category?: FailureCategory | undefined
  since?: string | undefined
  until?: string | undefined
  /** Only those that say how long they took. */
  timed?: boolean | undefined
}

/** How many decisions pass the filter, those that were taken back included; from the counters alone. */
export function countDecisions(db: Db, projectId: number, filter: DecisionFilter): Promise<{ total: number }> {
  const n = filter.timed === true ? sql`timed` : sql`n`
  return queryRow<{ total: number }>(
    db,
    sql`select coalesce(sum(${n}), 0)::bigint as total from review_days where ${narrowDays(projectId, filter)}`,
  )
}

/** The condition that a row of `review_days` counts decisions that pass the filter. */
export function narrowDays(projectId: number, filter: DecisionFilter): Sql {
  const { reviewer, failure_category, since, until, timed } = filter
  const conditions = [
    sql`project_id = ${projectId}`,
    sql`action = any(${listActions(filter)}::text[])`,
    reviewer === undefined ? empty : sql`user_id in (select u.user_id from users u where u.name = ${reviewer})`,
    failure_category === undefined ? empty : sql`failure_category = ${failure_category}`,
    since === undefined ? empty : sql`day >= ${since}::date`,
    until === undefined ? empty : sql`day <= ${until}::date`,
    timed === true ? sql`timed > 0` : empty,
  ]
  return join(
    conditions.filter(condition => condition !== empty),
    ' and ',
  )
}

function listActions({ action }: DecisionFilter): readonly string[] {
  if (action === undefined) return DECISIONS
  return action === 'submitted' ? SUBMITTED : [action]
}
