import sql from 'sql-template-tag'
import { type Db, queryOne } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { NotFound } from '#errors.ts'
import type { Backends } from '#models/backend.ts'
import { type Ledger, type LedgerAnswer, markUseless } from '#models/ledger.ts'
import type { Queue } from '#queue/queue.ts'
import { type ReadTranscript, readTranscript } from '#sessions/read-transcript.ts'
import { judgeByBaseline } from './baseline.ts'
import { askExpert, type ExpertFailure, type ExpertVerdict, nameCalls } from './expert.ts'
import { countPass, findPass, type NewEvaluation, sumKnown, writePass } from './passes.ts'
import type { UnitRef } from './run-tasks.ts'
import { BASELINE, endRun, settleRun } from './runs.ts'
import {
  type ClaimedUnit,
  claimUnit,
  finishUnit,
  holdUnit,
  refillWindow,
  type UnitOutcome,
  type Usage,
} from './units.ts'
import type { VersionPair, VersionReader } from './versions.ts'

/** What judging needs beside the database. */
export interface Judge {
  queue: Queue
  backends: Backends
  ledger: Ledger
  readVersions: VersionReader
}

/**
 * Judges one session of a run: reads it, asks every expert of the panel at once (outside of any transaction), and writes
 * the pass in one short transaction, or the reason why there is none. Interrupted anywhere, it is done again and pays only
 * for what was in flight: finished answers are in the ledger.
 */
export async function judgeUnit(db: Db, judge: Judge, ref: UnitRef, signal: AbortSignal): Promise<void> {
  const unit = await claimUnit(db, ref)
  if (unit === null) return
  if (unit === 'over_budget')
    return endRun(db, ref.project_id, ref.run_id, 'max_cost_usd', 'not judged: the run reached its max_cost_usd')
  const read = await readUnit(db, ref, unit)
  if (read === null)
    return concludeUnit(db, judge, ref, unit, { failure: 'The session was deleted.', kind: 'deleted', calls: [] })
  const versions = await judge.readVersions(ref.project_id, unit.pins_id)
  if (!unit.again && (await adoptPass(db, judge, ref, unit, read))) return
  const said = await askPanel(judge, ref, unit, read, versions, signal)
  const failures = said.filter(one => 'kind' in one)
  if (failures.length > 0) return failUnit(db, judge, ref, unit, said, failures)
  const verdicts = said.filter(one => 'scores' in one)
  await concludeUnit(db, judge, ref, unit, { read, verdicts, calls: verdicts.flatMap(verdict => verdict.calls) })
}

/** The experts' verdicts or failures, in the panel's order. */
async function askPanel(
  judge: Judge,
  ref: UnitRef,
  unit: ClaimedUnit,
  read: ReadTranscript,
  versions: VersionPair,
  signal: AbortSignal,
): Promise<(ExpertVerdict | ExpertFailure)[]> {
  const { transcript } = read
  if (unit.backend === BASELINE) {
    const verdict = judgeByBaseline(transcript)
    return versions.panel.experts.map(({ id }) => ({ expert_id: id, ...verdict, cut: null, calls: [] }))
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
  return Promise.all(versions.panel.experts.map(expert => askExpert(judge.ledger, backend, judging, expert, signal)))
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
  const message = failures.map(failure => `${failure.expert_id}: ${failure.message}`).join(' · ')
  const calls = said.flatMap(one => one.calls)
  await concludeUnit(db, judge, ref, unit, {
    failure: message,
    kind: first?.kind ?? 'failed',
    calls,
    useless: failures.flatMap(failure => failure.calls),
  })
  const end = failures.find(failure => failure.fatal || failure.stopped)
  if (end === undefined) return
  const because = end.stopped ? 'breaker' : 'configuration'
  const prefix = end.kind === 'unreachable' ? 'backend not available: ' : 'not judged: '
  await endRun(db, ref.project_id, ref.run_id, because, `${prefix}${end.message}`)
}

type Conclusion =
  | { read: ReadTranscript; verdicts: ExpertVerdict[]; calls: LedgerAnswer[] }
  | { failure: string; kind: string; calls: LedgerAnswer[]; useless?: LedgerAnswer[] }

/** How the unit ended, and the pass that is new. */
interface Written {
  outcome: UnitOutcome
  written: number | null
}

/** The one short transaction at the end: the pass, the unit, the run's counts and the next unit's job. */
async function concludeUnit(
  db: Db,
  judge: Judge,
  ref: UnitRef,
  unit: ClaimedUnit,
  conclusion: Conclusion,
): Promise<void> {
  const finished = await transact(db, async tx => {
    if (!(await holdUnit(tx, ref, unit.fence))) return false
    const { outcome, written } = await writeConclusion(tx, ref, unit, conclusion)
    if ('useless' in conclusion) await markUseless(tx, ref.project_id, conclusion.useless ?? [])
    await refillWindow(tx, judge.queue, ref)
    // From here on the run's other sessions wait for this transaction, so these two are its last.
    if (written !== null) await countPass(tx, ref.project_id, written)
    return finishUnit(tx, ref, unit.fence, outcome, sumUsage(conclusion.calls, ref.run_id))
  })
  // The run ended meanwhile: what was paid since then still belongs on its bill.
  if (!finished) await settleRun(db, ref.project_id, ref.run_id)
}

async function writeConclusion(tx: Db, ref: UnitRef, unit: ClaimedUnit, conclusion: Conclusion): Promise<Written> {
  if ('failure' in conclusion) return notJudged(conclusion.failure, conclusion.kind)
  const { read, verdicts } = conclusion
  const session = await queryOne(
    tx,
    sql`
      select from sessions where project_id = ${ref.project_id} and session_no = ${unit.session_no} for no key update`,
  )
  if (session === null) return notJudged('The session was deleted.', 'deleted')
  const other = unit.again ? null : await findPass(tx, ref.project_id, unit.session_no, unit.pins_id, read.content_hash)
  if (other !== null) return { outcome: { state: 'ok', ...other }, written: null }
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
  return { outcome: { state: 'ok', ...pass }, written: pass.pass_no }
}

function notJudged(error: string, error_kind: string): Written {
  return { outcome: { state: 'failed', error, error_kind }, written: null }
}

function toEvaluation({ expert_id, scores, comment, calls }: ExpertVerdict): NewEvaluation {
  return {
    expert_id,
    scores,
    comment,
    calls: nameCalls(calls),
    response_model: calls.at(-1)?.answer.response_model ?? null,
    tokens_in: sumKnown(calls.map(call => call.answer.tokens_in)),
    tokens_out: sumKnown(calls.map(call => call.answer.tokens_out)),
    cost_usd: sumKnown(calls.map(call => call.cost_usd)),
    duration_ms: sumKnown(calls.map(call => call.duration_ms)),
  }
}

const NO_USAGE: Usage = { calls: 0, unpriced: 0, tokens_in: 0, tokens_out: 0, cost_usd: 0 }

/** Counts what is on this run's bill, also answers that it paid for before a crash and that were replayed now. */
function sumUsage(calls: LedgerAnswer[], runId: string): Usage {
  const paid = calls.filter(call => call.paid_by === runId)
  return {
    calls: paid.length,
    unpriced: paid.filter(call => call.cost_usd === null).length,
    tokens_in: paid.reduce((total, call) => total + (call.answer.tokens_in ?? 0), 0),
    tokens_out: paid.reduce((total, call) => total + (call.answer.tokens_out ?? 0), 0),
    cost_usd: paid.reduce((total, call) => total + (call.cost_usd ?? 0), 0),
  }
}
