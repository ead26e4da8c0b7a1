/**
 * The elements of one large JSON array, one at a time, so that memory holds one element and not the file.
 */

/** An element's bytes, not yet parsed, with the line where it begins; or what is wrong with the array there. */
export type ArrayElement = { line: number } & ({ bytes: Buffer } | { reason: string })

/**
 * Cuts a top-level JSON array at its commas. Only strings and brackets are looked at; the elements are for a JSON parser
 * to accept or refuse. A text that is no array, an array that is not closed, an element over `maxBytes` (64 MiB) and text
 * after the array come as reasons.
 */
export async function* splitArray(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number = 64 * 1024 * 1024,
): AsyncGenerator<ArrayElement, void, undefined> {
  const cut: Cut = {
    depth: 0,
    inString: false,
    escaped: false,
    line: 1,
    begin: 1,
    pieces: [],
    length: 0,
    count: 0,
    begun: false,
    over: false,
  }
  let isFirst = true
  for await (const chunk of chunks) {
    const whole = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const marked = isFirst && whole[0] === 0xef && whole[1] === 0xbb && whole[2] === 0xbf
    isFirst = false
    for (const element of cutChunk(cut, marked ? whole.subarray(3) : whole, maxBytes)) {
      yield element
      if ('reason' in element && element.reason === NO_ARRAY) return
    }
  }
  if (!cut.over) yield { line: cut.begin, reason: cut.depth === 0 ? NO_ARRAY : 'the file ends inside the array' }
}

const NO_ARRAY = 'not a JSON array'

interface Cut {
  /** Open brackets, the array's own included. */
  depth: number
  inString: boolean
  escaped: boolean
  line: number
  /** The line of the first byte of the present element. */
  begin: number
  pieces: Buffer[]
  length: number
  count: number
  /** The present element has a byte that is no white space. */
  begun: boolean
  /** The array has been closed. */
  over: boolean
}

function* cutChunk(cut: Cut, chunk: Buffer, maxBytes: number): Generator<ArrayElement> {
  let start = 0
  for (let at = 0; at < chunk.length; at++) {
    const code = chunk[at] ?? 0
    if (code === 10) cut.line++
    if (cut.inString) {
      passString(cut, code)
      continue
    }
    if (code === 32 || code === 10 || code === 13 || code === 9) continue
    if (cut.over || (cut.depth === 0 && code !== 91)) {
      yield { line: cut.line, reason: cut.over ? 'text after the end of the array' : NO_ARRAY }
      cut.over = true
      return
    }
    const isCut = cut.depth === 1 && (code === 44 || code === 93 || code === 125)
    if (cut.depth > 0 && !cut.begun && !isCut) {
      cut.begun = true
      cut.begin = cut.line
    }
    if (code === 34) cut.inString = true
    else if (code === 91 || code === 123) {
      if (++cut.depth === 1) start = at + 1
    } else if (code === 93 || code === 125) cut.depth--
    if (isCut) {
      addElementPiece(cut, chunk.subarray(start, at), maxBytes)
      start = at + 1
      cut.over = cut.depth === 0
      const element = closeElement(cut, maxBytes)
      if (element !== null) yield element
    }
  }
  if (cut.depth > 0) addElementPiece(cut, chunk.subarray(start), maxBytes)
}

function passString(cut: Cut, code: number) {
  if (cut.escaped) cut.escaped = false
  else if (code === 92) cut.escaped = true
  else if (code === 34) cut.inString = false
}

function addElementPiece(cut: Cut, piece: Buffer, maxBytes: number) {
  if (!cut.begun) return
  cut.length += piece.length
  if (cut.length > maxBytes) cut.pieces = []
  else cut.pieces.push(piece)
}

function closeElement(cut: Cut, maxBytes: number): ArrayElement | null {
  const { pieces, length } = cut
  const line = cut.begun ? cut.begin : cut.line
  cut.begun = false
  cut.pieces = []
  cut.length = 0
  const isEmptyArray = length === 0 && cut.over && cut.count === 0
  cut.count++
  if (isEmptyArray) return null
  return length > maxBytes
    ? { line, reason: `the element is too long (${length} bytes)` }
    : { line, bytes: Buffer.concat(pieces) }
}
