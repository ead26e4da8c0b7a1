import sql, { empty, type Sql } from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'

/** An approved correction, as exports read it. */
export interface ApprovedRow {
  /** JSON text of a list, compact, as it is stored. */
  prompt: string
  corrected_response: string
  model_response: string
  /** JSON text of the tools that came with it, null for none. */
  tools: string | null
  /** JSON text of the calls that the original answer makes, null for none. */
  calls: string | null
}

/** Which approved corrections; a field that is not there does not narrow. */
export interface ExportFilter {
  /** Decided at this time or later, ISO. */
  from?: string | undefined
  /** Decided before this time, ISO. */
  to?: string | undefined
  source?: string | undefined
  failure_category?: string | undefined
  profile?: string | undefined
  split?: 'train' | 'test' | undefined
  /** How much of everything is test: 0 to 1 (0.2). */
  test_share?: number | undefined
  /** Approved by this decision, or before it. */
  up_to?: number | undefined
}

/** Characters that are read at a time, roughly. What is made of more lives longer than the quick collections of garbage. */
const WINDOW = 48 * 1024

/**
 * The approved corrections in the order of their approval, in small pieces. All are of one moment, and memory
 * holds a piece whatever there is.
 *
 * @param begun runs first, in the transaction that sees the moment that is read.
 */
export async function* readApproved(
  db: Db,
  projectId: number,
  filter: ExportFilter = {},
  begun?: (tx: Db) => Promise<void>,
): AsyncGenerator<ApprovedRow[], void, undefined> {
  const client = await db.pool.connect()
  const tx: Db = { pool: db.pool, client }
  let broken: Error | undefined
  try {
    await client.query('begin isolation level repeatable read read only')
    // A slow reader may take its time between two pieces, but a lost one must not hold the snapshot for ever.
    await query(tx, sql`set local idle_in_transaction_session_timeout = '10min'`)
    await begun?.(tx)
    await query(tx, declareCursor(projectId, filter))
    for (let count = 100; ; ) {
      const rows = (await query<FetchedRow>(tx, fetchRows(count))).map(describeRow)
      if (rows.length === 0) return
      yield rows
      count = Math.max(1, Math.min(1_000, count * 4, Math.ceil(WINDOW / averageSize(rows))))
    }
  } catch (error) {
    broken = error instanceof Error ? error : new Error(String(error))
    throw error
  } finally {
    await client.query('rollback').catch((error: Error) => {
      broken = error
    })
    client.release(broken)
  }
}

/** A row as it is fetched: all fields of those that may have calls among them. */
interface FetchedRow extends Omit<ApprovedRow, 'calls'> {
  fields: { [field: string]: unknown } | null
}

function describeRow({ fields, ...row }: FetchedRow): ApprovedRow {
  const calls = fields?.tool_calls ?? null
  return { ...row, calls: calls === null ? null : JSON.stringify(calls) }
}

/** The condition that a candidate `c` passes the filter. */
export function narrowApproved(filter: ExportFilter): Sql {
  const { from, to, source, failure_category, profile, split, test_share = 0.2, up_to } = filter
  const bound = Math.round(test_share * 10_000)
  return sql`true
    ${from === undefined ? empty : sql`and c.decided_at >= ${from}::timestamptz`}
    ${to === undefined ? empty : sql`and c.decided_at < ${to}::timestamptz`}
    ${source === undefined ? empty : sql`and c.source = ${source}`}
    ${failure_category === undefined ? empty : sql`and c.failure_category = ${failure_category}`}
    ${profile === undefined ? empty : sql`and c.profile_id = ${profile}`}
    ${up_to === undefined ? empty : sql`and c.approved_no <= ${up_to}`}
    ${split === undefined ? empty : split === 'test' ? sql`and c.split < ${bound}` : sql`and c.split >= ${bound}`}`
}

/** PostgreSQL cannot look into JSON that holds a NUL, so the calls are taken out of the fields here. */
function declareCursor(projectId: number, filter: ExportFilter): Sql {
  return sql`
    declare approved no scroll cursor for
    select c.prompt_messages::text as prompt, c.corrected_response, c.model_response, c.tools::text as tools,
      case when strpos(c.fields::text, '"tool_calls"') > 0 then c.fields end as fields
    from candidates c
    where c.project_id = ${projectId} and c.ready and ${narrowApproved(filter)} order by c.approved_no`
}

function fetchRows(count: number): Sql {
  return sql([`fetch ${Math.trunc(count)} from approved`])
}

function averageSize(rows: ApprovedRow[]): number {
  let size = 0
  for (const row of rows) size += row.prompt.length + row.corrected_response.length + row.model_response.length
  return Math.max(1, size / rows.length)
}
