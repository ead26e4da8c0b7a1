import { z } from 'zod'
import { declareTask } from '#queue/task.ts'

/** Looks up a run's sessions and starts it. */
export const prepareRunTask = declareTask('prepare_run', z.object({ project_id: z.int(), run_id: z.string() }))

/** Judges one session of a run. */
export const judgeUnitTask = declareTask(
  'judge_unit',
  z.object({ project_id: z.int(), run_id: z.string(), unit_no: z.int() }),
)

export type RunRef = z.infer<typeof prepareRunTask.payload>
export type UnitRef = z.infer<typeof judgeUnitTask.payload>
