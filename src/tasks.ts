import type { App } from '#http/context.ts'
import { judgeUnitTask, prepareRunTask } from '#judging/run-tasks.ts'
import { createJudgingDuties, sweepJudging } from '#judging/tasks.ts'
import { startWorker, type Worker } from '#queue/worker.ts'

/** Every room's tasks, by name. */
export const TASKS = [prepareRunTask.name, judgeUnitTask.name]

/** Starts a worker that does every room's background work. */
export function startTasks(app: App): Worker {
  return startWorker(app.queue, createJudgingDuties(app), () => sweepJudging(app), app.log)
}
