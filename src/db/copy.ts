import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import type { Db } from './connect.ts'
import { escapeText } from './foreign-text.ts'

/**
 * Loads rows by COPY inside the transaction of `tx`. Values are numbers, text (JSON included) or null.
 *
 * @param target table and columns, as in `messages (project_id, body)`.
 * @param lines rows that `copyLine` made.
 */
export async function copyRows(tx: Db, target: string, lines: Iterable<string>): Promise<void> {
  if (tx.client === null) throw new Error('copyRows needs a transaction')
  const stream = tx.client.query(copyFrom(`copy ${target} from stdin`))
  await pipeline(Readable.from(joinLines(lines)), stream)
}

/** A row in COPY's text format. */
export function copyLine(values: (string | number | null)[]): string {
  return `${values.map(escapeValue).join('\t')}\n`
}

const SPECIAL: { [character: string]: string } = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const CHUNK = 256 * 1024

function escapeValue(value: string | number | null): string {
  if (value === null) return '\\N'
  if (typeof value === 'number') return String(value)
  return escapeText(value).replace(/[\\\n\r\t]/g, character => SPECIAL[character] ?? character)
}

/** Few large chunks instead of many small ones: each chunk costs a message of the protocol. */
function* joinLines(lines: Iterable<string>): Generator<Buffer> {
  let chunk = ''
  for (const line of lines) {
    chunk += line
    if (chunk.length < CHUNK) continue
    yield Buffer.from(chunk)
    chunk = ''
  }
  if (chunk !== '') yield Buffer.from(chunk)
}
