import { z } from '@hono/zod-openapi'
import sql, { type Sql } from 'sql-template-tag'
import { type Db, query, queryRow } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { type Case, caseSchema } from './case.ts'
import { CASE_FIELDS } from './cases.ts'
import type { DatasetVersion } from './datasets.ts'
import { expectManyRows } from './many-rows.ts'

export const caseDifferenceSchema = z.object({
  kind: z.enum(['added', 'changed', 'removed']),
  before: caseSchema.nullable(),
  after: caseSchema.nullable(),
  before_text: z
    .string()
    .nullable()
    .openapi({ description: 'Its content as JSON, with each number to its last digit' }),
  after_text: z.string().nullable(),
})

export const datasetDiffSchema = z
  .object({
    from: z.string(),
    to: z.string(),
    added: z.int(),
    removed: z.int(),
    changed: z.int().openapi({ description: 'With the same id and other content' }),
    unchanged: z.int(),
    differences: z.array(caseDifferenceSchema),
    next: z.int().nullable().openapi({ description: 'As `after` it brings the next page; null on the last' }),
  })
  .openapi('DatasetDiff')
export type DatasetDiff = z.infer<typeof datasetDiffSchema>

interface Pair {
  kind: 'added' | 'changed' | 'removed'
  old_no: number | null
  new_no: number | null
  place: number
}

/**
 * What changed from one version to another, in whichever order they came: counts of all, and a page of the differences.
 * Cases are the same by their content, also one that went and came back; those left are paired by id.
 */
export async function compareVersions(
  db: Db,
  projectId: number,
  from: DatasetVersion,
  to: DatasetVersion,
  window: { after: number; limit: number },
): Promise<DatasetDiff> {
  const pairs = pairCases(projectId, from, to)
  const { counts, rows } = await transact(db, async tx => {
    await expectManyRows(tx)
    const counts = await queryRow<{ added: number; removed: number; changed: number; cases: number }>(
      tx,
      sql`
        with ${pairs}
        select count(*) filter (where kind = 'added') as added, count(*) filter (where kind = 'removed') as removed,
          count(*) filter (where kind = 'changed') as changed,
          (select case_count from dataset_versions where project_id = ${projectId} and dataset_no = ${to.dataset_no}
            and version_no = ${to.version_no}) as cases
        from pairs`,
    )
    const rows = await query<Pair>(
      tx,
      sql`with ${pairs} select * from pairs where place > ${window.after} order by place limit ${window.limit + 1}`,
    )
    return { counts, rows }
  })
  const shown = rows.slice(0, window.limit)
  const { cases, ...counted } = counts
  return {
    from: from.version,
    to: to.version,
    ...counted,
    unchanged: cases - counted.added - counted.changed,
    differences: await showPairs(db, projectId, shown),
    next: rows.length > window.limit ? (shown.at(-1)?.place ?? null) : null,
  }
}

/**
 * The differences as a common table `pairs`. Only cases that are in one of the two versions and not in the other by number
 * are looked at, so it takes time by what changed between them.
 */
function pairCases(projectId: number, from: DatasetVersion, to: DatasetVersion): Sql {
  const within = ({ version_no }: DatasetVersion) => sql`(added_in <= ${version_no} and removed_in > ${version_no})`
  const select = (here: DatasetVersion, there: DatasetVersion) => sql`
    select case_no, id, content_hash from cases
    where project_id = ${projectId} and dataset_no = ${here.dataset_no} and ${within(here)} and not ${within(there)}`
  return sql`
    old_cases as (${select(from, to)}), new_cases as (${select(to, from)}),
    went as (select * from old_cases o where not exists (select from new_cases n where n.content_hash = o.content_hash)),
    came as (select * from new_cases n where not exists (select from old_cases o where n.content_hash = o.content_hash)),
    pairs as (
      select case when went.case_no is null then 'added' when came.case_no is null then 'removed' else 'changed' end as kind,
        went.case_no as old_no, came.case_no as new_no, coalesce(came.case_no, went.case_no) as place
      from went full join came on went.id = came.id
    )`
}

async function showPairs(db: Db, projectId: number, pairs: Pair[]): Promise<DatasetDiff['differences']> {
  const numbers = pairs.flatMap(({ old_no, new_no }) => [old_no, new_no]).filter(number => number !== null)
  const rows = await query<Case & CaseTexts & { case_no: number }>(
    db,
    sql`
      select c.case_no, ${CASE_FIELDS}, c.input::text as input_text, c.expected::text as expected_text,
        c.metadata::text as metadata_text
      from cases c
      where c.project_id = ${projectId} and c.case_no = any(${numbers}::bigint[])`,
  )
  const found = new Map(
    rows.map(({ case_no, input_text, expected_text, metadata_text, ...one }) => {
      const text = writeCaseText(one, { input_text, expected_text, metadata_text })
      return [case_no, { one, text }]
    }),
  )
  const show = (number: number | null) => (number === null ? undefined : found.get(number))
  return pairs.map(({ kind, old_no, new_no }) => {
    const [before, after] = [show(old_no), show(new_no)]
    const texts = { before_text: before?.text ?? null, after_text: after?.text ?? null }
    return { kind, before: before?.one ?? null, after: after?.one ?? null, ...texts }
  })
}

interface CaseTexts {
  input_text: string
  expected_text: string | null
  metadata_text: string
}

/** What a case says, as JSON that was never parsed; what is not there is left out. */
function writeCaseText({ id, source }: Case, { input_text, expected_text, metadata_text }: CaseTexts): string {
  const fields: [string, string | null][] = [
    ['id', id === null ? null : JSON.stringify(id)],
    ['input', input_text],
    ['expected', expected_text === 'null' ? null : expected_text],
    ['metadata', metadata_text === '{}' ? null : metadata_text],
    ['source', source === null ? null : JSON.stringify(source)],
  ]
  return `{${fields.flatMap(([name, text]) => (text === null ? [] : [`"${name}":${text}`])).join(',')}}`
}
