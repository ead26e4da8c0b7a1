import { z } from '@hono/zod-openapi'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { type BoundedCount, type ListPlace, pageEdgesSchema } from '#http/list-place.ts'
import { countNumbers, listNumbers, matchAnywhere } from '#http/numbered-list.ts'
import {
  experimentSchema,
  experimentStatusSchema,
  type SelectedExperiment,
  selectExperiments,
  shapeExperiment,
} from './experiments.ts'

/** What a list of experiments can be narrowed by, as parameters of a request. */
export const experimentFilterSchema = z.object({
  status: experimentStatusSchema.optional(),
  search: z.string().trim().max(200).optional().openapi({ description: 'Part of a name or an id' }),
})
export type ExperimentFilter = z.output<typeof experimentFilterSchema>

export const experimentPageSchema = pageEdgesSchema
  .extend({ items: z.array(experimentSchema) })
  .openapi('ExperimentPage')

const EXPERIMENTS = { table: sql`experiments`, number: sql`experiment_no`, time: sql`created_at` }

/** A page of experiments in both directions, those that were made last first. */
export async function listExperimentPage(
  db: Db,
  projectId: number,
  filter: ExperimentFilter,
  place: ListPlace,
): Promise<z.infer<typeof experimentPageSchema>> {
  const { items: numbers, ...edges } = await listNumbers(db, projectId, EXPERIMENTS, narrowExperiments(filter), place)
  const chosen = sql`e.project_id = ${projectId} and e.experiment_no = any(${numbers}::bigint[])`
  const items =
    numbers.length === 0
      ? []
      : await query<SelectedExperiment>(db, sql`${selectExperiments(chosen)} order by e.experiment_no desc`)
  return { items: items.map(shapeExperiment), ...edges }
}

/** How many experiments the filter leaves: exact up to 10,000. */
export function countExperiments(db: Db, projectId: number, filter: ExperimentFilter): Promise<BoundedCount> {
  return countNumbers(db, projectId, EXPERIMENTS, narrowExperiments(filter))
}

function narrowExperiments({ status, search }: ExperimentFilter): Sql {
  const pattern = matchAnywhere(search ?? '')
  return join(
    [
      status === undefined ? empty : sql`and status = ${status}`,
      search === undefined || search === ''
        ? empty
        : sql`and (name ilike ${pattern} or experiment_id::text ilike ${pattern})`,
    ],
    ' ',
  )
}
