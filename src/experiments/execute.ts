import type { Db } from '#db/connect.ts'
import { isOutage } from '#db/outage.ts'
import type { Log } from '#log.ts'
import type { Backends } from '#models/backend.ts'
import type { Ledger } from '#models/ledger.ts'
import type { Queue } from '#queue/queue.ts'
import type { Following, Watch } from '#queue/watch.ts'
import { type ClaimedBatch, claimBatch, countBatchFault, planPace } from './batches.ts'
import { type Admit, raiseBill } from './budget.ts'
import { type CellFailure, type CellOutcome, runStages } from './cell.ts'
import type { RunConcluder } from './conclude.ts'
import { finishBatch, releaseBatch } from './finish.ts'
import { type GradedOutput, type Grader, gradeOutput, placeGrades } from './grading.ts'
import type { LaneSlots } from './lane-slots.ts'
import { type LoadedRun, loadRuns } from './load-runs.ts'
import type { ExperimentMemory } from './memory.ts'
import { rescoreRuns } from './rescore.ts'
import { type CellsInHand, showCells } from './run-cells.ts'
import type { BatchRef } from './run-tasks.ts'
import { type ExperimentScorer, failGrades, weighGrades } from './weights.ts'
import type { RunConclusion } from './written-runs.ts'

/** What the work on runs needs beside the database. */
export interface RunWork {
  queue: Queue
  backends: Backends
  ledger: Ledger
  watch: Watch
  conclude: RunConcluder
  admit: Admit
  memory: ExperimentMemory
  slots: LaneSlots
  log: Log
}

/**
 * Works on a batch: its runs side by side, each asked outside of any transaction and written in a short one when it
 * ends, then the next batches get their jobs. Interrupted anywhere it is done again, and pays only for what was in flight:
 * finished answers are in the ledger, finished runs in their rows.
 */
export async function workBatch(db: Db, work: RunWork, ref: BatchRef, signal: AbortSignal): Promise<void> {
  const batch = await claimBatch(db, ref)
  if (batch === null) return
  if (batch.kind === 'sweep' && batch.status !== 'running') return releaseBatch(db, work, batch)
  if (batch.limited && batch.fence > 1) await raiseBill(db, batch)
  // Runs by themselves are asked whatever becomes of the experiment.
  const following = batch.kind === 'sweep' ? work.watch.follow(batch.experiment_id) : NOT_FOLLOWING
  try {
    const done =
      batch.kind === 'score'
        ? await rescoreRuns(db, work, batch, signal)
        : await workRuns(db, work, batch, following, signal)
    if (done) await finishBatch(db, work, batch)
    else await releaseBatch(db, work, batch)
  } catch (error) {
    if (!signal.aborted && !isOutage(error)) await countBatchFault(db, batch)
    throw error
  } finally {
    following.leave()
  }
}

/** A bug must not keep an experiment open for ever; this often its cause may be one that passes. */
const FAULTS = 3

const NOT_FOLLOWING: Following = { ended: new AbortController().signal, halt: () => {}, leave: () => {} }

/** Everything that the runs of a batch share. */
interface BatchWork {
  work: RunWork
  batch: ClaimedBatch
  grader: Grader
  scorers: ExperimentScorer[]
  following: Following
  signal: AbortSignal
  shown: CellsInHand
  places: number
}

type Outcome = Omit<RunConclusion, 'started_at'>

/** Works on all runs of a batch; false when the experiment was halted before all had ended. */
async function workRuns(
  db: Db,
  work: RunWork,
  batch: ClaimedBatch,
  following: Following,
  signal: AbortSignal,
): Promise<boolean> {
  const { runs, grader, scorers } = await loadRuns(db, batch, work.memory)
  const { cells, places } = planPace(work.backends, batch)
  const waiting = runs.values()
  const shown = showCells(db, batch, error => work.log.warn({ err: error }, 'runs under way could not be shown'))
  const shared = { work, batch, grader, scorers, following, signal, shown, places }
  let whole = true
  const workInTurn = async () => {
    for (const run of waiting) {
      signal.throwIfAborted()
      if (following.ended.aborted || !(await workRun(shared, run))) whole = false
    }
  }
  const settled = await Promise.allSettled(Array.from({ length: Math.min(cells, runs.length) }, workInTurn))
  await shown.close()
  const broken = settled.find(one => one.status === 'rejected')
  if (broken !== undefined) throw broken.reason
  return whole
}

/** Works on one run; false when the experiment was halted before it ended. */
async function workRun(shared: BatchWork, run: LoadedRun): Promise<boolean> {
  const { work, batch, following, signal } = shared
  if (batch.limited && batch.kind === 'sweep' && !(await work.admit(batch, following, signal))) return false
  // A run by itself does not stand behind a sweep.
  if (batch.kind !== 'sweep') return concludeRun(shared, run)
  // Where an experiment has a ceiling of its own, its places are its own as well.
  const slots = batch.concurrency === null ? batch.lane : `${batch.experiment_no} ${batch.lane}`
  await work.slots.enter(slots, shared.places)
  try {
    return following.ended.aborted ? false : await concludeRun(shared, run)
  } finally {
    work.slots.leave(slots)
  }
}

async function concludeRun(shared: BatchWork, run: LoadedRun): Promise<boolean> {
  const { work, batch, following, signal, shown } = shared
  const begun = run.cell === null ? null : shown.begin(run.cell)
  const started_at = begun?.started_at ?? new Date()
  try {
    await work.conclude({ ...(await executeRun(shared, run)), started_at })
    return true
  } catch (error) {
    if (signal.aborted || isOutage(error)) throw error
    if (following.ended.aborted) return false
    if (batch.faults + 1 < FAULTS) throw error
    const message = 'It could not be run because of an internal error. The log says more.'
    await work.conclude({ ...describeFailed(shared, run, null, { kind: 'bug', message, ends: null }), started_at })
    return true
  } finally {
    if (begun !== null) shown.end(begun)
  }
}

async function executeRun(shared: BatchWork, run: LoadedRun): Promise<Outcome> {
  const { work, batch, grader, following, signal } = shared
  const likely = work.memory.isLikely(batch)
  const options = { signal, unwanted: following.ended, onFatal: following.halt, likely }
  const { project_id, experiment_id: paid_by } = batch
  const task = { project_id, paid_by, stages: run.stages, input: run.input, repeat: run.repeat }
  const outcome = await runStages(work.ledger, work.backends, task, options)
  if (outcome.failure !== null) return describeFailed(shared, run, outcome, outcome.failure)
  const calls = outcome.stages.flatMap(({ call }) => call ?? [])
  work.memory.setLikely(
    batch,
    calls.every(call => call.replayed),
  )
  const costs = calls.map(call => call.cost_usd)
  const output = {
    text: outcome.text,
    tool_calls: outcome.tool_calls,
    duration_ms: calls.reduce((sum, call) => sum + call.duration_ms, 0),
    cost_usd: costs.includes(null) ? null : costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0),
  }
  const judged = { project_id, secret: batch.secret, scored: { input: run.input, ...run.expected }, output, paid_by }
  const graded = await gradeOutput(work.ledger, work.backends, grader, judged, options)
  return describeCompleted(shared, run, outcome, graded)
}

function describeCompleted(
  { batch, scorers }: BatchWork,
  run: LoadedRun,
  { stages }: CellOutcome,
  { scores, unscored, stop, calls }: GradedOutput,
): Outcome {
  const grades = placeGrades(scores)
  const names = new Map(scorers.map(scorer => [scorer.scorer_no, scorer.name]))
  const lacks = unscored.map(({ scorer_no, reason }) => `no score of ${names.get(scorer_no)}: ${reason}`)
  return {
    ...{ batch, run_no: run.run_no, cell: run.cell, status: 'completed', stages, scores, grades },
    ...weighGrades(grades, scorers),
    error: lacks.length === 0 ? null : lacks.join(' · '),
    error_kind: lacks.length === 0 ? null : 'unscored',
    calls: [...stages.flatMap(({ call }) => call ?? []), ...calls],
    end: stop === null ? null : describeEnd(stop.stopped ? 'breaker' : 'configuration', stop.kind, stop.reason),
  }
}

/** A cell that failed counts 0 with all scorers; a run by itself has no grades. */
function describeFailed(
  { batch, scorers }: BatchWork,
  run: LoadedRun,
  outcome: CellOutcome | null,
  failure: CellFailure,
): Outcome {
  const isCell = batch.kind === 'sweep'
  const stages = outcome?.stages ?? []
  return {
    ...{ batch, run_no: run.run_no, cell: run.cell, status: 'failed', stages, scores: [] },
    grades: isCell ? failGrades(scorers) : [],
    score_mean: null,
    weighted: isCell ? 0 : null,
    error: failure.message,
    error_kind: failure.kind,
    calls: stages.flatMap(({ call }) => call ?? []),
    end: failure.ends === null ? null : describeEnd(failure.ends, failure.kind, failure.message),
  }
}

function describeEnd(because: 'configuration' | 'breaker', kind: string, message: string) {
  const prefix = kind === 'unreachable' ? 'backend not available: ' : 'every other run would meet the same: '
  return { status: 'failed', because, error: `${prefix}${message}` } as const
}
