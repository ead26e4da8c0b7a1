import sql from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { createGathering } from '#db/gathering.ts'
import { transact } from '#db/transact.ts'
import type { Watch } from '#queue/watch.ts'
import { type ClaimedBatch, checkFences } from './batches.ts'
import { endExperiment } from './control.ts'
import type { ExperimentStatus } from './experiments.ts'
import { listScoredEarly, regradeRuns } from './regrade.ts'
import { insertScores, insertStageResults, type RunConclusion, type WrittenRun, writeRuns } from './written-runs.ts'

type BatchKey = Pick<ClaimedBatch, 'project_id' | 'experiment_no' | 'experiment_id'>

/** Concludes a run; false when its batch is not the caller's any more, or it has ended, and then nothing is written. */
export type RunConcluder = (conclusion: RunConclusion) => Promise<boolean>

/**
 * Concludes runs in short transactions: the run, its stages and scores, its experiment's counts. Runs that end while one is
 * under way go together in the next, since all runs of an experiment share the row of its counts.
 */
export function createRunConcluder(db: Db, watch: Watch): RunConcluder {
  return createGathering({ lanes: 1, most: 64 }, async conclusions => {
    const { written, halted } = await transact(db, tx => concludeRuns(tx, conclusions))
    for (const id of halted) watch.halt(id)
    return written
  })
}

/**
 * Rows are locked in one order by all: batches, runs, sums of cases, experiments. What many share comes last. A batch is only
 * looked at: who lost it between that look and the write does no harm, as each run is written once.
 */
async function concludeRuns(tx: Db, conclusions: RunConclusion[]): Promise<{ written: boolean[]; halted: string[] }> {
  const mine = await checkFences(
    tx,
    conclusions.map(one => one.batch),
  )
  const news = await writeRuns(
    tx,
    conclusions.filter((_, index) => mine[index]),
  )
  await insertStageResults(tx, news)
  const projects = Map.groupBy(
    news.filter(one => !one.is_new),
    one => one.conclusion.batch.project_id,
  )
  const early: [number, number[]][] = []
  for (const [projectId, its] of projects) {
    const runNos = its.map(one => one.run_no)
    early.push([projectId, await listScoredEarly(tx, projectId, runNos)])
  }
  await insertScores(tx, news)
  for (const [projectId, runNos] of early) await regradeRuns(tx, projectId, runNos)
  await releaseAdmissions(tx, news)
  const halted: string[] = []
  for (const [key, its] of groupByExperiment(news)) {
    if ((await countRuns(tx, key, its)) !== 'running') halted.push(key.experiment_id)
  }
  const written = new Set<RunConclusion>(news.map(one => one.conclusion))
  return { written: conclusions.map(one => written.has(one)), halted }
}

async function releaseAdmissions(tx: Db, written: WrittenRun[]): Promise<void> {
  const limited = written.map(one => one.conclusion.batch).filter(batch => batch.limited && batch.kind === 'sweep')
  for (const [batch_no, its] of Map.groupBy(limited, batch => batch.batch_no)) {
    await query(
      tx,
      sql`
        update run_batches set admitted = greatest(0, admitted - ${its.length})
        where project_id = ${its[0]?.project_id} and experiment_no = ${its[0]?.experiment_no} and batch_no = ${batch_no}`,
    )
  }
}

function groupByExperiment(written: WrittenRun[]): [BatchKey, WrittenRun[]][] {
  const groups = Map.groupBy(written, one => one.conclusion.batch.experiment_no)
  return [...groups.values()]
    .flatMap(its => its.slice(0, 1).map(({ conclusion }): [BatchKey, WrittenRun[]] => [conclusion.batch, its]))
    .sort(([one], [other]) => one.experiment_no - other.experiment_no)
}

/** Adds runs that ended to their experiment's counts, and ends it if one of them says so. Returns how it stands then. */
async function countRuns(tx: Db, key: BatchKey, written: WrittenRun[]): Promise<ExperimentStatus | null> {
  const before = await addCounts(tx, key, written)
  if (before === null) return null
  const best = findBest(written)
  if (best !== null && (before.best === null || best.weighted > before.best)) {
    await query(
      tx,
      sql`update runs set new_best = true where project_id = ${key.project_id} and run_no = ${best.run_no}`,
    )
  }
  const end = written.find(({ conclusion }) => isCell(conclusion) && conclusion.end !== null)?.conclusion.end ?? null
  if (end === null || before.status !== 'running') return before.status
  await endExperiment(tx, key, end)
  return end.status
}

function addCounts(
  tx: Db,
  key: BatchKey,
  written: WrittenRun[],
): Promise<{ status: ExperimentStatus; best: number | null } | null> {
  const conclusions = written.map(one => one.conclusion)
  const calls = conclusions.flatMap(one => one.calls)
  // What was paid before a crash comes onto the bill when it is settled; two runs may share an answer.
  const paid = calls.filter(call => !call.replayed && call.paid_by === key.experiment_id)
  const count = (status: RunConclusion['status']) =>
    conclusions.filter(one => isCell(one) && one.status === status).length
  return queryOne(
    tx,
    sql`
      with before as (
        select best, status from experiments
        where project_id = ${key.project_id} and experiment_no = ${key.experiment_no} for no key update
      )
      update experiments e set
        completed = completed + ${count('completed')}, failed = failed + ${count('failed')},
        regrades = regrades + 1, runs = runs + ${written.filter(one => one.is_new).length},
        calls = calls + ${paid.length}, cached = cached + ${calls.length - paid.length},
        unpriced = unpriced + ${paid.filter(call => call.cost_usd === null).length},
        tokens_in = tokens_in + ${sumUp(paid.map(call => call.answer.tokens_in))}::bigint,
        tokens_out = tokens_out + ${sumUp(paid.map(call => call.answer.tokens_out))}::bigint,
        cost_usd = cost_usd + ${sumUp(paid.map(call => call.cost_usd))}::numeric,
        best = greatest(e.best, ${findBest(written)?.weighted ?? null}::float8)
      from before
      where e.project_id = ${key.project_id} and e.experiment_no = ${key.experiment_no}
      returning before.status, before.best`,
  )
}

function findBest(written: WrittenRun[]): { run_no: number; weighted: number } | null {
  let best: { run_no: number; weighted: number } | null = null
  for (const { run_no, conclusion } of written) {
    const { status, weighted } = conclusion
    if (status === 'completed' && weighted !== null && weighted > (best?.weighted ?? -1)) best = { run_no, weighted }
  }
  return best
}

function isCell({ batch }: RunConclusion): boolean {
  return batch.kind === 'sweep'
}

function sumUp(values: (number | null)[]): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0)
}
