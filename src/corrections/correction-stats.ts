import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { STATUSES } from './candidate.ts'

const countsSchema = z.record(z.string(), z.int())

export const correctionStatsSchema = z
  .object({
    total: z.int(),
    by_status: countsSchema,
    by_model: countsSchema.openapi({ description: 'By `model_name`; a missing one is `unknown`' }),
    by_task_type: countsSchema,
    by_source: countsSchema,
    export_ready: z.int(),
  })
  .openapi('CorrectionStats')
export type CorrectionStats = z.infer<typeof correctionStatsSchema>

interface Cell {
  status: string
  source: string
  model_name: string
  task_type: string
  n: number
  ready: number
}

/** How many candidates there are of each kind, from the counters alone. */
export async function computeCorrectionStats(db: Db, projectId: number): Promise<CorrectionStats> {
  const cells = await query<Cell>(
    db,
    sql`
      select status, source, model_name, task_type, n, ready from candidate_cells
      where project_id = ${projectId} and n > 0 order by status, source, model_name, task_type`,
  )
  return {
    total: cells.reduce((total, cell) => total + cell.n, 0),
    by_status: { ...Object.fromEntries(STATUSES.map(status => [status, 0])), ...sumBy(cells, cell => cell.status) },
    by_model: sumBy(cells, cell => cell.model_name),
    by_task_type: sumBy(cells, cell => cell.task_type),
    by_source: sumBy(cells, cell => cell.source),
    export_ready: cells.reduce((total, cell) => total + cell.ready, 0),
  }
}

function sumBy(cells: Cell[], name: (cell: Cell) => string): { [name: string]: number } {
  const sums = new Map<string, number>()
  for (const cell of cells) sums.set(name(cell) || 'unknown', (sums.get(name(cell) || 'unknown') ?? 0) + cell.n)
  return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)))
}
