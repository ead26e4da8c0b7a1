import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { findExperiment } from './experiments.ts'
import { describeRun, experimentRunSchema, type RunRow, selectRuns } from './runs.ts'

export const runLeaderboardSchema = z
  .object({
    experiment_id: z.string(),
    entries: z.array(
      experimentRunSchema
        .pick({ config_hash: true, config: true, status: true, duration_ms: true, tokens_in: true, tokens_out: true })
        .extend({ run_id: z.string(), weighted_score: z.number(), scores: z.record(z.string(), z.number()) }),
    ),
    total: z.int(),
  })
  .openapi('RunLeaderboard')
export type RunLeaderboard = z.infer<typeof runLeaderboardSchema>

/** The best completed runs that have scores; of those that score the same the one that completed first. @throws NotFound */
export async function rankRuns(db: Db, projectId: number, experimentId: string, topN: number): Promise<RunLeaderboard> {
  const { experiment_no } = await findExperiment(db, projectId, experimentId)
  const best = sql`
    select run_no from runs
    where project_id = ${projectId} and experiment_no = ${experiment_no} and status = 'completed' and weighted is not null
    order by weighted desc, completed_at, run_id limit ${topN}`
  const rows = await query<RunRow & { scores: { [scorer: string]: number } }>(
    db,
    sql`
      select ranked.*, (
        select coalesce(json_object_agg(s.name, grade order by s.scorer_no), '{}')
        from runs r cross join unnest(r.grades) with ordinality as g (grade, place)
        join experiment_scorers s
          on s.project_id = r.project_id and s.experiment_no = r.experiment_no and s.scorer_no = g.place
        where r.project_id = ${projectId} and r.run_no = ranked.run_no and grade is not null
      ) as scores
      from (${selectRuns(projectId, best)}) ranked
      order by ranked.weighted_score desc, ranked.completed_at, ranked.id`,
  )
  const entries = rows.map(({ scores, ...row }) => {
    const { id, config_hash, config, status, weighted_score, duration_ms, tokens_in, tokens_out } = describeRun(row)
    const score = weighted_score ?? 0
    return {
      run_id: id,
      config_hash,
      config,
      status,
      weighted_score: score,
      scores,
      duration_ms,
      tokens_in,
      tokens_out,
    }
  })
  return { experiment_id: experimentId, entries, total: entries.length }
}
