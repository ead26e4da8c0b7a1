import sql from 'sql-template-tag'
import { type Db, query, queryRow } from '#db/connect.ts'
import { liftDeadline, transact } from '#db/transact.ts'
import { Conflict, Invalid } from '#errors.ts'
import type { Backends } from '#models/backend.ts'
import type { Queue } from '#queue/queue.ts'
import { checkModels } from './backend-check.ts'
import { fillLane, hasOpenBatch, listWaitingLanes, planPace } from './batches.ts'
import type { ExperimentInput } from './definition.ts'
import { computeExpected, type Expected, findExcess } from './expected.ts'
import { type Experiment, type ExperimentKey, findExperiment, getExperiment, insertDraft } from './experiments.ts'
import { insertBatches, insertVariants, listLanes } from './plan.ts'
import { boundHeldBack, pinCases, prepareQuestion, type Question, readQuestionCases } from './question.ts'
import { planFirstRound } from './rounds.ts'

/**
 * Starts a draft: checks it again, since datasets, prompts and backends may have changed, compares what it is expected to
 * take with its ceilings, pins its cases and prompts, plans its cells and wakes the workers. Nothing has been paid when
 * it is refused.
 *
 * @throws Conflict when it was started already, or a backend does not answer; Invalid at the field's path.
 */
export async function startExperiment(
  db: Db,
  queue: Queue,
  backends: Backends,
  projectId: number,
  experimentId: string,
): Promise<Experiment> {
  const { status, definition } = await findExperiment(db, projectId, experimentId)
  requireDraft(status)
  const question = await prepareQuestion(db, backends, projectId, definition)
  const expected = await requireStartable(db, backends, projectId, question)
  await transact(db, async inner => {
    const tx = await liftDeadline(inner)
    const experiment = await findExperiment(tx, projectId, experimentId, true)
    requireDraft(experiment.status)
    await planSweep(tx, experiment, question, expected)
    await fillLanes(tx, queue, backends, experiment)
  })
  queue.wake()
  return getExperiment(db, projectId, experimentId)
}

/**
 * Describes an experiment and starts it, all or nothing: where its start is refused there is no draft either, and no dataset of
 * the cases that stand in it.
 *
 * @throws as `startExperiment`.
 */
export async function createStarted(
  db: Db,
  queue: Queue,
  backends: Backends,
  { project_id, user_id }: { project_id: number; user_id: number },
  input: ExperimentInput,
): Promise<Experiment> {
  const asked = await prepareQuestion(db, backends, project_id, input)
  const expected = await requireStartable(db, backends, project_id, asked)
  const experimentId = await transact(db, async inner => {
    const tx = await liftDeadline(inner)
    const experiment = await insertDraft(tx, project_id, user_id, input, asked)
    const question = await pinCases(tx, project_id, asked, experiment.definition.dataset)
    await planSweep(tx, experiment, question, expected)
    await fillLanes(tx, queue, backends, experiment)
    return experiment.experiment_id
  })
  queue.wake()
  return getExperiment(db, project_id, experimentId)
}

/** Holds a running experiment: nothing new is sent; what was sent is waited for and kept. @throws Conflict */
export async function pauseExperiment(db: Db, projectId: number, experimentId: string): Promise<Experiment> {
  await changeStatus(db, projectId, experimentId, ['running', 'paused'], 'paused')
  return getExperiment(db, projectId, experimentId)
}

/** Lets a paused experiment go on. @throws Conflict */
export async function resumeExperiment(
  db: Db,
  queue: Queue,
  backends: Backends,
  projectId: number,
  experimentId: string,
): Promise<Experiment> {
  await transact(db, async tx => {
    const key = await changeStatus(tx, projectId, experimentId, ['running', 'paused'], 'running')
    await fillLanes(tx, queue, backends, key)
  })
  queue.wake()
  return getExperiment(db, projectId, experimentId)
}

/** Ends an experiment before its time; what was done is kept. @throws Conflict when it has not started or is over. */
export async function stopExperiment(db: Db, projectId: number, experimentId: string): Promise<Experiment> {
  await transact(db, async tx => {
    const key = await findExperiment(tx, projectId, experimentId, true)
    if (key.status === 'stopped') return
    if (key.status !== 'running' && key.status !== 'paused') throw refuseChange(key.status)
    await endExperiment(tx, key, { status: 'stopped', because: 'stopped', error: null })
  })
  return getExperiment(db, projectId, experimentId)
}

/** How an experiment ends before its time. */
export interface ExperimentEnd {
  status: 'stopped' | 'failed'
  because: string
  error: string | null
}

/**
 * Ends an experiment whose row the caller holds. Batches that nobody has in hand are over at once; the others are closed
 * by their workers, or by the sweep where those were lost. Cells that did not come to an end leave no run.
 */
export async function endExperiment(tx: Db, key: ExperimentKey, end: ExperimentEnd): Promise<void> {
  await query(
    tx,
    sql`
      update experiments set status = ${end.status}, ended_because = ${end.because}, error = ${end.error},
        finished_at = clock_timestamp()
      where project_id = ${key.project_id} and experiment_no = ${key.experiment_no} and status in ('running', 'paused')`,
  )
  await query(
    tx,
    sql`
      update run_batches set state = 'done', queued = false
      where project_id = ${key.project_id} and experiment_no = ${key.experiment_no} and kind = 'sweep' and state = 'pending'`,
  )
  await dropUnfinished(tx, key, null)
}

/**
 * Takes away the runs of a sweep that did not come to an end: those of the given cells, or of all batches that are done.
 */
export async function dropUnfinished(tx: Db, key: ExperimentKey, runNos: readonly number[] | null): Promise<void> {
  const which =
    runNos === null
      ? sql`status = 'pending'`
      : sql`run_no = any(${runNos}::bigint[]) and status in ('pending', 'running')`
  await query(
    tx,
    sql`
      with gone as (
        delete from runs
        where project_id = ${key.project_id} and experiment_no = ${key.experiment_no} and variant_no is not null and ${which}
        returning 1
      )
      update experiments set runs = runs - (select count(*) from gone)
      where project_id = ${key.project_id} and experiment_no = ${key.experiment_no} and exists (select from gone)`,
  )
}

/**
 * Sets the bill of an experiment to what the ledger says, which holds also what was paid just before a crash. Only while no
 * batch is open: each run adds its own answers as it ends, and would add again those that the ledger has already.
 */
export async function settleExperiment(tx: Db, key: ExperimentKey): Promise<void> {
  await query(
    tx,
    sql`
      select from experiments where project_id = ${key.project_id} and experiment_no = ${key.experiment_no} for no key update`,
  )
  if (await hasOpenBatch(tx, key)) return
  await query(
    tx,
    sql`
      update experiments e set settled_at = clock_timestamp(), (calls, unpriced, tokens_in, tokens_out, cost_usd) = (
        select count(*), count(*) filter (where cost_usd is null), coalesce(sum(tokens_in), 0),
          coalesce(sum(tokens_out), 0), coalesce(sum(cost_usd), 0)
        from ledger l where l.project_id = e.project_id and l.paid_by = e.experiment_id
      )
      where project_id = ${key.project_id} and experiment_no = ${key.experiment_no}`,
  )
}

/** Gives jobs to the next batches of all lanes of an experiment whose row the caller holds. */
export async function fillLanes(tx: Db, queue: Queue, backends: Backends, key: ExperimentKey): Promise<void> {
  const { concurrency, lanes } = await queryRow<{ concurrency: number | null; lanes: number }>(
    tx,
    sql`select concurrency, lanes from experiments where project_id = ${key.project_id} and experiment_no = ${key.experiment_no}`,
  )
  for (const lane of await listWaitingLanes(tx, key)) {
    await fillLane(tx, queue, key, lane, planPace(backends, { lane, concurrency, lanes }))
  }
}

/** What it is expected to take, if nothing speaks against starting it. @throws Conflict, Invalid */
async function requireStartable(db: Db, backends: Backends, projectId: number, question: Question): Promise<Expected> {
  if (question.variants.length === 0)
    throw new Invalid('There is nothing to run: a pipeline is needed.', ['body', 'pipeline'], 'missing')
  if (question.dataset === null)
    throw new Invalid('There is nothing to run it on: a dataset is needed.', ['body', 'dataset'], 'missing')
  const absent = await findAbsent(backends, question)
  if (absent !== null) throw new Conflict(`backend not available: ${absent}`)
  const expected = await computeExpected(db, backends, projectId, question)
  const excess = findExcess(question.sweep, expected)
  if (excess !== null) throw excess
  return expected
}

async function planSweep(tx: Db, key: ExperimentKey, question: Question, expected: Expected): Promise<void> {
  const each = 1 / Math.max(1, expected.cells)
  const { dataset, sweep, variants } = question
  if (dataset?.ref == null) return
  await insertVariants(tx, key, variants, question.baseline)
  const numbered = variants.map(({ stages }, index) => ({ variant_no: index + 1, stages }))
  const lanes = listLanes(numbered, sweep.concurrency ?? null)
  await query(
    tx,
    sql`
      update experiments set status = 'running', started_at = clock_timestamp(), dataset_no = ${dataset.ref.dataset_no},
        version_no = ${dataset.ref.version_no}, test_below = ${boundHeldBack(dataset.source)},
        lanes = ${lanes.length}, cell_usd = ${(expected.cost_usd ?? 0) * each},
        cell_tokens = ${(expected.tokens_in + expected.tokens_out) * each}
      where project_id = ${key.project_id} and experiment_no = ${key.experiment_no}`,
  )
  if (sweep.method === 'guided') return planFirstRound(tx, key, question, lanes)
  let cells = 0
  for await (const page of readQuestionCases(tx, key.project_id, dataset)) {
    const caseNos = page.map(one => one.case_no)
    cells += await insertBatches(tx, key, 0, lanes, caseNos, sweep.repeats)
  }
  await query(
    tx,
    sql`update experiments set cells = ${cells} where project_id = ${key.project_id} and experiment_no = ${key.experiment_no}`,
  )
}

async function findAbsent(backends: Backends, question: Question): Promise<string | null> {
  const stages = question.variants.flatMap(variant => variant.stages)
  const names = [...new Set([...stages, ...question.judges].map(asked => asked.backend))]
  const asked = names.map(backend => ({ backend, model: '', params: {}, loc: { backend: [], model: [], params: {} } }))
  const [first] = await checkModels(backends, asked)
  return first ?? null
}

async function changeStatus(
  db: Db,
  projectId: number,
  experimentId: string,
  from: string[],
  to: 'running' | 'paused',
): Promise<ExperimentKey> {
  return transact(db, async tx => {
    const key = await findExperiment(tx, projectId, experimentId, true)
    if (!from.includes(key.status)) throw refuseChange(key.status)
    await query(
      tx,
      sql`
        update experiments set status = ${to}
        where project_id = ${key.project_id} and experiment_no = ${key.experiment_no}`,
    )
    return key
  })
}

function requireDraft(status: string): void {
  if (status === 'draft') return
  throw new Conflict(`This experiment is ${status}: create it again to run it again, known answers are not paid twice.`)
}

function refuseChange(status: string): Conflict {
  return new Conflict(
    status === 'draft' ? 'This experiment has not been started yet.' : `This experiment is over: it is ${status}.`,
  )
}
