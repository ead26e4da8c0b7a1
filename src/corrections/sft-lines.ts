import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'

/** Bytes that are read at a time, roughly. */
const WINDOW = 2 * 1024 * 1024

interface ApprovedRow {
  /** The JSON text as it is stored, compact. */
  prompt: string
  corrected_response: string
}

/** `sft_export_YYYYMMDD-HHMMSS.jsonl`, in UTC. */
export function nameSftExport(now: Date): string {
  const digits = now.toISOString().replace(/\D/g, '')
  return `sft_export_${digits.slice(0, 8)}-${digits.slice(8, 14)}.jsonl`
}

/**
 * A line of training data: the prompt's messages, then the correction as the assistant's.
 *
 * @param prompt JSON text of a list, without white space around it.
 */
export function writeSftLine(prompt: string, correction: string): string {
  const last = `{"role":"assistant","content":${JSON.stringify(correction)}}`
  return `{"messages":${prompt === '[]' ? '[' : `${prompt.slice(0, -1)},`}${last}]}\n`
}

/**
 * The approved records with a correction, a line each, in the order of their approval, as bytes in pieces of some
 * megabytes. All of it is of one moment, and memory holds a piece whatever the size.
 */
export async function* streamSftLines(db: Db, projectId: number): AsyncGenerator<Uint8Array, void, undefined> {
  const client = await db.pool.connect()
  const tx: Db = { pool: db.pool, client }
  let broken: Error | undefined
  try {
    await client.query('begin read only')
    // A slow reader may take its time between two pieces, but a lost one must not hold the snapshot for ever.
    await query(tx, sql`set local idle_in_transaction_session_timeout = '10min'`)
    await query(
      tx,
      sql`
        declare approved no scroll cursor for
        select prompt_messages::text as prompt, corrected_response from candidates
        where project_id = ${projectId} and ready order by approved_no`,
    )
    for (let count = 100; ; ) {
      const { rows } = await client.query<ApprovedRow>(`fetch ${count} from approved`)
      if (rows.length === 0) return
      const piece = Buffer.from(rows.map(row => writeSftLine(row.prompt, row.corrected_response)).join(''))
      yield piece
      count = Math.max(1, Math.min(5_000, count * 4, Math.ceil(WINDOW / (piece.length / rows.length))))
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
