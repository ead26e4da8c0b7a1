import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import type { Backends } from '#models/backend.ts'
import type { Ledger } from '#models/ledger.ts'
import type { ModelAnswer } from '#models/model.ts'
import { type ClaimedBatch, holdBatch } from './batches.ts'
import { type GradedOutput, type GradedScore, gradeOutput, prepareGrader } from './grading.ts'
import { readScorers } from './load-runs.ts'
import { refreshBest, regradeRuns } from './regrade.ts'

/** A run that completed, with what came out of it. */
interface EndedRun {
  run_no: number
  /** Of a cell. */
  input: unknown
  /** Of a run by itself, whole: PostgreSQL cannot look into JSON that holds a NUL. */
  config: { [field: string]: unknown } | null
  expected: unknown
  answer: ModelAnswer | null
  duration_ms: number | null
  cost_usd: number | null
  /** What it is scored by already: for each scorer the newest score's version. */
  versions: { [scorerNo: string]: string | null }
}

/** After so many bugs, which the log tells, the runs of a batch stay without the scores. */
const FAULTS = 5

/**
 * Works on a batch of runs that get scores of scorers that they have none of: their outputs are read, and
 * only judges are asked. Done again after a crash it writes nothing twice. False when the batch is not the caller's any more.
 */
export async function rescoreRuns(
  db: Db,
  { ledger, backends }: { ledger: Ledger; backends: Backends },
  batch: ClaimedBatch,
  signal: AbortSignal,
): Promise<boolean> {
  if (batch.faults >= FAULTS) return true
  const { project_id, experiment_id: paid_by, secret } = batch
  const scorers = (await readScorers(db, batch)).filter(one => batch.scorer_nos.includes(one.scorer_no))
  const grader = prepareGrader(scorers)
  const names = new Map(scorers.map(one => [one.scorer_no, one.name]))
  const runs = await readEndedRuns(db, batch)
  const graded = await Promise.all(
    runs.map(async run => {
      const missing = grader.filter(
        ({ scorer_no, scorer }) => 'version' in scorer && run.versions[scorer_no] !== scorer.version,
      )
      const output = {
        text: run.answer?.text ?? '',
        tool_calls: run.answer?.tool_calls ?? [],
        duration_ms: run.duration_ms,
        cost_usd: run.cost_usd,
      }
      const input = run.input ?? run.config?.input_data ?? {}
      const scored = { input, ...(run.expected === null ? {} : { expected: run.expected }) }
      const judged = { project_id, paid_by, secret, scored, output }
      return { run_no: run.run_no, ...(await gradeOutput(ledger, backends, missing, judged, { signal })) }
    }),
  )
  return transact(db, async tx => {
    if (!(await holdBatch(tx, batch))) return false
    await insertNewScores(
      tx,
      project_id,
      graded.flatMap(({ run_no, scores }) => scores.map(score => ({ run_no, ...score }))),
    )
    await noteUnscored(tx, project_id, graded, names)
    await regradeRuns(tx, project_id, batch.run_nos)
    await refreshBest(tx, batch)
    return true
  })
}

function readEndedRuns(db: Db, { project_id, run_nos }: ClaimedBatch): Promise<EndedRun[]> {
  return query<EndedRun>(
    db,
    sql`
      select r.run_no, c.input, r.config, c.expected, last.answer, r.duration_ms,
        r.cost_usd::float8 as cost_usd, coalesce(newest.versions, '{}') as versions
      from runs r
      left join cases c on c.project_id = r.project_id and c.case_no = r.case_no
      left join lateral (
        select l.answer from stage_results s
        join ledger l on l.project_id = s.project_id and l.question = s.question and l.repeat = s.ledger_repeat
        where s.project_id = r.project_id and s.run_no = r.run_no order by s.stage_index desc limit 1
      ) last on true
      left join lateral (
        select json_object_agg(scorer_no, scorer_version) as versions from (
          select distinct on (scorer_no) scorer_no, scorer_version from scores
          where project_id = r.project_id and run_no = r.run_no order by scorer_no, score_no desc
        ) counting
      ) newest on true
      where r.project_id = ${project_id} and r.run_no = any(${run_nos}::bigint[]) and r.status = 'completed'
      order by r.run_no`,
  )
}

async function insertNewScores(tx: Db, projectId: number, rows: ({ run_no: number } & GradedScore)[]): Promise<void> {
  if (rows.length === 0) return
  await query(
    tx,
    sql`
      insert into scores (project_id, run_no, scorer_no, scorer_version, value, metadata)
      select ${projectId}, run_no, scorer_no, version, value, metadata::json
      from unnest(
        ${rows.map(row => row.run_no)}::bigint[], ${rows.map(row => row.scorer_no)}::smallint[],
        ${rows.map(row => row.version)}::text[], ${rows.map(row => row.value)}::float8[],
        ${rows.map(row => JSON.stringify(row.metadata))}::text[]
      ) as score (run_no, scorer_no, version, value, metadata)`,
  )
}

/** A judge that gave no score leaves its reason with the run. */
async function noteUnscored(
  tx: Db,
  projectId: number,
  graded: ({ run_no: number } & GradedOutput)[],
  names: ReadonlyMap<number, string>,
): Promise<void> {
  const lacking = graded.filter(one => one.unscored.length > 0)
  if (lacking.length === 0) return
  const reasons = lacking.map(({ unscored }) =>
    unscored.map(({ scorer_no, reason }) => `no score of ${names.get(scorer_no)}: ${reason}`).join(' · '),
  )
  await query(
    tx,
    sql`
      update runs r set error = said.reason, error_kind = 'unscored'
      from unnest(${lacking.map(one => one.run_no)}::bigint[], ${reasons}::text[]) as said (run_no, reason)
      where r.project_id = ${projectId} and r.run_no = said.run_no`,
  )
}
