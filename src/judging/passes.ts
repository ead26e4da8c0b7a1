import { z } from '@hono/zod-openapi'
import sql, { raw as column, join } from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { NotFound } from '#errors.ts'
import { timeSchema } from '#http/schemas.ts'
import { feedbackSchema, listFeedback } from '#sessions/feedback.ts'
import { AXES, type Scores } from './axes.ts'
import type { Cut } from './cut.ts'
import { averageScores, scaledMeans } from './mean.ts'
import { axesObject, meansSchema, scoresSchema } from './scores.ts'
import { type AnswersUse, sumKnown } from './usage.ts'

export const evaluationSchema = z
  .object({
    id: z.string(),
    session_id: z.string(),
    eval_run_id: z.string(),
    eval_date: timeSchema,
    judge_model: z.string(),
    judge_version: z.string(),
    rubric_version: z.string(),
    expert_id: z.string(),
    scores: scoresSchema,
    comment: z.string(),
    run_id: z.string().nullable(),
    cut: z.unknown().openapi({ description: 'What the judge did not see of a session longer than its window' }),
    msg_count: z.int().openapi({ description: 'Messages of the session when it was judged' }),
    pass_avg: meansSchema.openapi({ description: 'The average over all experts of the pass' }),
    tokens_in: z.int().nullable(),
    tokens_out: z.int().nullable(),
    cost_usd: z.number().nullable(),
    calls: z.array(z.object({ question: z.string(), repeat: z.int() })),
  })
  .openapi('Evaluation')

export const detailSchema = z
  .object({
    session_id: z.string(),
    profile_id: z.string(),
    name: z.string().nullable(),
    created_at: timeSchema,
    last_active: timeSchema,
    msg_count: z.int(),
    first_request: z.string().nullable(),
    feedback: z.array(feedbackSchema),
    evaluations: z.array(evaluationSchema),
  })
  .openapi('SessionDetail')

/** One expert's part of a pass. */
export interface NewEvaluation extends AnswersUse {
  expert_id: string
  scores: Scores
  comment: string
  calls: { question: string; repeat: number }[]
}

export interface NewPass {
  session_no: number
  run_id: string | null
  pins_id: number
  backend: string
  judge_model: string
  content_hash: Buffer
  msg_count: number
  cut: Cut | null
  /** One for each expert of the panel, in its order. */
  evaluations: NewEvaluation[]
}

export interface WrittenPass {
  pass_no: number
  avg: (number | null)[]
}

/**
 * Writes a pass with the evaluations of all experts, in the caller's transaction, which holds the session's row and puts
 * the pass in its place before it ends (`placePasses`).
 */
export async function writePass(tx: Db, projectId: number, pass: NewPass): Promise<WrittenPass> {
  const scores = pass.evaluations.map(evaluation => evaluation.scores)
  const means = scaledMeans(scores)
  const average = averageScores(scores)
  const avg = AXES.map(axis => average[axis])
  const { pass_no } = await queryRow<{ pass_no: number }>(
    tx,
    sql`
      insert into passes (
        project_id, session_no, run_id, pins_id, backend, judge_model, content_hash, msg_count, cut, means, avg,
        cost_usd, tokens_in, tokens_out
      )
      values (
        ${projectId}, ${pass.session_no}, ${pass.run_id}, ${pass.pins_id}, ${pass.backend}, ${pass.judge_model},
        ${pass.content_hash}, ${pass.msg_count}, ${pass.cut === null ? null : JSON.stringify(pass.cut)}, ${means}::integer[],
        ${avg}::smallint[], ${sumKnown(pass.evaluations.map(evaluation => evaluation.cost_usd))}::numeric,
        ${sumKnown(pass.evaluations.map(evaluation => evaluation.tokens_in))}::integer,
        ${sumKnown(pass.evaluations.map(evaluation => evaluation.tokens_out))}::integer
      )
      returning pass_no`,
  )
  await writeEvaluations(tx, projectId, pass_no, pass.evaluations)
  return { pass_no, avg }
}

/**
 * Gives new passes their place: in their sessions' standing and in the trends, where each takes out its session's older one.
 * Transactions whose passes are of the same day wait for each other here, so this comes late in them.
 */
export async function placePasses(tx: Db, projectId: number, passNos: number[]): Promise<void> {
  if (passNos.length === 0) return
  await query(
    tx,
    sql`
      select refresh_standing(${projectId}, array_agg(distinct session_no))
      from passes where project_id = ${projectId} and pass_no = any(${passNos}::bigint[])`,
  )
  await query(
    tx,
    sql`
      insert into trend_entries (
        project_id, session_no, pins_id, pass_no, judged_on, active_on, profile_id, judge_model, means
      )
      select distinct on (p.session_no, p.pins_id) p.project_id, p.session_no, p.pins_id, p.pass_no, (p.eval_date at time zone 'UTC')::date,
        (s.last_active at time zone 'UTC')::date, s.profile_id, p.judge_model, p.means
      from passes p join sessions s using (project_id, session_no)
      where p.project_id = ${projectId} and p.pass_no = any(${passNos}::bigint[])
      order by p.session_no, p.pins_id, p.pass_no desc
      on conflict (project_id, session_no, pins_id) do update set
        pass_no = excluded.pass_no, judged_on = excluded.judged_on, active_on = excluded.active_on,
        profile_id = excluded.profile_id, judge_model = excluded.judge_model, means = excluded.means`,
  )
}

/** A complete pass under these versions on exactly this content, the newest; null if there is none. */
export async function findPass(
  db: Db,
  projectId: number,
  sessionNo: number,
  pinsId: number,
  contentHash: Buffer,
): Promise<WrittenPass | null> {
  return queryOne<WrittenPass>(
    db,
    sql`
      select pass_no, avg from passes
      where project_id = ${projectId} and session_no = ${sessionNo} and pins_id = ${pinsId}
        and content_hash = ${contentHash}
      order by pass_no desc limit 1`,
  )
}

/** A session with its feedback and all evaluations, newest pass first, experts in their panel's order. @throws NotFound */
export async function getDetail(db: Db, projectId: number, sessionId: string): Promise<z.infer<typeof detailSchema>> {
  const session = await queryOne<
    Omit<z.infer<typeof detailSchema>, 'feedback' | 'evaluations'> & { session_no: number }
  >(
    db,
    sql`
      select session_no, session_id, profile_id, name, created_at, last_active, msg_count, first_request
      from sessions where project_id = ${projectId} and session_id = ${sessionId}`,
  )
  if (session === null) throw new NotFound(`There is no session "${sessionId}".`)
  const { session_no, ...fields } = session
  const [feedback, evaluations] = await Promise.all([
    listFeedback(db, projectId, sessionId),
    listEvaluations(db, projectId, session_no),
  ])
  return { ...fields, feedback, evaluations }
}

async function listEvaluations(
  db: Db,
  projectId: number,
  sessionNo: number,
): Promise<z.infer<typeof evaluationSchema>[]> {
  const scores = axesObject(sql`array[${join(AXES.map(axis => column(`e.${axis}`)))}]`)
  return query(
    db,
    sql`
      select e.id, s.session_id, p.eval_run_id, p.eval_date, p.judge_model, v.judge_version, v.rubric_version, e.expert_id,
        ${scores} as scores, e.comment, p.run_id, p.cut, p.msg_count,
        ${axesObject(sql`p.avg`)} as pass_avg, e.tokens_in, e.tokens_out,
        e.cost_usd::float8 as cost_usd, e.calls
      from passes p
      join sessions s using (project_id, session_no)
      join version_pairs v using (project_id, pins_id)
      join evaluations e using (project_id, pass_no)
      where p.project_id = ${projectId} and p.session_no = ${sessionNo}
      order by p.pass_no desc, e.position`,
  )
}

async function writeEvaluations(
  tx: Db,
  projectId: number,
  passNo: number,
  evaluations: NewEvaluation[],
): Promise<void> {
  const rows = evaluations.map((evaluation, position) => {
    const values = [
      projectId,
      passNo,
      position,
      evaluation.expert_id,
      ...AXES.map(axis => evaluation.scores[axis]),
      evaluation.comment,
      JSON.stringify(evaluation.calls),
      evaluation.response_model,
      evaluation.tokens_in,
      evaluation.tokens_out,
      evaluation.cost_usd,
      evaluation.duration_ms,
    ]
    return sql`(${join(values.map(value => sql`${value}`))})`
  })
  await query(
    tx,
    sql`
      insert into evaluations (
        project_id, pass_no, position, expert_id, ${join(AXES.map(column))}, comment, calls, response_model, tokens_in,
        tokens_out, cost_usd, duration_ms
      )
      values ${join(rows)}`,
  )
}
