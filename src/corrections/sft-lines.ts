import { to as copyTo } from 'pg-copy-streams'
import sql from 'sql-template-tag'
import { type Db, query, writeStatement } from '#db/connect.ts'
import { type ExportFilter, narrowApproved } from './approved-rows.ts'

/** `sft_export_YYYYMMDD-HHMMSS.jsonl`, in UTC. */
export function nameSftExport(now: Date): string {
  const digits = now.toISOString().replace(/\D/g, '')
  return `sft_export_${digits.slice(0, 8)}-${digits.slice(8, 14)}.jsonl`
}

/** A line of training data: the prompt's messages, then the correction as the assistant's; `to_json` escapes as `JSON.stringify` does. */
const LINE = sql`
  '{"messages":' || case when c.prompt_messages::text = '[]' then '[' else left(c.prompt_messages::text, -1) || ',' end
  || '{"role":"assistant","content":' || to_json(c.corrected_response)::text || E'}]}\\n'`

/**
 * The approved records with a correction, a line each, in the order of their approval, as bytes. All are of one moment. The
 * database writes the lines and they pass as bytes: made of strings, they left so much garbage behind that an export of
 * any size took 200 MB more memory.
 *
 * @param begun runs first, in the transaction that sees the moment that is read.
 */
export async function* streamSftLines(
  db: Db,
  projectId: number,
  filter: ExportFilter = {},
  begun?: (tx: Db) => Promise<void>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const client = await db.pool.connect()
  let complete = false
  try {
    await client.query('begin isolation level repeatable read read only')
    // As long as the reader needs; one that is lost must not hold the snapshot for ever.
    await client.query(`set local statement_timeout = '6h'`)
    await begun?.({ pool: db.pool, client })
    const select = sql`
      select ${LINE} from candidates c
      where c.project_id = ${projectId} and c.ready and ${narrowApproved(filter)} order by c.approved_no`
    const lines = openCopy(`copy (${writeStatement(select)}) to stdout with (format binary)`)
    try {
      yield* readFields(client.query(lines))
    } finally {
      lines.callback()
    }
    await client.query('commit')
    complete = true
  } finally {
    // A copy that was left in the middle ends with its connection.
    client.release(!complete)
  }
}

/** The first of these lines, without their ends. */
export async function readSftSamples(
  db: Db,
  projectId: number,
  filter: ExportFilter,
  count: number,
): Promise<string[]> {
  const rows = await query<{ line: Buffer }>(
    db,
    sql`
      select convert_to(${LINE}, 'UTF8') as line from candidates c
      where c.project_id = ${projectId} and c.ready and ${narrowApproved(filter)} order by c.approved_no limit ${count}`,
  )
  return rows.map(row => restoreText(row.line).toString().trimEnd())
}

const SIX_HOURS_MS = 6 * 60 * 60 * 1000

/** The driver puts the end of its own deadline into `callback`, and the copy never calls it. */
function openCopy(statement: string) {
  return Object.assign(copyTo(statement), { query_timeout: SIX_HOURS_MS, callback: () => {} })
}

/** Signature, flags and the length of an extension that is empty. */
const HEADER_BYTES = 19
/** Before each field: the number of fields in its row, 1, and its length. */
const PREFIX_BYTES = 6

/** The fields of rows of one field each, of PostgreSQL's binary copy format, one after the other. */
async function* readFields(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const pending: Buffer[] = []
  let at = HEADER_BYTES
  let size = 0
  let needed = at + PREFIX_BYTES
  for await (const chunk of chunks) {
    pending.push(chunk)
    size += chunk.length
    // A long field comes in many chunks; they are put together once.
    if (size < needed) continue
    const whole = Buffer.concat(pending.splice(0))
    // The fields are moved together where they stand: copied, they were half of the garbage of an export.
    let written = 0
    for (needed = at + PREFIX_BYTES; size >= needed; needed = at + PREFIX_BYTES) {
      needed += Math.max(0, whole.readInt32BE(at + 2))
      if (size < needed) break
      written += restoreText(whole.subarray(at + PREFIX_BYTES, needed)).copy(whole, written)
      at = needed
    }
    if (written > 0) yield whole.subarray(0, written)
    pending.push(whole.subarray(at))
    size -= at
    needed -= at
    at = 0
  }
}

const ESCAPE_BYTES = Buffer.from('\ufdd0')

/** Undoes what made the text storable (see `foreign-text.ts`), inside of JSON: a character becomes its JSON escape. */
function restoreText(line: Buffer): Buffer {
  if (!line.includes(ESCAPE_BYTES)) return line
  const restored = line.toString().replace(/\ufdd0(\ufdd0|[0-9a-f]{4})/g, (_, code: string) => {
    return code === '\ufdd0' ? code : `\\u${code}`
  })
  return Buffer.from(restored)
}
