import { sweepCorrections } from '#corrections/tasks.ts'
import { workBatchTask } from '#experiments/run-tasks.ts'
import { createExperimentDuties, sweepExperiments } from '#experiments/tasks.ts'
import { deliverWebhookTask } from '#experiments/webhook-delivery.ts'
import { createWebhookDuties, sweepWebhooks } from '#experiments/webhook-tasks.ts'
import type { App } from '#http/context.ts'
import { judgeUnitTask, prepareRunTask } from '#judging/run-tasks.ts'
import { createJudgingDuties, sweepJudging } from '#judging/tasks.ts'
import { startWorker, type Worker } from '#queue/worker.ts'

/** Every room's tasks, by name. */
export const TASKS = [prepareRunTask.name, judgeUnitTask.name, workBatchTask.name, deliverWebhookTask.name]

/** Starts a worker that does every room's background work. */
export function startTasks(app: App): Worker {
  return startWorker(
    app.queue,
    [...createJudgingDuties(app), ...createExperimentDuties(app), ...createWebhookDuties(app)],
    () => sweepRooms(app),
    app.log,
  )
}

/** Each room's sweep, whatever became of the others'. */
async function sweepRooms(app: App): Promise<void> {
  const sweeps = [sweepJudging(app), sweepExperiments(app), sweepWebhooks(app), sweepCorrections(app)]
  const results = await Promise.allSettled(sweeps)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
