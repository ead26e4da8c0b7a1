/** What an experiment came to, kept with its row, so that a list of experiments adds nothing up. */
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import type { ExperimentConclusion, ExperimentKey } from './experiments.ts'
import { readLeaderboard } from './leaderboard.ts'

/** Experiments that are concluded in one go, and variants of each that are looked at. */
const AT_ONCE = 20
const MOST_VARIANTS = 100

/**
 * Writes what experiments came to that have ended, or whose runs were scored since it was last written. Of two that do so at
 * the same time, the one that saw more scores counts. Experiments without a ranked variant get a conclusion that says so.
 */
export async function concludeExperiments(db: Db): Promise<void> {
  const rows = await query<ExperimentKey & { experiment_id: string; regrades: number }>(
    db,
    sql`
      select project_id, experiment_no, experiment_id, regrades from experiments
      where status in ('completed', 'stopped', 'failed') and concluded is distinct from regrades
      order by experiment_no desc limit ${AT_ONCE}`,
  )
  for (const { project_id, experiment_no, experiment_id, regrades } of rows) {
    const conclusion = await draw(db, project_id, experiment_id)
    await query(
      db,
      sql`
        update experiments set conclusion = ${JSON.stringify(conclusion)}::json, concluded = ${regrades}
        where project_id = ${project_id} and experiment_no = ${experiment_no} and coalesce(concluded, -1) < ${regrades}`,
    )
  }
}

async function draw(db: Db, projectId: number, experimentId: string): Promise<ExperimentConclusion | null> {
  const options = { level: 0.95, k: 1, limit: MOST_VARIANTS, offset: 0 }
  const { entries, verdict } = await readLeaderboard(db, projectId, experimentId, options)
  const [first] = entries
  if (first === undefined || first.weighted === null) return null
  const { estimate, low, high, cases } = first.weighted
  return {
    leader: { variant_no: first.variant_no, label: first.label, estimate, low, high, cases },
    tied: Math.max(0, entries.filter(({ rank }) => rank?.best === 1).length - 1),
    verdict,
  }
}
