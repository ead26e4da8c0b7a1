import { z } from '@hono/zod-openapi'
import sql, { empty, type Sql } from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { liftDeadline, transact } from '#db/transact.ts'
import { NotFound } from '#errors.ts'
import { foreignIdSchema, timeInputSchema, timeSchema } from '#http/schemas.ts'
import { enqueue, type Queue } from '#queue/queue.ts'
import { prepareRunTask } from './run-tasks.ts'
import { axesObject, meansSchema } from './scores.ts'
import { chooseVersions } from './versions.ts'

export const runInputSchema = z
  .strictObject({
    scope: z.enum(['unevaluated', 'session', 'all', 'sessions']).default('unevaluated'),
    session_id: foreignIdSchema.nullish(),
    session_ids: z.array(foreignIdSchema).min(1).max(1_000).nullish().openapi({ description: 'With scope=sessions' }),
    since: timeInputSchema.nullish(),
    limit: z.int().min(1).max(2_147_483_647).nullish(),
    model: foreignIdSchema.default('gemma4:31b-cloud'),
    backend: foreignIdSchema.default('ollama'),
    max_cost_usd: z.number().min(0).max(1e9).nullish(),
  })
  .refine(run => run.scope !== 'session' || typeof run.session_id === 'string', {
    path: ['session_id'],
    message: 'scope=session needs session_id',
  })
  .refine(run => run.scope !== 'sessions' || Array.isArray(run.session_ids), {
    path: ['session_ids'],
    message: 'scope=sessions needs session_ids',
  })
  .openapi('RunInput')
export type RunInput = z.output<typeof runInputSchema>

/** Which sessions a run is about. */
export const scopeSchema = z.object({
  scope: z.enum(['unevaluated', 'session', 'all', 'sessions']),
  session_id: z.string().nullish(),
  session_ids: z.array(z.string()).nullish(),
  since: z.string().nullish(),
  limit: z.int().nullish(),
})
export type Scope = z.infer<typeof scopeSchema>

const unitSchema = z.object({
  session_id: z.string(),
  state: z.enum(['pending', 'running', 'ok', 'failed']),
  avg: meansSchema.nullable(),
  error: z.string().nullable(),
})

export const runStatusSchema = z
  .object({
    run_id: z.string(),
    state: z.enum(['running', 'done', 'failed']),
    started_at: timeSchema,
    finished_at: timeSchema.nullable(),
    judge_model: z.string(),
    judge_version: z.string(),
    rubric_version: z.string(),
    sessions: z.array(unitSchema),
    backend: z.string(),
    scope: scopeSchema,
    resolved: z.boolean().openapi({ description: 'Whether the sessions have been looked up yet' }),
    counts: z.object({ pending: z.int(), running: z.int(), ok: z.int(), failed: z.int() }),
    ended_because: z.string().nullable(),
    error: z.string().nullable(),
    calls: z.int().openapi({ description: 'Answers that this run paid for' }),
    tokens_in: z.int(),
    tokens_out: z.int(),
    cost_usd: z.number().nullable().openapi({ description: 'Null when a price is unknown' }),
    max_cost_usd: z.number().nullable(),
  })
  .openapi('RunStatus')
export type RunStatus = z.infer<typeof runStatusSchema>

export type ShownSessions = 'all' | 'failed' | 'none'

/** A backend of its own that needs no model. */
export const BASELINE = 'baseline'

/**
 * Starts a run: records it and wakes a worker, which looks up its sessions. Returns at once, in state `running`, whatever
 * becomes of it.
 */
export async function startRun(
  db: Db,
  queue: Queue,
  projectId: number,
  userId: number,
  input: RunInput,
): Promise<RunStatus> {
  const { backend, max_cost_usd, scope, session_id, session_ids, since, limit } = input
  const kind = backend === BASELINE ? 'baseline' : 'model'
  const versions = await chooseVersions(db, projectId, kind)
  const run = await transact(db, async tx => {
    const row = await queryRow<{ run_id: string }>(
      tx,
      sql`
        insert into eval_runs (project_id, user_id, scope, backend, judge_model, pins_id, max_cost_usd)
        values (
          ${projectId}, ${userId}, ${JSON.stringify({ scope, session_id, session_ids, since, limit })}, ${backend},
          ${kind === 'baseline' ? BASELINE : input.model}, ${versions.pins_id}, ${max_cost_usd ?? null}::numeric
        )
        returning run_id`,
    )
    await enqueue(queue, tx, prepareRunTask, [
      { key: row.run_id, payload: { project_id: projectId, run_id: row.run_id } },
    ])
    return getRun(tx, projectId, row.run_id)
  })
  queue.wake()
  return run
}

/** @throws NotFound, also for an id of another form. */
export async function getRun(
  db: Db,
  projectId: number,
  runId: string,
  shown: ShownSessions = 'all',
): Promise<RunStatus> {
  const run = isUuid(runId)
    ? await queryOne<RunStatus>(db, describeRuns(shown, sql`r.project_id = ${projectId} and r.run_id = ${runId}::uuid`))
    : null
  if (run === null) throw new NotFound(`There is no run "${runId}".`)
  return run
}

/** The newest runs first. */
export async function listRuns(
  db: Db,
  projectId: number,
  options: { limit: number; sessions: ShownSessions; state?: RunStatus['state'] | undefined },
): Promise<RunStatus[]> {
  // In the words of the index of the runs that are under way.
  const states = {
    running: sql`and r.state = 'running'`,
    done: sql`and r.state = 'done'`,
    failed: sql`and r.state = 'failed'`,
  }
  const ofState = options.state === undefined ? empty : states[options.state]
  return query<RunStatus>(
    db,
    sql`${describeRuns(options.sessions, sql`r.project_id = ${projectId} ${ofState}`)} order by r.run_no desc limit ${options.limit}`,
  )
}

/**
 * Ends a run before its time: what was judged is kept, what was not becomes `failed` with the reason. Answers that are on
 * their way still reach the ledger. A run that has ended stays as it is.
 */
export function endRun(tx: Db, projectId: number, runId: string, because: string, error: string): Promise<void> {
  return transact(tx, async inner => {
    // Units that are being looked up can be seen, and ended, only when that is over.
    await query(
      inner,
      sql`
        select from eval_runs
        where project_id = ${projectId} and run_id = ${runId}::uuid and state = 'running' and not resolved for no key update`,
    )
    const { ended } = await queryRow<{ ended: number }>(
      await liftDeadline(inner),
      sql`
        with open as materialized (
          select unit_no from eval_units u join eval_runs r using (project_id, run_id)
          where u.project_id = ${projectId} and u.run_id = ${runId}::uuid and u.state in ('pending', 'running')
            and r.state = 'running'
          order by unit_no for update of u
        ),
        ended as (
          update eval_units u set state = 'failed', error = ${error}, error_kind = ${because}, finished_at = clock_timestamp()
          from open
          where u.project_id = ${projectId} and u.run_id = ${runId}::uuid and u.unit_no = open.unit_no
          returning 1
        )
        select count(*) as ended from ended`,
    )
    await query(
      inner,
      sql`
        update eval_runs set state = 'failed', resolved = true, ended_because = ${because}, error = ${error},
          finished_at = clock_timestamp(), pending = 0, reserved_usd = 0, failed = failed + ${ended}
        where project_id = ${projectId} and run_id = ${runId}::uuid and state = 'running'`,
    )
    await settleRun(inner, projectId, runId)
  })
}

/** Cancels a run. @throws NotFound */
export async function cancelRun(db: Db, projectId: number, runId: string): Promise<RunStatus> {
  await getRun(db, projectId, runId, 'none')
  await endRun(db, projectId, runId, 'cancelled', 'not judged: the run was cancelled')
  return getRun(db, projectId, runId)
}

/**
 * Sets an ended run's bill to what the ledger says, which holds also what was paid just before a crash. While the run goes
 * on each unit adds its own answers, and would add again those of the ledger.
 */
export async function settleRun(db: Db, projectId: number, runId: string): Promise<void> {
  await query(
    db,
    sql`
      update eval_runs r set settled_at = clock_timestamp(), (calls, unpriced, tokens_in, tokens_out, cost_usd) = (
        select count(*), count(*) filter (where cost_usd is null), coalesce(sum(tokens_in), 0),
          coalesce(sum(tokens_out), 0), coalesce(sum(cost_usd), 0)
        from ledger l where l.project_id = r.project_id and l.paid_by = r.run_id
      )
      where project_id = ${projectId} and run_id = ${runId}::uuid and state <> 'running'`,
  )
}

/** Runs as they stand, by a condition on `eval_runs r`. */
export function describeRuns(shown: ShownSessions, condition: Sql): Sql {
  const filter = shown === 'failed' ? sql`and u.state = 'failed'` : empty
  const unresolved = sql`
    json_build_array(json_build_object('session_id', '', 'state', 'failed', 'avg', null, 'error', r.error))`
  const sessions = sql`
    case when r.ended_because = 'unresolved' then ${unresolved} else (
      select coalesce(json_agg(json_build_object(
        'session_id', u.session_id, 'state', u.state, 'error', u.error,
        'avg', case when u.avg is not null then ${axesObject(sql`u.avg`)} end
      ) order by u.unit_no), '[]')
      from eval_units u where u.project_id = r.project_id and u.run_id = r.run_id ${filter}
    ) end`
  return sql`
    select r.run_id, r.state, r.started_at, r.finished_at, r.judge_model, v.judge_version, v.rubric_version,
      ${shown === 'none' ? sql`'[]'::json` : sessions} as sessions, r.backend, r.scope, r.resolved,
      json_build_object('pending', r.pending - taken.running, 'running', taken.running, 'ok', r.ok, 'failed', r.failed) as counts,
      r.ended_because, r.error, r.calls, r.tokens_in, r.tokens_out,
      case when r.unpriced = 0 then r.cost_usd::float8 end as cost_usd, r.max_cost_usd::float8 as max_cost_usd
    from eval_runs r join version_pairs v using (project_id, pins_id)
    cross join lateral (
      select count(*)::integer as running from eval_units u
      where u.project_id = r.project_id and u.run_id = r.run_id and u.state = 'running'
    ) taken
    where ${condition}`
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
}
