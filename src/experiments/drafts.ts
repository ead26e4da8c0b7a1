import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { Conflict } from '#errors.ts'
import type { Backends } from '#models/backend.ts'
import type { ExperimentInput } from './definition.ts'
import { type Experiment, findExperiment, getExperiment, insertScorers } from './experiments.ts'
import { keepInlineCases } from './inline-cases.ts'
import { prepareQuestion } from './question.ts'

/**
 * Describes a draft anew, after the same checks as when it was made.
 *
 * @throws NotFound; Conflict once it was started; Invalid at the field's path.
 */
export async function replaceDraft(
  db: Db,
  backends: Backends,
  projectId: number,
  userId: number,
  experimentId: string,
  input: ExperimentInput,
): Promise<Experiment> {
  const question = await prepareQuestion(db, backends, projectId, input)
  await transact(db, async tx => {
    const { status, ...key } = await findExperiment(tx, projectId, experimentId, true)
    if (status !== 'draft') throw new Conflict(`This experiment is ${status}: make another one of what it asks.`)
    const definition = await keepInlineCases(tx, projectId, userId, input)
    await query(
      tx,
      sql`
        update experiments set name = ${input.name}, definition = ${JSON.stringify(definition)}::json,
          pass_threshold = ${question.scoring.pass_threshold}, max_cost_usd = ${input.sweep?.max_cost_usd ?? null}::numeric,
          max_tokens = ${input.sweep?.max_tokens ?? null}::bigint, concurrency = ${input.sweep?.concurrency ?? null}::integer
        where project_id = ${projectId} and experiment_no = ${key.experiment_no}`,
    )
    await query(
      tx,
      sql`delete from experiment_scorers where project_id = ${projectId} and experiment_no = ${key.experiment_no}`,
    )
    await insertScorers(tx, key, question)
  })
  return getExperiment(db, projectId, experimentId)
}
