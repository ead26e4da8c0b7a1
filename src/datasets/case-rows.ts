import { z } from '@hono/zod-openapi'
import sql, { empty, type Sql } from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { NotFound } from '#errors.ts'
import { matchAnywhere } from '#http/numbered-list.ts'
import { timeSchema } from '#http/schemas.ts'
import { type CaseWindow, inVersion, ofSplit } from './cases.ts'
import type { DatasetVersion } from './datasets.ts'

const caseRowSchema = z
  .object({
    case_id: z.string(),
    id: z.string().nullable(),
    input: z.string().openapi({ description: 'The beginning of its JSON; of a conversation the end' }),
    expected: z.string().nullable().openapi({ description: 'The beginning of its JSON' }),
    metadata: z.string().openapi({ description: 'The beginning of its JSON' }),
    source: z.string().nullable(),
    session_id: z.string().nullable().openapi({ description: 'The source, where it is a session that is here' }),
    split: z.int(),
  })
  .openapi('CaseRow')
type ShownCase = z.infer<typeof caseRowSchema>

export const caseRowPageSchema = z
  .object({
    version: z.string(),
    version_no: z.int(),
    rows: z.array(caseRowSchema),
    next: z.int().nullable().openapi({
      description:
        'As `after` it brings the next page, null on the last; a page of a search may be empty and not the last',
    }),
  })
  .openapi('CaseRowPage')

export const caseTextSchema = caseRowSchema
  .omit({ input: true, expected: true, metadata: true })
  .extend({
    input: z.string().openapi({ description: 'JSON as text, so that a reader loses no digit of a number' }),
    expected: z.string().nullable(),
    metadata: z.string(),
    added_in: z.int().openapi({ description: 'The number of the first version that has it' }),
    removed_in: z.int().nullable().openapi({ description: 'The number of the first version after it' }),
    created_at: timeSchema,
  })
  .openapi('CaseText')

/** Characters of a field that a row of a table shows. */
const SHOWN = 400

/** A search looks at so many cases for a page: 50 ms where they have 1 kB, 0.25 s with 6 kB (`node bench/datasets.ts`). */
const SEARCHED = 5_000

/**
 * A page of a version's cases for a table: of each field a few hundred characters, however long it is. A search finds its text
 * in ids, inputs and expected answers, capitals or not.
 */
export async function listCaseRows(
  db: Db,
  projectId: number,
  ref: DatasetVersion,
  window: CaseWindow & { search?: string | undefined },
): Promise<z.infer<typeof caseRowPageSchema>> {
  const { search = '' } = window
  const chosen = sql`${inVersion(projectId, ref)} and c.case_no > ${window.after_case_no ?? 0} ${ofSplit(window)}`
  const end = search === '' ? null : await findSearchEnd(db, chosen)
  const rows = await query<ShownCase & { case_no: number }>(
    db,
    sql`
      select c.case_no, ${OWN_FIELDS},
        case when c.input::text like '{"messages"%' and length(c.input::text) > ${SHOWN}
          then '…' || right(c.input::text, ${SHOWN}) else ${cut(sql`c.input::text`)} end as input,
        ${cut(sql`c.expected::text`)} as expected, ${cut(sql`c.metadata::text`)} as metadata
      from cases c
      where ${chosen} ${end === null ? empty : sql`and c.case_no <= ${end.case_no} and (${matchCase(search)} or ${matchJson(sql`c.expected`, search)})`}
      order by c.case_no limit ${window.limit + 1}`,
  )
  const shown = rows.slice(0, window.limit)
  const goesOn = end !== null && end.cases === SEARCHED
  return {
    version: ref.version,
    version_no: ref.version_no,
    rows: shown.map(({ case_no, ...row }) => row),
    next: rows.length > window.limit ? (shown.at(-1)?.case_no ?? null) : goesOn ? end.case_no : null,
  }
}

/** A case of a dataset, its JSON as text, also one that is in former versions alone. @throws NotFound */
export async function getCaseText(
  db: Db,
  projectId: number,
  dataset: DatasetVersion,
  caseId: string,
): Promise<z.infer<typeof caseTextSchema>> {
  const row = await queryOne<z.infer<typeof caseTextSchema>>(
    db,
    sql`
      select ${OWN_FIELDS}, c.input::text as input, c.expected::text as expected, c.metadata::text as metadata,
        c.added_in, nullif(c.removed_in, 2147483647) as removed_in, c.created_at
      from cases c
      where c.project_id = ${projectId} and c.case_id = ${caseId}::uuid and c.dataset_no = ${dataset.dataset_no}`,
  )
  if (row === null) throw new NotFound(`There is no case ${caseId} in this dataset.`)
  return row
}

/** The last of the cases that a search looks at, 0 where there are none, and how many they are. */
function findSearchEnd(db: Db, chosen: Sql): Promise<{ case_no: number; cases: number }> {
  return queryRow(
    db,
    sql`
      select coalesce(max(case_no), 0) as case_no, count(*) as cases
      from (select c.case_no from cases c where ${chosen} order by c.case_no limit ${SEARCHED}) looked`,
  )
}

/** Cases whose own id or input has the text, as it is read or as JSON writes it. The collation of ids knows capitals of ASCII alone. */
export function matchCase(search: string): Sql {
  return sql`(c.id collate "default" ilike ${matchAnywhere(search)} or ${matchJson(sql`c.input`, search)})`
}

function matchJson(field: Sql, search: string): Sql {
  const patterns = [...new Set([search, JSON.stringify(search).slice(1, -1)])].map(matchAnywhere)
  return sql`${field}::text ilike any(${patterns}::text[])`
}

const OWN_FIELDS: Sql = sql`
  c.case_id, c.id, c.source, c.split,
  (select session_id from sessions s where s.project_id = c.project_id and s.session_id = c.source) as session_id`

function cut(text: Sql): Sql {
  return sql`case when length(${text}) > ${SHOWN} then left(${text}, ${SHOWN}) || '…' else ${text} end`
}
