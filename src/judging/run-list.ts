import { z } from '@hono/zod-openapi'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { type BoundedCount, type ListPlace, pageEdgesSchema } from '#http/list-place.ts'
import { countNumbers, listNumbers, matchAnywhere } from '#http/numbered-list.ts'
import { flagSchema } from '#http/schemas.ts'
import { describeRuns, type RunStatus, runStatusSchema } from './runs.ts'

/** What a list of evaluation runs can be narrowed by, as parameters of a request. */
export const runChoiceSchema = z.object({
  state: z.enum(['running', 'done', 'failed']).optional(),
  failures: flagSchema.optional().openapi({ description: 'With true: runs of which a session failed, in any state' }),
  search: z
    .string()
    .trim()
    .max(200)
    .optional()
    .openapi({ description: "Part of the judge's model or backend, of a session that was named, or of the run's id" }),
})
export type RunChoice = z.output<typeof runChoiceSchema>

export const evaluationRunPageSchema = pageEdgesSchema
  .extend({ items: z.array(runStatusSchema) })
  .openapi('EvaluationRunPage')

const RUNS = { table: sql`eval_runs`, number: sql`run_no`, time: sql`started_at` }

/** A page of evaluation runs in both directions, newest first, their sessions left out. */
export async function listRunPage(
  db: Db,
  projectId: number,
  filter: RunChoice,
  place: ListPlace,
): Promise<z.infer<typeof evaluationRunPageSchema>> {
  const { items: numbers, ...edges } = await listNumbers(db, projectId, RUNS, narrowRuns(filter), place)
  const chosen = sql`r.project_id = ${projectId} and r.run_no = any(${numbers}::bigint[])`
  const items =
    numbers.length === 0 ? [] : await query<RunStatus>(db, sql`${describeRuns('none', chosen)} order by r.run_no desc`)
  return { items, ...edges }
}

/** How many runs the filter leaves: exact up to 10,000. */
export function countRuns(db: Db, projectId: number, filter: RunChoice): Promise<BoundedCount> {
  return countNumbers(db, projectId, RUNS, narrowRuns(filter))
}

function narrowRuns({ state, failures, search }: RunChoice): Sql {
  // In the words of the index of the runs that are under way.
  const states = {
    running: sql`and state = 'running'`,
    done: sql`and state = 'done'`,
    failed: sql`and state = 'failed'`,
  }
  return join(
    [
      state === undefined ? empty : states[state],
      failures === undefined ? empty : failures ? sql`and failed > 0` : sql`and failed = 0`,
      search === undefined || search === '' ? empty : searchRuns(matchAnywhere(search)),
    ],
    ' ',
  )
}

function searchRuns(pattern: string): Sql {
  return sql`
    and (
      judge_model ilike ${pattern} or backend ilike ${pattern} or run_id::text ilike ${pattern}
      or scope ->> 'session_id' ilike ${pattern} or scope ->> 'session_ids' ilike ${pattern}
    )`
}
