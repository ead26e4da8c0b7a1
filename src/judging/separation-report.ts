import { Worker } from 'node:worker_threads'
import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query, queryRow } from '#db/connect.ts'
import { AXES, type Axis } from './axes.ts'
import { MEAN_SCALE } from './mean.ts'
import type { OutcomeRow, Separation } from './separation.ts'
import { readPins } from './versions.ts'

const separationSchema = z.object({
  auc: z
    .number()
    .openapi({ description: 'Probability that a success has the higher score than a failure; 0.5 is chance' }),
  low: z.number().openapi({ description: 'Lower end of the 95 % interval by bootstrap over tasks' }),
  high: z.number(),
  n: z.int(),
  positives: z.int(),
  negatives: z.int(),
  tasks: z.int(),
  resamples: z.int(),
  undefined_resamples: z.int(),
  left_out: z.int().openapi({ description: 'Sessions without a score, or with a reward other than 0 and 1' }),
})

export const separationReportSchema = z
  .object({
    axis: z.enum(AXES),
    judge_version: z.string(),
    rubric_version: z.string(),
    judge_models: z.array(z.string()).openapi({ description: 'More than one: the number mixes them' }),
    sessions_with_outcome: z.int(),
    sessions_judged: z.int().openapi({ description: 'Of these, with a pass under the pins' }),
    separation: separationSchema.nullable().openapi({ description: 'Null without a success or without a failure' }),
  })
  .openapi('SeparationReport')
export type SeparationReport = z.infer<typeof separationReportSchema>

/** Resampling takes time in proportion to it; the sessions judged last are taken. */
const MOST_SESSIONS = 20_000

/**
 * How well a judge's scores on one axis separate success from failure: per session with a known outcome the newest pass
 * under the pins, its unrounded mean over the experts. Trials of one task are resampled together (see
 * `measureSeparation`); a session whose outcome names no task stands for itself.
 */
export async function reportSeparation(db: Db, projectId: number, axis: Axis): Promise<SeparationReport> {
  const { pins_id, judge_version, rubric_version } = await readPins(db, projectId)
  const { known } = await queryRow<{ known: number }>(
    db,
    sql`select count(*) as known from outcomes where project_id = ${projectId} and reward is not null`,
  )
  // Sorted by task and id, so that the interval does not depend on the order in which sessions came.
  const rows = await query<OutcomeRow & { judge_model: string }>(
    db,
    sql`
      select score, reward, task_id, judge_model from (
        select e.means[${AXES.indexOf(axis) + 1}]::float8 / ${MEAN_SCALE}::float8 as score, o.reward,
          json_build_array(o.source, o.task_id, case when o.task_id is null then s.session_id end)::text as task_id,
          s.session_id, e.judge_model
        from trend_entries e
        join outcomes o using (project_id, session_no)
        join sessions s using (project_id, session_no)
        where e.project_id = ${projectId} and e.pins_id = ${pins_id} and o.reward is not null
        order by e.pass_no desc limit ${MOST_SESSIONS}
      ) newest
      order by length(task_id), task_id collate "C", session_id`,
  )
  return {
    axis,
    judge_version,
    rubric_version,
    judge_models: [...new Set(rows.map(row => row.judge_model))].sort(),
    sessions_with_outcome: known,
    sessions_judged: rows.length,
    separation: rows.length === 0 ? null : await measureApart(rows),
  }
}

/** In a thread of its own: ten thousand resamples of thousands of sessions take seconds, in which others want answers. */
function measureApart(rows: OutcomeRow[]): Promise<Separation | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Separation | null>()
  const thread = new Worker(new URL('./separation-thread.ts', import.meta.url), { workerData: rows })
  thread.once('message', resolve)
  thread.once('error', reject)
  thread.once('exit', code => reject(new Error(`the thread that measures a separation ended with code ${code}`)))
  return promise
}
