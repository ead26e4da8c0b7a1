import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import type { BriefChoice } from './candidate-page.ts'
import { countCandidates } from './candidates.ts'

const nameSchema = z.object({ name: z.string().openapi({ description: '"" where it is missing' }), n: z.int() })

export const candidateKindsSchema = z
  .object({
    sources: z.array(nameSchema),
    model_names: z.array(nameSchema),
    task_types: z.array(nameSchema),
    reviewers: z.array(z.string()).openapi({ description: 'Who may be given a candidate, as far as it is known' }),
  })
  .openapi('CandidateKinds')
export type CandidateKinds = z.infer<typeof candidateKindsSchema>

interface KindCell {
  source: string
  model_name: string
  task_type: string
  n: number
}

/** What a list can be narrowed by, with how many there are of each, and who reviews. From counters alone. */
export async function listCandidateKinds(
  db: Db,
  projectId: number,
  list: BriefChoice['list'],
): Promise<CandidateKinds> {
  const waiting = list === 'waiting'
  const [cells, reviewers] = await Promise.all([
    query<KindCell>(
      db,
      sql`
        select source, model_name, task_type, sum(n)::bigint as n from candidate_cells
        where project_id = ${projectId} and n > 0 and (status = 'needs_review') = ${waiting}
        group by source, model_name, task_type`,
    ),
    query<{ name: string }>(
      db,
      sql`
        select u.name from users u where u.user_id in (
          select user_id from api_keys where project_id = ${projectId} and role <> 'ingest' and revoked_at is null
          union select user_id from review_days where project_id = ${projectId}
        ) order by u.name`,
    ),
  ])
  return {
    sources: sumKinds(cells, cell => cell.source),
    model_names: sumKinds(cells, cell => cell.model_name),
    task_types: sumKinds(cells, cell => cell.task_type),
    reviewers: reviewers.map(one => one.name),
  }
}

/** How many candidates a list holds: from the counters, unless it is narrowed by category or quality. */
export async function countBriefCandidates(
  db: Db,
  projectId: number,
  { list, filter }: BriefChoice,
): Promise<{ total: number }> {
  if (list === 'waiting') return { total: await countCandidates(db, projectId, { ...filter, status: 'needs_review' }) }
  const states = filter.status === undefined ? (['approved', 'discarded', 'model_rejected'] as const) : [filter.status]
  const totals = await Promise.all(states.map(status => countCandidates(db, projectId, { ...filter, status })))
  return { total: totals.reduce((sum, n) => sum + n, 0) }
}

function sumKinds(cells: KindCell[], name: (cell: KindCell) => string): CandidateKinds['sources'] {
  const sums = new Map<string, number>()
  for (const cell of cells) sums.set(name(cell), (sums.get(name(cell)) ?? 0) + cell.n)
  return [...sums].map(([own, n]) => ({ name: own, n })).sort((a, b) => (a.name < b.name ? -1 : 1))
}
