import { randomBytes } from 'node:crypto'
import sql from 'sql-template-tag'
import { type Db, query, queryRow } from '#db/connect.ts'
import { findWatermark } from '#experiments/events.ts'

/** Experiments and runs put straight into their tables, for tests of what reads them. */
export interface SeededExperiment {
  experiment_id: string
  experiment_no: number
}

export interface SeededRun {
  run_id: string
  run_no: number
}

/** An experiment without a pipeline, in the default project. */
export async function seedExperiment(db: Db, name = 'seeded'): Promise<SeededExperiment> {
  await query(db, sql`insert into users (name) values ('seeder') on conflict do nothing`)
  return queryRow<SeededExperiment>(
    db,
    sql`
      insert into experiments (project_id, user_id, name, definition)
      select 1, user_id, ${name}, '{}' from users where name = 'seeder' returning experiment_id, experiment_no`,
  )
}

/** A run that begins in the caller's transaction. */
export function beginSeededRun(tx: Db, experimentNo: number): Promise<SeededRun> {
  return queryRow<SeededRun>(
    tx,
    sql`
      insert into runs (project_id, experiment_no, config, config_hash, status, started_at, started_xid)
      values (1, ${experimentNo}, '{}', ${randomBytes(32)}, 'running', clock_timestamp(), pg_current_xact_id())
      returning run_id, run_no`,
  )
}

/** Ends a run in the caller's transaction. */
export async function endSeededRun(
  tx: Db,
  run: SeededRun,
  how: { failed?: boolean; cached?: boolean; new_best?: boolean; weighted?: number; ago?: string } = {},
): Promise<void> {
  await query(
    tx,
    sql`
      update runs set status = ${how.failed ? 'failed' : 'completed'},
        completed_at = clock_timestamp() - ${how.ago ?? '0 s'}::interval,
        ended_xid = pg_current_xact_id(), weighted = ${how.weighted ?? null}, cached = ${how.cached ?? false},
        new_best = ${how.new_best ?? false}, duration_ms = 5, tokens_in = 3, tokens_out = 4, cost_usd = 0.25,
        error = ${how.failed ? 'the model is away' : null}
      where project_id = 1 and run_no = ${run.run_no}`,
  )
}

/** A run that began and ended, each in a transaction of its own. */
export async function seedRun(
  db: Db,
  experimentNo: number,
  how: Parameters<typeof endSeededRun>[2] = {},
): Promise<SeededRun> {
  const run = await beginSeededRun(db, experimentNo)
  await endSeededRun(db, run, how)
  return run
}

/** A watermark above all that has happened; other test files write to the same server and hold it back for a moment. */
export async function findSettled(db: Db): Promise<string> {
  const [row] = await query<{ next: string }>(db, sql`select pg_current_xact_id()::text as next`)
  for (;;) {
    const watermark = await findWatermark(db)
    if (BigInt(watermark) > BigInt(row?.next ?? 0)) return watermark
  }
}
