import type { App } from '#http/context.ts'
import { type Duty, declareDuty } from '#queue/worker.ts'
import { createAdmission } from './budget.ts'
import { createRunConcluder } from './conclude.ts'
import { concludeExperiments } from './conclusions.ts'
import { workBatch } from './execute.ts'
import { sweepRunBatches } from './finish.ts'
import { createLaneSlots } from './lane-slots.ts'
import { createExperimentMemory } from './memory.ts'
import { workBatchTask } from './run-tasks.ts'
import { watchExperiments } from './run-watch.ts'
import { sweepScoreBatches } from './score-batches.ts'

/** Batches in hand at the same time, over all experiments; what is in flight is limited by each backend, not here. */
const SLOTS = 128

/** What a worker does for this room. */
export function createExperimentDuties({ db, queue, backends, ledger, log }: App): Duty[] {
  const watch = watchExperiments(db)
  const work = {
    ...{ queue, backends, ledger, watch, log },
    conclude: createRunConcluder(db, watch),
    admit: createAdmission(db),
    memory: createExperimentMemory(),
    slots: createLaneSlots(),
  }
  return [declareDuty(workBatchTask, SLOTS, (ref, signal) => workBatch(db, work, ref, signal))]
}

/** Finds this room's work that lost its job. */
export async function sweepExperiments({ db, queue, backends }: App): Promise<void> {
  await sweepRunBatches(db, queue, backends)
  await sweepScoreBatches(db, queue)
  await concludeExperiments(db)
}
