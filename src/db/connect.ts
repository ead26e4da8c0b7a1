import pg from 'pg'
import type { Sql } from 'sql-template-tag'
import { parseJson } from '#json.ts'
import { escapeText, unescapeJson, unescapeText } from './foreign-text.ts'

/**
 * A way to the database: the pool, or the one connection of a transaction. Domain functions take it first and do not
 * know which of the two it is.
 */
export interface Db {
  readonly pool: pg.Pool
  /** The transaction's connection, null outside of one. */
  readonly client: pg.PoolClient | null
  /** Whether its statements may take as long as they take, see `liftDeadline`. */
  readonly patient?: true
}

/** The driver takes 0 for its default. */
const A_DAY_MS = 24 * 60 * 60 * 1000

export interface ConnectOptions {
  /** Connections at most (10). */
  max?: number
  /** Milliseconds after which the server gives up a statement (60,000). */
  statementTimeoutMs?: number
  /** Shown in `pg_stat_activity`. */
  applicationName?: string
  /** Told of connections that broke while idle; the pool replaces them by itself. */
  onError?: (error: Error) => void
}

/**
 * Opens a pool. Nothing connects until the first query. Every wait has an end: connecting, a statement on the server
 * (`statement_timeout`) and, should the server itself hang, the answer (`query_timeout`, 10 s later).
 */
export function connect(url: string, options: ConnectOptions = {}): Db {
  const statementTimeoutMs = options.statementTimeoutMs ?? 60_000
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    application_name: options.applicationName ?? 'whetstone',
    connectionTimeoutMillis: 10_000,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 10_000,
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
    allowExitOnIdle: false,
    options: '-c TimeZone=UTC -c DateStyle=ISO',
    types: { getTypeParser: getParser },
  })
  pool.on('error', error => options.onError?.(error))
  return { pool, client: null }
}

/** Closes the pool after its running queries. */
export async function disconnect(db: Db): Promise<void> {
  if (!db.pool.ended) await db.pool.end()
}

/** Runs one statement and returns its rows. Rows come in the wire's shape: ISO times, int8 as numbers, exact JSON. */
export async function query<Row = Record<string, unknown>>(db: Db, statement: Sql): Promise<Row[]> {
  const patience = db.patient ? { query_timeout: A_DAY_MS } : {}
  const values = statement.values.map(toParameter)
  const result = await (db.client ?? db.pool).query({ text: statement.text, values, ...patience })
  return result.rows
}

/** Like `query`, for statements of which one row matters: the first, or null. */
export async function queryOne<Row = Record<string, unknown>>(db: Db, statement: Sql): Promise<Row | null> {
  return (await query<Row>(db, statement))[0] ?? null
}

/** Like `query`, for statements that always yield a row. */
export async function queryRow<Row = Record<string, unknown>>(db: Db, statement: Sql): Promise<Row> {
  const row = await queryOne<Row>(db, statement)
  if (row === null) throw new Error(`No row came back from: ${statement.text.slice(0, 200)}`)
  return row
}

/** The text of a statement with its values in it, for `copy`, which takes no parameters. Values are texts, finite numbers or null. */
export function writeStatement({ strings, values }: Sql): string {
  return strings.reduce((text, part, index) => `${text}${writeLiteral(values[index - 1])}${part}`)
}

function writeLiteral(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return pg.escapeLiteral(escapeText(value))
  if (typeof value === 'number' && Number.isFinite(value)) return `(${value})`
  throw new TypeError(`a ${typeof value} cannot be written into a statement`)
}

function toParameter(value: unknown): unknown {
  if (typeof value === 'string') return escapeText(value)
  if (Array.isArray(value)) return value.map(toParameter)
  return value
}

/** `text[]`; among the driver's names of types are no arrays. */
const TEXT_ARRAY: number = 1009

const parsers = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.INT8, readInteger],
  [pg.types.builtins.TIMESTAMPTZ, readTime],
  [pg.types.builtins.DATE, text => text],
  [pg.types.builtins.TEXT, unescapeText],
  [pg.types.builtins.VARCHAR, unescapeText],
  [TEXT_ARRAY, readTexts],
  [pg.types.builtins.JSON, readJson],
  [pg.types.builtins.JSONB, readJson],
])

function getParser(oid: number, format?: 'text' | 'binary') {
  const own = format === 'binary' ? undefined : parsers.get(oid)
  return own ?? pg.types.getTypeParser(oid, format)
}

function readInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new Error(`The integer ${text} is larger than JavaScript can hold exactly.`)
  return value
}

/** `2026-01-02 03:04:05.67+00` → `2026-01-02T03:04:05.670Z`; the session's time zone is always UTC. */
function readTime(text: string): string {
  const [seconds = '', fraction = ''] = text.slice(0, -3).split('.')
  return `${seconds.replace(' ', 'T')}.${fraction.slice(0, 3).padEnd(3, '0')}Z`
}

function readTexts(text: string): (string | null)[] {
  const values: (string | null)[] = pg.types.getTypeParser(TEXT_ARRAY, 'text')(text)
  return values.map(value => (value === null ? null : unescapeText(value)))
}

function readJson(text: string): unknown {
  return unescapeJson(parseJson(text), text)
}
