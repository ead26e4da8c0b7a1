import sql, { join } from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { createGathering } from '#db/gathering.ts'
import { transact } from '#db/transact.ts'
import { type LedgerAnswer, markUseless } from '#models/ledger.ts'
import type { Queue } from '#queue/queue.ts'
import type { Watch } from '#queue/watch.ts'
import type { ReadTranscript } from '#sessions/read-transcript.ts'
import { type ExpertFailure, type ExpertVerdict, nameCalls } from './expert.ts'
import { findPass, type NewEvaluation, placePasses, writePass } from './passes.ts'
import type { UnitRef } from './run-tasks.ts'
import { endRun } from './runs.ts'
import { type ClaimedUnit, finishUnit, holdUnits, refillWindow, type UnitOutcome } from './units.ts'
import { sumAnswers, sumUsage } from './usage.ts'
import { holdPins } from './versions.ts'

/** What came of a unit's work, to be written. */
export interface Conclusion {
  ref: UnitRef
  unit: ClaimedUnit
  said:
    | { read: ReadTranscript; verdicts: ExpertVerdict[] }
    | {
        failure: string
        kind: string
        /** Answers that are not to be given out again. */
        useless?: LedgerAnswer[]
        /** What every other session of the run would meet as well, so that the run ends with it. */
        end?: ExpertFailure | undefined
      }
  /** All answers behind it. */
  calls: LedgerAnswer[]
}

/** Concludes a unit; false when it is not the caller's any more, and then nothing is written. */
export type Concluder = (conclusion: Conclusion) => Promise<boolean>

/**
 * Concludes units in short transactions: the passes, the sessions' standing, the trends, the units, their runs' counts and
 * the next units' jobs. Units that end while one is under way go together in the next: the sessions of a run share the
 * row of its counts and those of a day a cell of the trends, and would otherwise wait for each other's commits.
 */
export function createConcluder(db: Db, queue: Queue, watch: Watch): Concluder {
  return createGathering({ lanes: 1, most: 32 }, async conclusions => {
    const { held, spent } = await transact(db, tx => concludeUnits(tx, queue, conclusions))
    for (const runId of spent) watch.halt(runId)
    return held
  })
}

/**
 * Rows are locked in one order by all: pins, units, sessions, cells of trends, runs. What many share comes last, to be held for
 * the shortest time.
 */
async function concludeUnits(
  tx: Db,
  queue: Queue,
  conclusions: Conclusion[],
): Promise<{ held: boolean[]; spent: string[] }> {
  await holdPins(
    tx,
    conclusions.map(({ ref }) => ref.project_id),
  )
  const held = await holdUnits(
    tx,
    conclusions.map(({ ref, unit }) => ({ ...ref, fence: unit.fence })),
  )
  const mine = conclusions.filter((_, index) => held[index]).sort(byRun)
  const sessions = await lockSessions(tx, mine)
  const ends: { conclusion: Conclusion; outcome: UnitOutcome; pass_no: number | null }[] = []
  for (const conclusion of mine) {
    const { ref, said } = conclusion
    ends.push({ conclusion, ...(await writeConclusion(tx, conclusion, sessions)) })
    if ('failure' in said) await markUseless(tx, ref.project_id, said.useless ?? [])
    await refillWindow(tx, queue, ref)
  }
  const projects = Map.groupBy(ends, end => end.conclusion.ref.project_id)
  for (const [projectId, its] of projects) {
    await placePasses(
      tx,
      projectId,
      its.flatMap(({ pass_no }) => pass_no ?? []),
    )
  }
  for (const { conclusion, outcome } of ends) {
    const { ref, unit, said, calls } = conclusion
    if ('failure' in said && said.end) continue
    await finishUnit(tx, ref, unit.fence, outcome, sumUsage(calls, ref.run_id))
  }
  for (const { ref, said } of mine) {
    if ('failure' in said && said.end) await endRunWith(tx, ref, said.end, said)
  }
  return { held, spent: await endSpentRuns(tx, mine) }
}

/**
 * Ends the run, whose next unit would meet the same failure, and with it the unit; finished by itself, the last unit
 * would have ended the run as done.
 */
async function endRunWith(
  tx: Db,
  { project_id, run_id, unit_no }: UnitRef,
  { stopped, kind, message }: ExpertFailure,
  own: { failure: string; kind: string },
): Promise<void> {
  const prefix = kind === 'unreachable' ? 'backend not available: ' : 'not judged: '
  await endRun(tx, project_id, run_id, stopped ? 'breaker' : 'configuration', `${prefix}${message}`)
  await query(
    tx,
    sql`
      update eval_units set error = ${own.failure}, error_kind = ${own.kind}
      where project_id = ${project_id} and run_id = ${run_id}::uuid and unit_no = ${unit_no} and state = 'failed'`,
  )
}

/** Sessions in hand were let in by estimate; what they really cost may reach a run's ceiling before its last one. */
async function endSpentRuns(tx: Db, conclusions: Conclusion[]): Promise<string[]> {
  const runIds = [...new Set(conclusions.map(({ ref }) => ref.run_id))]
  const spent = await query<{ project_id: number; run_id: string }>(
    tx,
    sql`
      select project_id, run_id from eval_runs
      where run_id = any(${runIds}::uuid[]) and state = 'running' and cost_usd >= max_cost_usd and cost_usd > 0`,
  )
  for (const { project_id, run_id } of spent) {
    await endRun(tx, project_id, run_id, 'max_cost_usd', 'not judged: the run reached its max_cost_usd')
  }
  return spent.map(run => run.run_id)
}

function byRun({ ref: one }: Conclusion, { ref: other }: Conclusion): number {
  if (one.project_id !== other.project_id) return one.project_id - other.project_id
  return one.run_id < other.run_id ? -1 : one.run_id > other.run_id ? 1 : one.unit_no - other.unit_no
}

/** Holds the sessions' rows; the keys of those that are there. */
async function lockSessions(tx: Db, conclusions: Conclusion[]): Promise<Set<string>> {
  if (conclusions.length === 0) return new Set()
  const rows = await query<{ project_id: number; session_no: number }>(
    tx,
    sql`
      select project_id, session_no from sessions
      where (project_id, session_no) in (${join(
        conclusions.map(({ ref, unit }) => sql`(${ref.project_id}::integer, ${unit.session_no}::bigint)`),
      )})
      order by project_id, session_no for no key update`,
  )
  return new Set(rows.map(row => `${row.project_id}/${row.session_no}`))
}

interface Written {
  outcome: UnitOutcome
  /** The pass, if it is new. */
  pass_no: number | null
}

async function writeConclusion(tx: Db, { ref, unit, said }: Conclusion, sessions: Set<string>): Promise<Written> {
  if ('failure' in said)
    return { outcome: { state: 'failed', error: said.failure, error_kind: said.kind }, pass_no: null }
  if (!sessions.has(`${ref.project_id}/${unit.session_no}`)) {
    return { outcome: { state: 'failed', error: 'The session was deleted.', error_kind: 'deleted' }, pass_no: null }
  }
  const { read, verdicts } = said
  const other = unit.again ? null : await findPass(tx, ref.project_id, unit.session_no, unit.pins_id, read.content_hash)
  if (other !== null) return { outcome: { state: 'ok', ...other }, pass_no: null }
  const pass = await writePass(tx, ref.project_id, {
    session_no: unit.session_no,
    run_id: ref.run_id,
    pins_id: unit.pins_id,
    backend: unit.backend,
    judge_model: unit.judge_model,
    content_hash: read.content_hash,
    msg_count: read.msg_count,
    cut: verdicts[0]?.cut ?? null,
    evaluations: verdicts.map(toEvaluation),
  })
  return { outcome: { state: 'ok', ...pass }, pass_no: pass.pass_no }
}

function toEvaluation({ expert_id, scores, comment, calls }: ExpertVerdict): NewEvaluation {
  return {
    expert_id,
    scores,
    comment,
    calls: nameCalls(calls),
    ...sumAnswers(calls),
  }
}
