import { pipeline, Readable } from 'node:stream'
import { CsvError, type Info, type Parser, parse } from 'csv-parse'
import { Invalid } from '#errors.ts'
import { decodeUtf8 } from '#json.ts'
import { type ColumnOptions, planColumns, type ReadRecord } from './csv-columns.ts'
import { MAX_CASE_BYTES, type ReadCase } from './jsonl-cases.ts'

export interface CsvOptions extends ColumnOptions {
  /** One character; a comma by default. */
  delimiter?: string | undefined
}

/** Records that go on together. */
const BATCH = 200

/**
 * Reads cases as CSV (RFC 4180; lines may end in LF alone), the first record being the heading. A record with other cells
 * than the heading, or that is not UTF-8, comes with its reason and the line on which it begins. Where quotes are wrong
 * nobody can say where a record ends, so that refuses the whole.
 *
 * @throws Invalid: a wrong quote, with its line; a heading that cannot be meant like this; a record without end.
 */
export async function* readCsvCases(
  stream: AsyncIterable<Uint8Array>,
  options: CsvOptions = {},
): AsyncGenerator<ReadCase[], void, undefined> {
  const { delimiter = ',', ...columns } = options
  const parser = openParser(stream, delimiter)
  const records: AsyncIterable<{ record: Buffer[]; info: Info }> = parser
  let read: ReadRecord | null = null
  let batch: ReadCase[] = []
  let line = 1
  let bytes = 0
  try {
    for await (const { record, info } of records) {
      const place = { line, bytes: info.bytes - bytes }
      line = info.lines + 1
      bytes = info.bytes
      if (read === null) {
        const heading = record.map(decodeUtf8)
        if (options.delimiter === undefined) refuseOtherDelimiter(heading)
        read = planColumns(heading, columns)
        continue
      }
      batch.push({ ...place, ...readRecord(read, record) })
      if (batch.length < BATCH) continue
      yield batch
      batch = []
    }
  } catch (error) {
    throw error instanceof CsvError ? explainTrouble(error) : error
  } finally {
    parser.destroy()
  }
  if (batch.length > 0) yield batch
}

/** Cells come as bytes: the parser itself would replace what is not UTF-8. */
function openParser(stream: AsyncIterable<Uint8Array>, delimiter: string): Parser {
  const parser = parse({
    delimiter,
    encoding: null,
    info: true,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_CASE_BYTES,
  })
  // An error of the stream arrives at whoever reads the parser.
  pipeline(Readable.from(skipMark(stream)), parser, () => {})
  return parser
}

/** Without a byte order mark, which would be part of the first column's name. */
async function* skipMark(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let start: Buffer | null = Buffer.alloc(0)
  for await (const chunk of stream) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    if (start === null) {
      yield buffer
      continue
    }
    start = Buffer.concat([start, buffer])
    if (start.length < 3) continue
    yield start.subarray(start.readUIntBE(0, 3) === 0xefbbbf ? 3 : 0)
    start = null
  }
  if (start !== null && start.length > 0) yield start
}

/** Else every line would be a single field, and nothing would be expected. */
function refuseOtherDelimiter([only = '', ...others]: string[]): void {
  const found = others.length === 0 ? /[;\t|]/.exec(only)?.[0] : undefined
  if (found === undefined) return
  const message = `The only column is called ${JSON.stringify(only)}: say which delimiter is meant, as in ${JSON.stringify(found)} or ",".`
  throw new Invalid(message, ['query', 'delimiter'])
}

function readRecord(read: ReadRecord, record: Buffer[]) {
  try {
    return { given: read(record.map(decodeUtf8)) }
  } catch (error) {
    if (error instanceof Invalid) return { reason: error.message }
    throw error
  }
}

function explainTrouble(error: CsvError): Error {
  const line = typeof error.lines === 'number' ? error.lines : 1
  const refuse = (trouble: string) => new Invalid(`Line ${line}: ${trouble}`, ['body'], 'csv_invalid')
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return refuse(`the text ends within quotes, which record ${error.records} below the heading opened.`)
    case 'INVALID_OPENING_QUOTE':
      return refuse('a quote stands within a cell; put the cell in quotes and write each of its quotes twice.')
    case 'CSV_INVALID_CLOSING_QUOTE':
      return refuse('something follows the closing quote of a cell; write a quote within a cell twice.')
    case 'CSV_MAX_RECORD_SIZE':
      return refuse(`a record has more than ${MAX_CASE_BYTES} bytes; a quote may be missing.`)
    default:
      return error
  }
}
