import type { Db } from '#db/connect.ts'
import { isOutage } from '#db/outage.ts'
import { transact } from '#db/transact.ts'
import { NotFound } from '#errors.ts'
import type { Backends } from '#models/backend.ts'
import type { Ledger } from '#models/ledger.ts'
import type { Queue } from '#queue/queue.ts'
import type { Following, Watch } from '#queue/watch.ts'
import { type ReadTranscript, readTranscript } from '#sessions/read-transcript.ts'
import type { Concluder, Conclusion } from './conclude.ts'
import { answerByBaseline, askExperts, type ExpertFailure, type ExpertVerdict } from './expert.ts'
import { findPass } from './passes.ts'
import type { UnitRef } from './run-tasks.ts'
import { BASELINE, endRun, settleRun } from './runs.ts'
import { type Ceiling, type ClaimedUnit, claimUnit, countFault, finishUnit, refillWindow } from './units.ts'
import { NO_USAGE } from './usage.ts'
import type { VersionPair, VersionReader } from './versions.ts'

/** What judging needs beside the database. */
export interface Judge {
  queue: Queue
  backends: Backends
  ledger: Ledger
  readVersions: VersionReader
  watch: Watch
  conclude: Concluder
}

/**
 * Judges one session of a run: reads it, asks every expert of the panel at once (outside of any transaction), and writes
 * the pass in one short transaction, or the reason why there is none. Interrupted anywhere, it is done again and pays only
 * for what was in flight: finished answers are in the ledger.
 */
export async function judgeUnit(db: Db, judge: Judge, ref: UnitRef, signal: AbortSignal): Promise<void> {
  const unit = await claimUnit(db, ref)
  if (unit === null) return
  if (typeof unit === 'string') return endRun(db, ref.project_id, ref.run_id, 'max_cost_usd', CEILINGS[unit])
  try {
    await followRun(judge, ref, run => judgeClaimed(db, judge, ref, unit, { run, signal }))
  } catch (error) {
    if (signal.aborted || isOutage(error)) throw error
    const faults = await countFault(db, ref, unit.fence)
    if (faults === null) return
    if (faults < FAULTS) throw error
    const failure = 'It could not be judged because of an internal error. The log says more.'
    await concludeUnit(db, judge, { ref, unit, said: { failure, kind: 'bug' }, calls: [] })
  }
}

const CEILINGS: { [ceiling in Ceiling]: string } = {
  over_budget: 'not judged: the run reached its max_cost_usd',
  cost_unknown:
    'not judged: max_cost_usd cannot be kept, since the backend did not say how many tokens some answers took',
}

/** A bug must not keep a run open for ever; this often its cause may be one that passes. */
const FAULTS = 5

/** How long work may go on. */
interface Leash {
  run: Following
  signal: AbortSignal
}

async function judgeClaimed(db: Db, judge: Judge, ref: UnitRef, unit: ClaimedUnit, leash: Leash): Promise<void> {
  const read = await readUnit(db, ref, unit)
  if (read === null)
    return concludeUnit(db, judge, {
      ref,
      unit,
      said: { failure: 'The session was deleted.', kind: 'deleted' },
      calls: [],
    })
  const versions = await judge.readVersions(ref.project_id, unit.pins_id)
  if (!unit.again && (await adoptPass(db, judge, ref, unit, read))) return
  const said = await askPanel(judge, ref, unit, read, versions, leash)
  // The run ended before all was asked; answers that came since then are still on its bill.
  if (said === null) return settleRun(db, ref.project_id, ref.run_id)
  const failures = said.filter(one => 'kind' in one)
  if (failures.length > 0) return failUnit(db, judge, ref, unit, said, failures)
  const verdicts = said.filter(one => 'scores' in one)
  await concludeUnit(db, judge, {
    ref,
    unit,
    said: { read, verdicts },
    calls: verdicts.flatMap(verdict => verdict.calls),
  })
}

/** Follows the run until the work is written: a failure that ends the run holds back the others until all know of it. */
async function followRun<Result>(
  judge: Judge,
  ref: UnitRef,
  work: (run: Following) => Promise<Result>,
): Promise<Result> {
  const run = judge.watch.follow(ref.run_id)
  try {
    return await work(run)
  } finally {
    run.leave()
  }
}

/** The experts' verdicts or failures, in the panel's order; null when the run ended first. */
async function askPanel(
  judge: Judge,
  ref: UnitRef,
  unit: ClaimedUnit,
  read: ReadTranscript,
  versions: VersionPair,
  { run, signal }: Leash,
): Promise<(ExpertVerdict | ExpertFailure)[] | null> {
  const { transcript } = read
  if (unit.backend === BASELINE) return answerByBaseline(versions.panel, transcript)
  if (!judge.backends.names().includes(unit.backend)) {
    return versions.panel.experts.map(({ id }) => describeMissing(id, unit.backend))
  }
  const judging = {
    project_id: ref.project_id,
    secret: unit.secret,
    versions,
    transcript,
    model: unit.judge_model,
    paid_by: ref.run_id,
    since: unit.again ? unit.run_started_at : null,
  }
  const backend = judge.backends.get(unit.backend)
  const options = { signal, unwanted: run.ended, onFatal: run.halt }
  const { said, broken } = await askExperts(judge.ledger, backend, judging, options)
  if (broken === null || said.some(one => 'kind' in one && endsRun(one))) return said
  if (run.ended.aborted && !signal.aborted) return null
  throw broken.reason
}

/** A backend that was taken out of the configuration while its run was under way; the run ends with it. */
function describeMissing(expert_id: string, backend: string): ExpertFailure {
  const message = `there is no backend "${backend}" in whetstone.yaml; see: whetstone backend list`
  return { expert_id, kind: 'configuration', message, fatal: true, stopped: false, calls: [] }
}

async function readUnit(db: Db, ref: UnitRef, unit: ClaimedUnit): Promise<ReadTranscript | null> {
  try {
    return await readTranscript(db, ref.project_id, unit.session_no)
  } catch (error) {
    if (error instanceof NotFound) return null
    throw error
  }
}

/** Another run may have judged this very content since this run looked; then its pass serves this one as well. */
async function adoptPass(
  db: Db,
  judge: Judge,
  ref: UnitRef,
  unit: ClaimedUnit,
  read: ReadTranscript,
): Promise<boolean> {
  const pass = await findPass(db, ref.project_id, unit.session_no, unit.pins_id, read.content_hash)
  if (pass === null) return false
  await transact(db, async tx => {
    await refillWindow(tx, judge.queue, ref)
    await finishUnit(tx, ref, unit.fence, { state: 'ok', ...pass }, NO_USAGE)
  })
  return true
}

async function failUnit(
  db: Db,
  judge: Judge,
  ref: UnitRef,
  unit: ClaimedUnit,
  said: (ExpertVerdict | ExpertFailure)[],
  failures: ExpertFailure[],
): Promise<void> {
  const [first] = failures
  const message = listFailures(failures)
  await concludeUnit(db, judge, {
    ref,
    unit,
    said: {
      failure: failures.every(failure => failure.kind === 'unreachable')
        ? `backend not available: ${message}`
        : message,
      kind: first?.kind ?? 'failed',
      useless: failures.flatMap(failure => failure.calls),
      end: failures.find(endsRun),
    },
    calls: said.flatMap(one => one.calls),
  })
}

/** What went wrong, each sentence once with the experts that it is about. */
function listFailures(failures: ExpertFailure[]): string {
  return Object.entries(Object.groupBy(failures, failure => failure.message))
    .map(([message, alike = []]) => `${alike.map(failure => failure.expert_id).join(', ')}: ${message}`)
    .join(' · ')
}

function endsRun(failure: ExpertFailure): boolean {
  return failure.fatal || failure.stopped
}

/** Writes what came of a unit. If the run ended meanwhile, what was paid since then still belongs on its bill. */
async function concludeUnit(db: Db, judge: Judge, conclusion: Conclusion): Promise<void> {
  const { project_id, run_id } = conclusion.ref
  if (!(await judge.conclude(conclusion))) await settleRun(db, project_id, run_id)
}
