import sql from 'sql-template-tag'
import { type Db, query, queryRow } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import type { Queue } from '#queue/queue.ts'
import { addBatch } from './batches.ts'
import { computeConfigHash } from './config-hash.ts'
import { findExperiment } from './experiments.ts'
import { nameLane } from './plan.ts'
import { readRunConfig } from './run-config.ts'

/** A run as a client hands it in. */
export interface DispatchedRun {
  experiment_id: string
  config: { [field: string]: unknown }
}

/**
 * Records a run by itself, in any experiment whatever its status, and wakes a worker. It is `pending` when this returns.
 *
 * @returns its id.
 * @throws NotFound for an unknown experiment; Invalid at the field's path for a configuration that cannot be asked.
 */
export async function dispatchRun(
  db: Db,
  queue: Queue,
  projectId: number,
  _userId: number,
  { experiment_id, config }: DispatchedRun,
): Promise<{ run_id: string }> {
  const key = await findExperiment(db, projectId, experiment_id)
  const { stages } = await readRunConfig(db, projectId, config)
  const run = await transact(db, async tx => {
    const row = await queryRow<{ run_no: number; run_id: string }>(
      tx,
      sql`
        insert into runs (project_id, experiment_no, config, config_hash, status)
        values (
          ${projectId}, ${key.experiment_no}, ${JSON.stringify(config)}, decode(${computeConfigHash(config)}, 'hex'), 'pending'
        )
        returning run_no, run_id`,
    )
    const lane = nameLane(stages.map(({ stage }) => stage))
    await addBatch(tx, queue, key, { kind: 'alone', lane, run_nos: [row.run_no] })
    await query(
      tx,
      sql`
        update experiments set runs = runs + 1
        where project_id = ${projectId} and experiment_no = ${key.experiment_no}`,
    )
    return row
  })
  queue.wake()
  return { run_id: run.run_id }
}
