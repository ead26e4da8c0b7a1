/** Lists in the order of a number that only grows, newest first: pages in both directions, bounded counts. */
import sql, { empty, type Sql } from 'sql-template-tag'
import { type Db, query, queryRow } from '#db/connect.ts'
import { type BoundedCount, type CutPage, cutPage, type ListPlace } from './list-place.ts'

/** Where such a list stands. The number leads an index, and so does the time, each behind the project. */
export interface NumberedList {
  table: Sql
  number: Sql
  /** Grows with the number. */
  time: Sql
}

const COUNTED = 10_000

/**
 * The numbers of a page's rows. Reads these rows alone, by the index of the number, at any depth; a narrowing that no index
 * serves looks at the rows that it passes.
 *
 * @param narrowing conditions, each with its `and`.
 */
export async function listNumbers(
  db: Db,
  projectId: number,
  { table, number, time }: NumberedList,
  narrowing: Sql,
  { limit, after, before, at }: ListPlace,
): Promise<CutPage<number>> {
  const backwards = before !== undefined
  const newest = sql`
    select ${number} from ${table} where project_id = ${projectId} and ${time} <= ${at}::timestamptz
    order by ${time} desc, ${number} desc limit 1`
  const beside = backwards
    ? sql`and ${number} > ${before}::bigint`
    : after !== undefined
      ? sql`and ${number} < ${after}::bigint`
      : at !== undefined
        ? sql`and ${number} <= (${newest})`
        : empty
  const rows = await query<{ no: number }>(
    db,
    sql`
      select ${number} as no from ${table} where project_id = ${projectId} ${narrowing} ${beside}
      order by ${number} ${backwards ? empty : sql`desc`} limit ${limit + 1}`,
  )
  const numbers = rows.map(row => row.no)
  return cutPage(numbers, { limit, backwards, inside: beside !== empty }, String)
}

/** How many rows the narrowing leaves: exact up to 10,000. */
export async function countNumbers(
  db: Db,
  projectId: number,
  { table }: NumberedList,
  narrowing: Sql,
): Promise<BoundedCount> {
  const { n } = await queryRow<{ n: number }>(
    db,
    sql`
      select count(*) as n from (
        select from ${table} where project_id = ${projectId} ${narrowing} limit ${COUNTED + 1}
      ) counted`,
  )
  return { n: Math.min(n, COUNTED), exact: n <= COUNTED }
}

/** A pattern for `ilike` that holds where the text stands somewhere, as it is. */
export function matchAnywhere(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}
