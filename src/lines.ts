/**
 * Lines of a byte stream, cut at the byte 0x0A alone: `readline` also cuts at U+2028, which may stand inside a JSON
 * string. Memory stays bounded by one line of `maxBytes` and one chunk, whatever comes.
 */

interface LinePlace {
  /** Counted from 1, blank lines included. */
  number: number
  /** Whether a line feed closed it; false for a last line that may still be being written. */
  ended: boolean
}

export interface WholeLine extends LinePlace {
  /** Without the line feed, one carriage return before it, and, on line 1, a byte order mark. */
  bytes: Buffer
}

export interface TooLongLine extends LinePlace {
  tooLong: true
  /** Bytes of the line without its line feed. */
  length: number
}

export type Line = WholeLine | TooLongLine

export interface SplitOptions {
  /** A longer line is passed over without being held. */
  maxBytes?: number
}

/**
 * The lines of a stream, in batches: those that each chunk completed. Lines that are empty or hold only spaces, tabs and
 * carriage returns are left out, but counted. The bytes of a line may share memory with its chunk, so a chunk must not be
 * written to again. An error of the stream is passed on.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  options: SplitOptions = {},
): AsyncGenerator<Line[], void, undefined> {
  const maxBytes = options.maxBytes ?? 64 * 1024 * 1024
  const open: OpenLine = { number: 1, pieces: [], length: 0 }
  for await (const chunk of chunks) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const lines: Line[] = []
    let start = 0
    for (let end = buffer.indexOf(10); end >= 0; end = buffer.indexOf(10, start)) {
      addPiece(open, buffer.subarray(start, end), maxBytes)
      pushLine(lines, closeLine(open, true, maxBytes))
      start = end + 1
    }
    addPiece(open, buffer.subarray(start), maxBytes)
    if (lines.length > 0) yield lines
  }
  if (open.length === 0) return
  const last: Line[] = []
  pushLine(last, closeLine(open, false, maxBytes))
  if (last.length > 0) yield last
}

interface OpenLine {
  number: number
  /** What came of the line so far; empty once it is too long. */
  pieces: Buffer[]
  length: number
}

function addPiece(open: OpenLine, piece: Buffer, maxBytes: number) {
  open.length += piece.length
  // One byte more than allowed is held, as a carriage return at the end does not count.
  if (open.length > maxBytes + 1) open.pieces = []
  else if (piece.length > 0) open.pieces.push(piece)
}

function closeLine(open: OpenLine, ended: boolean, maxBytes: number): Line | null {
  const { number, pieces, length } = open
  open.number++
  open.pieces = []
  open.length = 0
  if (length > maxBytes + 1) return { number, ended, tooLong: true, length }
  const whole = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
  const bytes = trimLine(whole, number === 1)
  if (bytes.length > maxBytes) return { number, ended, tooLong: true, length }
  return isBlank(bytes) ? null : { number, ended, bytes }
}

function pushLine(lines: Line[], line: Line | null) {
  if (line !== null) lines.push(line)
}

function trimLine(bytes: Buffer, isFirst: boolean): Buffer {
  const marked = isFirst && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return bytes.subarray(marked ? 3 : 0, bytes.at(-1) === 13 ? -1 : bytes.length)
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 32 && byte !== 9 && byte !== 13) return false
  return true
}
