import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { checkBenchFolder } from './benchmark-folder.ts'

export const benchConfigSchema = z.object({ bench_results_dir: z.string().max(4096) }).openapi('CorrectionsConfig')

/** The folder of benchmark results in force, '' when none is set. */
export async function getBenchFolder(db: Db, projectId: number): Promise<string> {
  const row = await queryOne<{ bench_results_dir: string }>(
    db,
    sql`select bench_results_dir from correction_settings where project_id = ${projectId}`,
  )
  return row?.bench_results_dir ?? ''
}

/** Sets the folder of benchmark results; '' sets none. @throws Forbidden outside of the operator's roots. */
export async function setBenchFolder(db: Db, projectId: number, roots: string[], path: string): Promise<void> {
  const folder = path === '' ? '' : await checkBenchFolder(roots, path)
  await query(
    db,
    sql`
      insert into correction_settings (project_id, bench_results_dir) values (${projectId}, ${folder})
      on conflict (project_id) do update set bench_results_dir = excluded.bench_results_dir`,
  )
}

/** Of the candidates, how many go to a second reviewer as well: 0 to 1. */
export async function getOpinionShare(db: Db, projectId: number): Promise<number> {
  const row = await queryOne<{ second_opinion_share: number }>(
    db,
    sql`select second_opinion_share from correction_settings where project_id = ${projectId}`,
  )
  return row?.second_opinion_share ?? 0
}

/** Sets the share of candidates that go to a second reviewer. Which ones they are depends on their ids alone. */
export async function setOpinionShare(db: Db, projectId: number, share: number): Promise<void> {
  await query(
    db,
    sql`
      insert into correction_settings (project_id, second_opinion_share) values (${projectId}, ${share})
      on conflict (project_id) do update set second_opinion_share = excluded.second_opinion_share`,
  )
}
