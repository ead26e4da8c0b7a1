import { z } from '@hono/zod-openapi'
import sql, { empty, type Sql } from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { type Case, caseSchema } from './case.ts'
import { type DatasetVersion, IN_FORCE } from './datasets.ts'

/** A case with its number, by which the cases of a version are read on. */
export interface CaseRow extends Case {
  case_no: number
}

export const casePageSchema = z
  .object({
    version: z.string(),
    cases: z.array(caseSchema),
    next: z.int().nullable().openapi({ description: 'As `after` it brings the next page; null on the last' }),
  })
  .openapi('CasePage')

/** Which cases of a version. Of a split, those of `test` have a split below `test_share` of 10,000. */
export interface CaseFilter {
  split?: 'train' | 'test' | undefined
  test_share?: number | undefined
}

/** Which of them: those after a case, this many at most. */
export interface CaseWindow extends CaseFilter {
  after_case_no?: number | undefined
  limit: number
}

/** The cases of a version by their number, which is the order in which they came in. */
export function readCases(db: Db, projectId: number, ref: DatasetVersion, window: CaseWindow): Promise<CaseRow[]> {
  return query<CaseRow>(
    db,
    sql`
      select c.case_no, ${CASE_FIELDS} from cases c
      where ${inVersion(projectId, ref)} and c.case_no > ${window.after_case_no ?? 0} ${ofSplit(window)}
      order by c.case_no limit ${window.limit}`,
  )
}

/** A page of a version's cases. */
export async function listCases(
  db: Db,
  projectId: number,
  ref: DatasetVersion,
  window: CaseWindow,
): Promise<z.infer<typeof casePageSchema>> {
  const rows = await readCases(db, projectId, ref, { ...window, limit: window.limit + 1 })
  const shown = rows.slice(0, window.limit)
  const next = rows.length > window.limit ? (shown.at(-1)?.case_no ?? null) : null
  return { version: ref.version, cases: shown.map(({ case_no, ...one }) => one), next }
}

/**
 * Counts a version's cases, those of them that a test split of this share takes, and how many clusters they are of. It
 * reads them all: 170 ms for 100,000 on a busy machine (`node bench/datasets.ts`).
 */
export function countCases(
  db: Db,
  projectId: number,
  ref: DatasetVersion,
  testShare: number,
): Promise<{ cases: number; test: number; clusters: number }> {
  return queryRow(
    db,
    sql`
      select count(*) as cases, count(*) filter (where c.split < ${toSplitBound(testShare)}) as test,
        count(distinct c.cluster) as clusters
      from cases c where ${inVersion(projectId, ref)}`,
  )
}

/** The `case_id` of the case that a dataset holds under an id now, null if there is none. */
export async function findCaseById(db: Db, projectId: number, dataset: string, id: string): Promise<string | null> {
  const row = await queryOne<{ case_id: string }>(
    db,
    sql`
      select c.case_id from datasets d join cases c on c.project_id = d.project_id and c.dataset_no = d.dataset_no
      where d.project_id = ${projectId} and d.name = ${dataset} and c.id = ${id} and ${IN_FORCE}`,
  )
  return row?.case_id ?? null
}

/** The names of the datasets that hold a case under an id now. */
export async function findDatasetsOfCase(db: Db, projectId: number, id: string): Promise<string[]> {
  const rows = await query<{ name: string }>(
    db,
    sql`
      select d.name from cases c join datasets d on d.project_id = c.project_id and d.dataset_no = c.dataset_no
      where c.project_id = ${projectId} and c.id = ${id} and ${IN_FORCE} order by d.name`,
  )
  return rows.map(row => row.name)
}

/** The first split that is no longer test. */
export function toSplitBound(testShare: number): number {
  return Math.round(testShare * 10_000)
}

export const CASE_FIELDS: Sql = sql`
  c.case_id, c.id, c.input, c.expected, c.metadata, c.source, c.cluster, c.split, c.created_at`

/** The cases `c` of a version. */
export function inVersion(projectId: number, { dataset_no, version_no }: DatasetVersion): Sql {
  return sql`
    c.project_id = ${projectId} and c.dataset_no = ${dataset_no}
    and c.added_in <= ${version_no} and c.removed_in > ${version_no}`
}

/** Of the cases `c`, those of a split. */
export function ofSplit({ split, test_share = 0.2 }: CaseFilter): Sql {
  if (split === undefined) return empty
  return split === 'test'
    ? sql`and c.split < ${toSplitBound(test_share)}`
    : sql`and c.split >= ${toSplitBound(test_share)}`
}
