import type { App } from '#http/context.ts'
import { type Duty, declareDuty } from '#queue/worker.ts'
import { judgeUnit } from './judge.ts'
import { prepareRun } from './prepare.ts'
import { judgeUnitTask, prepareRunTask } from './run-tasks.ts'
import { sweepRuns } from './units.ts'

/** What a worker does for this room. */
export function createJudgingDuties(app: App): Duty[] {
  const { db, queue, backends, ledger } = app
  return [
    declareDuty(prepareRunTask, 2, ref => prepareRun(db, queue, backends, ref)),
    // A unit asks several experts at once; what is in flight is limited by each backend, not by these slots.
    declareDuty(judgeUnitTask, 64, (ref, signal) => judgeUnit(db, { queue, backends, ledger }, ref, signal)),
  ]
}

/** Finds this room's work that lost its job. */
export function sweepJudging(app: App): Promise<void> {
  return sweepRuns(app.db, app.queue)
}
