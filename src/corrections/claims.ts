import { z } from '@hono/zod-openapi'
import sql, { empty } from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { Conflict, NotFound } from '#errors.ts'
import { timeSchema } from '#http/schemas.ts'
import { CANDIDATE_COLUMNS, type CandidateRow, candidateSchema, describeCandidate } from './candidate.ts'
import { type CandidateFilter, narrow } from './candidates.ts'
import type { Reviewer } from './reviewer.ts'

export const claimSchema = z
  .object({ candidate: candidateSchema.nullable(), expires_at: timeSchema.nullable() })
  .openapi('Claim')
export type Claim = z.infer<typeof claimSchema>

export interface ClaimWish {
  filter: CandidateFilter
  lease_seconds: number
  /** Only candidates that come after this one in import order. */
  after?: string | undefined
}

/** Another reviewer may be served between looking and taking, as often as there are reviewers. */
const ATTEMPTS = 50

/**
 * Gives a reviewer the next candidate that nobody else holds and that is nobody else's, and holds it for a while. Asked
 * again, it gives the same one and holds it longer; `after` leads on. Nothing left: null.
 */
export async function claimNext(db: Db, reviewer: Reviewer, wish: ClaimWish): Promise<Claim> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const chosen = await chooseNext(db, reviewer, wish)
    if (chosen === null) return { candidate: null, expires_at: null }
    const claim = await takeClaim(db, reviewer, chosen, wish.lease_seconds)
    if (claim !== null) return claim
  }
  return { candidate: null, expires_at: null }
}

/** Holds a certain candidate. @throws NotFound; Conflict if it is not in review, or somebody else holds it. */
export async function claimCandidate(db: Db, reviewer: Reviewer, id: string, leaseSeconds: number): Promise<Claim> {
  const row = await queryOne<{ candidate_no: number; status: string }>(
    db,
    sql`select candidate_no, status from candidates where project_id = ${reviewer.project_id} and id = ${id}`,
  )
  if (row === null) throw new NotFound(`There is no candidate "${id}".`)
  if (row.status !== 'needs_review')
    throw new Conflict(`The candidate "${id}" is not in needs_review but ${row.status}.`)
  const claim = await takeClaim(db, reviewer, row.candidate_no, leaseSeconds)
  if (claim === null) throw new Conflict(`Somebody else is looking at the candidate "${id}".`)
  return claim
}

/** Lets go of a candidate; without a claim nothing happens. */
export async function releaseCandidate(db: Db, reviewer: Reviewer, id: string): Promise<void> {
  await query(
    db,
    sql`
      delete from claims k using candidates c
      where k.project_id = ${reviewer.project_id} and k.user_id = ${reviewer.user_id}
        and c.project_id = k.project_id and c.candidate_no = k.candidate_no and c.id = ${id}`,
  )
}

async function chooseNext(db: Db, reviewer: Reviewer, wish: ClaimWish): Promise<number | null> {
  const { project_id, user_id } = reviewer
  const after =
    wish.after === undefined
      ? empty
      : sql`
          and c.candidate_no > coalesce(
            (select a.candidate_no from candidates a where a.project_id = ${project_id} and a.id = ${wish.after}), 0
          )`
  const row = await queryOne<{ candidate_no: number }>(
    db,
    sql`
      select c.candidate_no from candidates c
      where ${narrow(project_id, { ...wish.filter, status: 'needs_review' })}
        and coalesce(c.assigned_to, ${user_id}) = ${user_id} ${after}
        and not exists (
          select from claims k
          where k.project_id = c.project_id and k.candidate_no = c.candidate_no and k.user_id <> ${user_id}
            and k.expires_at > clock_timestamp()
        )
      order by c.candidate_no limit 1`,
  )
  return row?.candidate_no ?? null
}

/** Null when somebody else was faster, or the candidate was decided meanwhile. */
async function takeClaim(db: Db, reviewer: Reviewer, candidateNo: number, seconds: number): Promise<Claim | null> {
  const { project_id, user_id } = reviewer
  const row = await queryOne<CandidateRow & { expires_at: string }>(
    db,
    sql`
      with held as (
        insert into claims as k (project_id, candidate_no, user_id, expires_at)
        select project_id, candidate_no, ${user_id}, clock_timestamp() + make_interval(secs => ${seconds})
        from candidates
        where project_id = ${project_id} and candidate_no = ${candidateNo} and status = 'needs_review'
        for key share
        on conflict (project_id, candidate_no) do update set
          user_id = excluded.user_id, claimed_at = clock_timestamp(), expires_at = excluded.expires_at
        where k.user_id = excluded.user_id or k.expires_at <= clock_timestamp()
        returning expires_at
      )
      select held.expires_at, ${CANDIDATE_COLUMNS} from held
      join candidates c on c.project_id = ${project_id} and c.candidate_no = ${candidateNo}`,
  )
  if (row === null) return null
  const { expires_at, ...candidate } = row
  return { candidate: describeCandidate(candidate), expires_at }
}
