import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { isUniqueViolation } from '#db/outage.ts'
import { transact } from '#db/transact.ts'
import { Conflict, NotFound } from '#errors.ts'
import { timeSchema } from '#http/schemas.ts'
import { refreshBest, regradeRuns } from './regrade.ts'

/** A score is a double: of one that is written with more digits than it holds, the nearest is meant. */
const valueSchema = z
  .preprocess(value => (JSON.isRawJSON(value) ? Number(value.rawJSON) + 0 : value), z.number().min(0).max(1))
  .openapi({ type: 'number', minimum: 0, maximum: 1 })

export const scoreInputSchema = z
  .object({
    scorer_name: z.string().trim().min(1).max(100),
    value: valueSchema,
    metadata: z.record(z.string(), z.unknown()).nullish(),
  })
  .openapi('ScoreInput')
export type ScoreInput = z.infer<typeof scoreInputSchema>

export const scoreSchema = z
  .object({
    id: z.string(),
    run_id: z.string(),
    scorer_name: z.string(),
    value: z.number(),
    metadata: z.record(z.string(), z.unknown()).nullable(),
    created_at: timeSchema,
    scorer_version: z.string().nullable().openapi({ description: 'By content; null where a person scored' }),
    author: z.string().nullable().openapi({ description: 'Who scored, if it was a person' }),
  })
  .openapi('Score')
export type Score = z.infer<typeof scoreSchema>

/**
 * Records a person's score of a run, whatever the run's status. Earlier ones of this scorer stay; the newest counts. A scorer
 * of this name need not be declared; its weight is that of the experiment's weights, if they have one.
 *
 * @throws NotFound
 */
export async function addScore(
  db: Db,
  projectId: number,
  userId: number,
  runId: string,
  input: ScoreInput,
): Promise<Score> {
  const run = await queryOne<{ run_no: number; experiment_no: number }>(
    db,
    sql`select run_no, experiment_no from runs where project_id = ${projectId} and run_id = ${runId}::uuid`,
  )
  if (run === null) throw missingRun(runId)
  const key = { project_id: projectId, experiment_no: run.experiment_no }
  const scorerNo = await ensureScorer(db, key, input.scorer_name)
  const scoreNo = await transact(db, async tx => {
    // Held first, so that the newest number is the score that was written last.
    const held = await queryOne(
      tx,
      sql`select from runs where project_id = ${projectId} and run_no = ${run.run_no} for no key update`,
    )
    if (held === null) throw missingRun(runId)
    const metadata = input.metadata == null ? null : JSON.stringify(input.metadata)
    const { score_no } = await queryRow<{ score_no: number }>(
      tx,
      sql`
        insert into scores (project_id, run_no, scorer_no, value, metadata, user_id)
        values (${projectId}, ${run.run_no}, ${scorerNo}, ${input.value}, ${metadata}::json, ${userId})
        returning score_no`,
    )
    await regradeRuns(tx, projectId, [run.run_no])
    await refreshBest(tx, key)
    return score_no
  })
  const [score] = await readScores(db, projectId, run, scoreNo)
  if (score === undefined) throw missingRun(runId)
  return score
}

/** A run's scores, oldest first; of each scorer the last one counts. */
export function listScores(
  db: Db,
  projectId: number,
  run: { run_no: number; experiment_no: number },
): Promise<Score[]> {
  return readScores(db, projectId, run, null)
}

/** Says that a run is not there. */
export function missingRun(runId: string): NotFound {
  return new NotFound(`There is no run "${runId}".`)
}

function readScores(
  db: Db,
  projectId: number,
  { run_no, experiment_no }: { run_no: number; experiment_no: number },
  scoreNo: number | null,
): Promise<Score[]> {
  return query<Score>(
    db,
    sql`
      select s.id, r.run_id, n.name as scorer_name, s.value, s.metadata, s.created_at, s.scorer_version, u.name as author
      from scores s
      join runs r on r.project_id = s.project_id and r.run_no = s.run_no
      join experiment_scorers n
        on n.project_id = s.project_id and n.experiment_no = ${experiment_no} and n.scorer_no = s.scorer_no
      left join users u on u.user_id = s.user_id
      where s.project_id = ${projectId} and s.run_no = ${run_no} and (${scoreNo}::bigint is null or s.score_no = ${scoreNo})
      order by s.score_no`,
  )
}

/** Every run has a place for each of them. */
const MOST_SCORERS = 1000

/** The number of the scorer of this name; one that is new gets the next number. */
async function ensureScorer(
  db: Db,
  { project_id, experiment_no }: { project_id: number; experiment_no: number },
  name: string,
): Promise<number> {
  for (;;) {
    const known = await queryOne<{ scorer_no: number }>(
      db,
      sql`
        select scorer_no from experiment_scorers
        where project_id = ${project_id} and experiment_no = ${experiment_no} and name = ${name}`,
    )
    if (known !== null) return known.scorer_no
    try {
      const added = await queryOne(
        db,
        sql`
          insert into experiment_scorers (project_id, experiment_no, scorer_no, name, weight, declared)
          select e.project_id, e.experiment_no,
            (
              select coalesce(max(scorer_no), 0) + 1 from experiment_scorers s
              where s.project_id = e.project_id and s.experiment_no = e.experiment_no
            ),
            ${name}, null, false
          from experiments e
          where e.project_id = ${project_id} and e.experiment_no = ${experiment_no} and ${MOST_SCORERS} > (
            select count(*) from experiment_scorers s
            where s.project_id = e.project_id and s.experiment_no = e.experiment_no
          )
          returning scorer_no`,
      )
      if (added === null)
        throw new Conflict(`This experiment has ${MOST_SCORERS} scorers already: use one of their names.`)
    } catch (error) {
      // Another one came first, with this name or with another under the same number.
      if (!isUniqueViolation(error)) throw error
    }
  }
}
