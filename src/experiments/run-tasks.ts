import { z } from 'zod'
import { declareTask } from '#queue/task.ts'

/** Works on a batch of runs. */
export const workBatchTask = declareTask(
  'work_batch',
  z.object({ project_id: z.int(), experiment_no: z.int(), batch_no: z.int() }),
)

export type BatchRef = z.infer<typeof workBatchTask.payload>
