import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { findDatasetsOfCase } from '#datasets/cases.ts'
import { type Db, query, queryOne } from '#db/connect.ts'
import { NotFound } from '#errors.ts'
import { EXPORT_FORMATS } from './export-formats.ts'
import { selectExportsWith } from './export-records.ts'
import { nameGoldenCase } from './golden.ts'

export const candidateUsesSchema = z
  .object({
    datasets: z.array(z.string()).openapi({ description: 'Whose newest version has a case of it' }),
    exports: z
      .array(z.object({ export_id: z.string(), format: z.enum(EXPORT_FORMATS), file_name: z.string() }))
      .openapi({ description: 'Files that have its line' }),
  })
  .openapi('CandidateUses')
export type CandidateUses = z.infer<typeof candidateUsesSchema>

/** What was made of a correction, and so what an undo takes back. @throws NotFound */
export async function findCandidateUses(db: Db, projectId: number, id: string): Promise<CandidateUses> {
  const known = await queryOne<{ candidate_no: number }>(
    db,
    sql`select candidate_no from candidates where project_id = ${projectId} and id = ${id}`,
  )
  if (known === null) throw new NotFound(`There is no candidate "${id}".`)
  const [datasets, exports] = await Promise.all([
    findDatasetsOfCase(db, projectId, nameGoldenCase(id)),
    query<CandidateUses['exports'][number]>(
      db,
      sql`
        select export_id, format, file_name from (${selectExportsWith(projectId, known.candidate_no)}) having_it
        where file_name <> '' order by export_no desc`,
    ),
  ])
  return { datasets, exports }
}
