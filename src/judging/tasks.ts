import type { App } from '#http/context.ts'
import { type Duty, declareDuty } from '#queue/worker.ts'
import { createConcluder } from './conclude.ts'
import { judgeUnit } from './judge.ts'
import { prepareRun } from './prepare.ts'
import { judgeUnitTask, prepareRunTask } from './run-tasks.ts'
import { watchRuns } from './run-watch.ts'
import { sweepRuns } from './units.ts'
import { createVersionReader } from './versions.ts'

/** What a worker does for this room. */
export function createJudgingDuties(app: App): Duty[] {
  const { db, queue, backends, ledger } = app
  const watch = watchRuns(db)
  const judge = {
    queue,
    backends,
    ledger,
    readVersions: createVersionReader(db),
    watch,
    conclude: createConcluder(db, queue, watch),
  }
  return [
    declareDuty(prepareRunTask, 2, ref => prepareRun(db, queue, backends, ref)),
    declareDuty(judgeUnitTask, countSlots(app), (ref, signal) => judgeUnit(db, judge, ref, signal)),
  ]
}

/** Finds this room's work that lost its job. */
export function sweepJudging(app: App): Promise<void> {
  return sweepRuns(app.db, app.queue)
}

/**
 * Sessions in hand at the same time: enough to keep the backend with the most calls in flight busy even by a panel of one
 * expert. What is in flight is limited by each backend, not here.
 */
function countSlots({ backends }: App): number {
  const caps = backends.names().map(name => backends.get(name).config.concurrency)
  return Math.min(256, Math.max(16, ...caps))
}
