import { z } from '@hono/zod-openapi'
import sql, { empty, type Sql } from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { Conflict, NotFound } from '#errors.ts'
import { timeSchema } from '#http/schemas.ts'
import { CANDIDATE_COLUMNS, type CandidateRow, candidateSchema, describeCandidate } from './candidate.ts'
import { type CandidateFilter, chooseNumbers } from './candidates.ts'
import type { Reviewer } from './reviewer.ts'

export const claimSchema = z
  .object({ candidate: candidateSchema.nullable(), expires_at: timeSchema.nullable() })
  .openapi('Claim')
export type Claim = z.infer<typeof claimSchema>

export interface ClaimWish {
  filter: CandidateFilter
  lease_seconds: number
  screen: string
  /** Only candidates that come after this one in import order. */
  after?: string | undefined
}

/** Another reviewer may be served between looking and taking, as often as there are reviewers. */
const ATTEMPTS = 50
/** More than reviewers usually ask in the same moment. */
const LOOKED_AT = 32

/**
 * Gives a reviewer's screen the next candidate that no other holds and that is nobody else's, and holds it for a while.
 * Asked again, it gives the same one and holds it longer; `after` leads on. Nothing left: null. Whoever asks at the same
 * time passes over the rows that others are just taking, so twenty reviewers do not wait for each other.
 */
export async function claimNext(db: Db, reviewer: Reviewer, wish: ClaimWish): Promise<Claim> {
  const chosen = sql`${chooseNext(reviewer, wish)} for update of c skip locked`
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const claim = await takeClaim(db, reviewer, chosen, wish)
    if (claim !== null || !(await hasNext(db, reviewer, wish))) return claim ?? { candidate: null, expires_at: null }
  }
  return { candidate: null, expires_at: null }
}

/** Holds a certain candidate. @throws NotFound; Conflict if it is not in review, or another screen holds it. */
export async function claimCandidate(
  db: Db,
  reviewer: Reviewer,
  id: string,
  hold: Pick<ClaimWish, 'lease_seconds' | 'screen'>,
): Promise<Claim> {
  // Waits for whoever has the row in hand, who may be this very screen.
  const chosen = sql`
    select c.candidate_no from candidates c
    where c.project_id = ${reviewer.project_id} and c.id = ${id} and c.status = 'needs_review' for update of c`
  const claim = await takeClaim(db, reviewer, chosen, hold)
  if (claim !== null) return claim
  const row = await queryOne<{ status: string }>(
    db,
    sql`select status from candidates where project_id = ${reviewer.project_id} and id = ${id}`,
  )
  if (row === null) throw new NotFound(`There is no candidate "${id}".`)
  if (row.status === 'needs_review')
    throw new Conflict(`Somebody else, or another screen, is looking at the candidate "${id}".`)
  throw new Conflict(`The candidate "${id}" is not in needs_review but ${row.status}.`)
}

/** Lets go of a candidate, whichever of the reviewer's screens holds it unless one is named; without a claim nothing happens. */
export async function releaseCandidate(db: Db, reviewer: Reviewer, id: string, screen?: string): Promise<void> {
  await query(
    db,
    sql`
      delete from claims k using candidates c
      where k.project_id = ${reviewer.project_id} and k.user_id = ${reviewer.user_id}
        and c.project_id = k.project_id and c.candidate_no = k.candidate_no and c.id = ${id}
        and k.screen = coalesce(${screen ?? null}, k.screen)`,
  )
}

/** Lets go of everything that one of the reviewer's screens holds. */
export async function releaseScreen(db: Db, reviewer: Reviewer, screen: string): Promise<void> {
  await query(
    db,
    sql`
      delete from claims
      where project_id = ${reviewer.project_id} and user_id = ${reviewer.user_id} and screen = ${screen}`,
  )
}

/** The number of the first candidate that this reviewer may have. */
function chooseNext(reviewer: Reviewer, wish: ClaimWish): Sql {
  const { project_id, user_id } = reviewer
  const after =
    wish.after === undefined
      ? empty
      : sql`
          and c.candidate_no > coalesce(
            (select a.candidate_no from candidates a where a.project_id = ${project_id} and a.id = ${wish.after}), 0
          )`
  const free = sql`
    and coalesce(c.assigned_to, ${user_id}) = ${user_id} ${after}
    and not exists (
      select from claims k
      where k.project_id = c.project_id and k.candidate_no = c.candidate_no
        and (k.user_id, k.screen) <> (${user_id}, ${wish.screen}) and k.expires_at > clock_timestamp()
    )`
  // What changed between looking and locking is looked at once more.
  return sql`
    select c.candidate_no from (
      ${chooseNumbers(project_id, { ...wish.filter, status: 'needs_review' }, free, LOOKED_AT)}
    ) chosen join candidates c on c.project_id = ${project_id} and c.candidate_no = chosen.candidate_no
    where c.status = 'needs_review' and coalesce(c.assigned_to, ${user_id}) = ${user_id}
    order by chosen.candidate_no limit 1`
}

async function hasNext(db: Db, reviewer: Reviewer, wish: ClaimWish): Promise<boolean> {
  return (await queryOne(db, chooseNext(reviewer, wish))) !== null
}

/** Holds what was chosen and locked. Null when there is nothing, or a claim was made since the statement began. */
async function takeClaim(
  db: Db,
  reviewer: Reviewer,
  chosen: Sql,
  { lease_seconds, screen }: Pick<ClaimWish, 'lease_seconds' | 'screen'>,
): Promise<Claim | null> {
  const { project_id, user_id } = reviewer
  const row = await queryOne<CandidateRow & { expires_at: string }>(
    db,
    sql`
      with chosen as (${chosen}),
      held as (
        insert into claims as k (project_id, candidate_no, user_id, screen, expires_at)
        select ${project_id}, candidate_no, ${user_id}, ${screen},
          clock_timestamp() + make_interval(secs => ${lease_seconds})
        from chosen
        on conflict (project_id, candidate_no) do update set
          user_id = excluded.user_id, screen = excluded.screen, expires_at = excluded.expires_at,
          claimed_at = case
            when k.user_id = excluded.user_id and k.expires_at > clock_timestamp() then k.claimed_at else clock_timestamp()
          end
        where (k.user_id, k.screen) = (excluded.user_id, excluded.screen) or k.expires_at <= clock_timestamp()
        returning candidate_no, expires_at
      )
      select held.expires_at, ${CANDIDATE_COLUMNS} from held
      join candidates c on c.project_id = ${project_id} and c.candidate_no = held.candidate_no`,
  )
  if (row === null) return null
  const { expires_at, ...candidate } = row
  return { candidate: describeCandidate(candidate), expires_at }
}
