import { z } from '@hono/zod-openapi'
import sql, { type Sql } from 'sql-template-tag'
import { type Db, queryOne, queryRow } from '#db/connect.ts'
import type { Backends } from '#models/backend.ts'
import { hasPass, priceCalls, type Rate, rateSession, tokensIn } from './estimate.ts'
import { computeRubricVersion } from './rubric.ts'
import { BASELINE } from './runs.ts'
import { identifyPanel } from './shipped.ts'
import { findPanel, findRubric, type pinsInputSchema, readPins } from './versions.ts'

export const pinsPreviewSchema = z
  .object({
    judge_version: z.string(),
    rubric_version: z.string(),
    in_force: z.boolean().openapi({ description: 'These are the pins already' }),
    stale: z.int().openapi({ description: 'Sessions that are judged now and would be stale' }),
    backend: z.string().nullable().openapi({ description: 'Of the newest run of a model; null before there is one' }),
    judge_model: z.string().nullable(),
    calls: z.int().nullable().openapi({ description: 'That judging these sessions again would take' }),
    cost_usd: z.number().nullable().openapi({ description: 'Of these calls; null when it cannot be known' }),
  })
  .openapi('PinsPreview')
export type PinsPreview = z.infer<typeof pinsPreviewSchema>

/**
 * What putting other versions in force would make stale, and what judging that again would cost with the backend and model
 * of the newest run. It writes nothing. Sessions with a pass under these versions on their present content stay judged.
 *
 * It reads the judged sessions once (100,000 of them in 0.1 s on a busy machine), so it is for a question before a decision,
 * not for a list.
 *
 * @throws NotFound for a version that is not there.
 */
export async function previewPins(
  db: Db,
  backends: Backends,
  projectId: number,
  input: z.infer<typeof pinsInputSchema>,
): Promise<PinsPreview> {
  const former = await readPins(db, projectId)
  const panel = input.panel === undefined ? former.panel : await findPanel(db, projectId, input.panel)
  const rubric = input.rubric === undefined ? former.rubric : await findRubric(db, projectId, input.rubric)
  const versions = { judge_version: identifyPanel(panel), rubric_version: computeRubricVersion(rubric) }
  const pins_id = await findPair(db, projectId, versions)
  const judge =
    panel.kind === 'baseline' ? { backend: BASELINE, judge_model: BASELINE } : await findJudge(db, projectId)
  const rate =
    judge !== null && (judge.backend === BASELINE || backends.names().includes(judge.backend))
      ? rateSession(backends, judge.backend, judge.judge_model, { panel, rubric })
      : null
  const in_force = pins_id === former.pins_id
  const { stale, tokens_in } = in_force
    ? { stale: 0, tokens_in: 0 }
    : await countStale(db, projectId, former.pins_id, pins_id, rate)
  const calls = rate === null ? null : stale * rate.experts
  return {
    ...versions,
    in_force,
    stale,
    backend: judge?.backend ?? null,
    judge_model: judge?.judge_model ?? null,
    calls,
    cost_usd: rate === null || calls === null ? null : priceCalls(rate, calls, tokens_in),
  }
}

/** Only what the pins call judged can become stale. */
function countStale(
  db: Db,
  projectId: number,
  formerPins: number,
  pinsId: number | null,
  rate: Rate | null,
): Promise<{ stale: number; tokens_in: number }> {
  const tokens: Sql = rate === null ? sql`0` : tokensIn(rate)
  return queryRow(
    db,
    sql`
      select count(*) as stale, coalesce(sum(${tokens}), 0)::bigint as tokens_in from sessions s
      where s.project_id = ${projectId} and s.standing = ${formerPins} and not ${hasPass(pinsId ?? 0)}`,
  )
}

/** The number of a pair of versions; null if it was never in use. */
async function findPair(
  db: Db,
  projectId: number,
  { judge_version, rubric_version }: { judge_version: string; rubric_version: string },
): Promise<number | null> {
  const row = await queryOne<{ pins_id: number }>(
    db,
    sql`
      select pins_id from version_pairs
      where project_id = ${projectId} and judge_version = ${judge_version} and rubric_version = ${rubric_version}`,
  )
  return row?.pins_id ?? null
}

/** The backend and model of the newest run that asked a model. */
function findJudge(db: Db, projectId: number): Promise<{ backend: string; judge_model: string } | null> {
  return queryOne(
    db,
    sql`
      select backend, judge_model from eval_runs where project_id = ${projectId} and backend <> ${BASELINE}
      order by run_no desc limit 1`,
  )
}
