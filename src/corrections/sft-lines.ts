import type { Db } from '#db/connect.ts'
import { readApproved } from './approved-rows.ts'

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

/** The approved records with a correction, a line each, in the order of their approval, as bytes. */
export async function* streamSftLines(db: Db, projectId: number): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const rows of readApproved(db, projectId, {}, { plain: true })) {
    yield Buffer.from(rows.map(row => writeSftLine(row.prompt, row.corrected_response)).join(''))
  }
}
