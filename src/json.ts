/**
 * Foreign JSON, exact or refused. `JSON.parse` alone keeps the last of two equal keys, turns 1e400 into Infinity and
 * 9007199254740993 into its neighbour, and replaces invalid UTF-8 while decoding, all in silence; this does none of it.
 *
 * The road for ordinary input is: one pass over the text that jumps from quote to quote, the native parser, and a count
 * of the keys that came out. Measured on chat sessions of 7 kB: see `bench/json.ts`.
 */
import { isUtf8 } from 'node:buffer'
import type { Location } from './errors.ts'
import { findJsonTrouble, JsonTrouble } from './json-trouble.ts'

export { JsonTrouble } from './json-trouble.ts'

declare global {
  /** What ES2026 adds to JSON; Node 24 has it, the checker's library does not yet. */
  interface JSON {
    parse(
      text: string,
      reviver: (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown
    rawJSON(text: string): RawJson
    isRawJSON(value: unknown): value is RawJson
  }
}

/** A number as its JSON text; `JSON.stringify` writes the text as it stands. Frozen, without a prototype. */
export interface RawJson {
  readonly rawJSON: string
}

export interface ParseOptions {
  /** How many objects and arrays may stand inside each other. */
  maxDepth?: number
}

/**
 * The value of a JSON text (RFC 8259), exact or refused.
 *
 * - Bytes must be valid UTF-8. A byte order mark at the very start is passed over.
 * - A number whose value would change on the way through JavaScript (9007199254740993, 1e400, 1e-400, -0, more digits
 *   than a double tells apart) becomes `JSON.rawJSON` of its text: an object, so that a schema that wants a number
 *   refuses it, and that `JSON.stringify` gives back byte for byte. Other spellings of an exact value (1.0, 1e2) are
 *   plain numbers.
 * - A key `__proto__` is an own property like any other. Copy such objects by spreading, never by assignment.
 * - NUL and lone surrogates (as escapes) are kept.
 *
 * @throws JsonTrouble (an `Invalid`): malformed JSON, two equal keys in an object, deeper than `maxDepth` (200), invalid
 * UTF-8.
 */
export function parseJson(source: Uint8Array | string, options: ParseOptions = {}): unknown {
  const maxDepth = options.maxDepth ?? 200
  const bytes = skipByteOrderMark(typeof source === 'string' ? Buffer.from(source) : source)
  const text = typeof source === 'string' ? source.replace(/^\ufeff/, '') : decodeUtf8(bytes)
  const scan = scanJson(bytes, maxDepth)
  if (scan.tooDeep) {
    throw findJsonTrouble(text, maxDepth) ?? new JsonTrouble(`nested deeper than ${maxDepth} levels`, 'json_too_deep')
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw findJsonTrouble(text, maxDepth) ?? error
  }
  if (countKeys(value) !== scan.keys) {
    const trouble = findJsonTrouble(text, maxDepth)
    if (trouble !== null) throw trouble
  }
  if (!scan.changesNumbers) return value
  return JSON.parse(text, (_key, child, { source: number }) =>
    typeof child === 'number' && number !== undefined && !keepsNumber(number) ? JSON.rawJSON(number) : child,
  )
}

/** Whether a JSON value is an object: not an array, not null, not a raw number. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return isMembers(value) && !JSON.isRawJSON(value)
}

/**
 * The text of UTF-8 bytes; a byte order mark is kept.
 *
 * @throws JsonTrouble `utf8_invalid` with the first byte, counted from 0, that is not UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString()
  if (isUtf8(buffer)) return text
  throw new JsonTrouble(`not valid UTF-8 at byte ${findInvalidByte(buffer, text)}`, 'utf8_invalid')
}

/**
 * The canonical JSON of a value, RFC 8785 (JSON Canonicalization Scheme): no white space, keys sorted by UTF-16 code
 * units, numbers and strings as ECMAScript writes them. Members that are `undefined` are left out, as in `JSON.stringify`.
 *
 * Two widenings, so that everything `parseJson` returns has a canonical form: raw numbers are written as they stand, and
 * a lone surrogate, where the RFC demands an error, is written as its escape.
 *
 * @throws TypeError for what JSON cannot say: NaN, infinities, bigint, functions, symbols, `undefined` at the top.
 */
export function canonicalJson(value: unknown): string {
  const text = writeCanonical(value, [])
  if (text === undefined) throw new TypeError('undefined has no canonical JSON')
  return text
}

/** Whether JavaScript gives back the same value that a JSON number says, sign of zero included. */
export function keepsNumber(source: string): boolean {
  const value = Number(source)
  const written = String(value)
  if (written === source) return true
  if (!Number.isFinite(value) || Object.is(value, -0)) return false
  return readDecimal(source) === readDecimal(written)
}

function skipByteOrderMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}

interface Scan {
  /** Colons outside strings: in valid JSON, the members of all objects. */
  keys: number
  changesNumbers: boolean
  tooDeep: boolean
}

// Exact for valid JSON; of malformed text it says anything, and the native parser refuses it afterwards.
function scanJson(bytes: Uint8Array, maxDepth: number): Scan {
  const scan = { keys: 0, changesNumbers: false, tooDeep: false }
  let depth = 0
  for (let at = 0; at < bytes.length; at++) {
    const code = bytes[at] ?? 0
    if (code === 34) at = findClosingQuote(bytes, at + 1)
    else if (code === 58) scan.keys++
    else if (code === 123 || code === 91) {
      if (++depth > maxDepth) {
        scan.tooDeep = true
        return scan
      }
    } else if (code === 125 || code === 93) depth--
    else if (code === 45 || (code >= 48 && code <= 57)) {
      const end = findNumberEnd(bytes, at + 1)
      if (!scan.changesNumbers && !isShortInteger(bytes, at, end)) {
        scan.changesNumbers = !keepsNumber(
          Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at).toString('latin1'),
        )
      }
      at = end - 1
    }
  }
  return scan
}

// Most of the time of a scan goes here; four steps in one round are a quarter faster than one.
function findClosingQuote(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at += 4) {
    const first = bytes[at]
    if (first === 34) return at
    if (first === 92) {
      at -= 2
      continue
    }
    const second = bytes[at + 1]
    if (second === 34) return at + 1
    if (second === 92) {
      at -= 1
      continue
    }
    const third = bytes[at + 2]
    if (third === 34) return at + 2
    if (third === 92) continue
    const fourth = bytes[at + 3]
    if (fourth === 34) return at + 3
    if (fourth === 92) at += 1
  }
  return bytes.length
}

function findNumberEnd(bytes: Uint8Array, from: number): number {
  let at = from
  for (; at < bytes.length; at++) {
    const code = bytes[at] ?? 0
    const inNumber = (code >= 48 && code <= 57) || code === 46 || code === 43 || code === 45 || (code | 32) === 101
    if (!inNumber) return at
  }
  return at
}

// Integers of up to 15 digits are exact in a double.
function isShortInteger(bytes: Uint8Array, from: number, end: number): boolean {
  if (end - from > 15) return false
  for (let at = from; at < end; at++) {
    const code = bytes[at] ?? 0
    if (code < 48 || code > 57) return false
  }
  return true
}

// for…in costs a quarter of Object.keys here. Were a prototype to carry enumerable keys, the count would be too high,
// and the slow reader would have the word.
function countKeys(value: unknown): number {
  let count = 0
  if (Array.isArray(value)) {
    for (const child of value) if (typeof child === 'object' && child !== null) count += countKeys(child)
  } else if (isMembers(value)) {
    for (const key in value) {
      count++
      const child = value[key]
      if (typeof child === 'object' && child !== null) count += countKeys(child)
    }
  }
  return count
}

function isMembers(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The decimal value of a JSON number in one spelling: significant digits without outer zeros, and the exponent. */
function readDecimal(source: string): string {
  const parts = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source)
  if (parts === null) return source
  const fraction = parts[2] ?? ''
  const digits = (parts[1] ?? '') + fraction
  let start = 0
  while (start < digits.length && digits.charCodeAt(start) === 48) start++
  if (start === digits.length) return '0'
  let end = digits.length
  while (digits.charCodeAt(end - 1) === 48) end--
  const exponent = Number(parts[3] ?? 0) - fraction.length + (digits.length - end)
  return `${source.startsWith('-') ? '-' : ''}${digits.slice(start, end)}e${exponent}`
}

// Decoding puts U+FFFD where a byte is invalid, and where the text has that character itself.
function findInvalidByte(buffer: Buffer, decoded: string): number {
  let offset = 0
  let last = 0
  for (let at = decoded.indexOf('\ufffd'); at >= 0; at = decoded.indexOf('\ufffd', at + 1)) {
    offset += Buffer.byteLength(decoded.slice(last, at))
    if (buffer.readUIntBE(offset, Math.min(3, buffer.length - offset)) !== 0xefbfbd) return offset
    last = at
  }
  return offset
}

function writeCanonical(value: unknown, path: Location): string | undefined {
  if (value === undefined) return undefined
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value)
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value)
  if (typeof value !== 'object') throw new TypeError(`${typeof value} at ${path.join('.')} has no canonical JSON`)
  if (JSON.isRawJSON(value)) return value.rawJSON
  if ('toJSON' in value && typeof value.toJSON === 'function') return writeCanonical(value.toJSON(), path)
  if (Array.isArray(value)) {
    return `[${value.map((child, index) => writeCanonical(child, [...path, index]) ?? 'null').join(',')}]`
  }
  const members: string[] = []
  for (const [key, child] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const text = writeCanonical(child, [...path, key])
    if (text !== undefined) members.push(`${JSON.stringify(key)}:${text}`)
  }
  return `{${members.join(',')}}`
}
