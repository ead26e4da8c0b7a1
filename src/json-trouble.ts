/**
 * What is wrong with a JSON text, and where. Runs only after a text was found to be refused, so it may take its time:
 * it reads the text once more by the grammar of RFC 8259 and keeps the path of keys as it goes.
 */
import { Invalid, type Location } from './errors.ts'

export type JsonTroubleSlug = 'json_invalid' | 'json_duplicate_key' | 'json_too_deep' | 'utf8_invalid'

/** A JSON text that is refused. `loc` is `["body", …keys and indices down to the trouble]`. */
export class JsonTrouble extends Invalid {
  override name = 'JsonTrouble'
  declare readonly slug: JsonTroubleSlug

  constructor(reason: string, slug: JsonTroubleSlug, path: Location = []) {
    super(reason, ['body', ...path], slug)
  }

  /** One sentence: what is wrong, at which character (counted from 0, as JavaScript counts), in which field. */
  get reason(): string {
    return this.message
  }
}

/** A key path as people write it: `messages[3].content`. Keys are cut at 40 characters, long paths in the middle. */
export function showPath(path: Location): string {
  const shown = path.length > 12 ? [...path.slice(0, 6), '…', ...path.slice(-5)] : path
  return shown.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    const key = step.length > 40 ? `${step.slice(0, 40)}…` : step
    return text === '' ? key : `${text}.${key}`
  }, '')
}

/** The first trouble of a text, in reading order; null if there is none. Linear in the length of the text. */
export function findJsonTrouble(text: string, maxDepth: number): JsonTrouble | null {
  const reader: Reader = { text, maxDepth, at: 0, path: [] }
  try {
    readValue(reader)
    skipSpace(reader)
    if (reader.at < text.length) refuse(reader, 'expected nothing more after the value')
    return null
  } catch (trouble) {
    if (trouble instanceof JsonTrouble) return trouble
    throw trouble
  }
}

interface Reader {
  readonly text: string
  readonly maxDepth: number
  at: number
  path: Location
}

function atPath(path: Location) {
  return path.length === 0 ? '' : ` in ${showPath(path)}`
}

function refuse(reader: Reader, expected: string): never {
  const { text, at, path } = reader
  const found =
    at < text.length ? `found ${JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0))}` : 'but the text ends'
  throw new JsonTrouble(`not valid JSON: ${expected}, ${found} at character ${at}${atPath(path)}`, 'json_invalid', path)
}

function skipSpace(reader: Reader) {
  for (; reader.at < reader.text.length; reader.at++) {
    const code = reader.text.charCodeAt(reader.at)
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORDS: Record<string, string> = { t: 'true', f: 'false', n: 'null' }

function readValue(reader: Reader): void {
  skipSpace(reader)
  const first = reader.text.charAt(reader.at)
  if (first === '{' || first === '[') {
    readNested(reader, first)
    return
  }
  if (first === '"') {
    readString(reader)
    return
  }
  const word = WORDS[first]
  if (word !== undefined) {
    if (!reader.text.startsWith(word, reader.at)) refuse(reader, 'expected a JSON value')
    reader.at += word.length
    return
  }
  NUMBER.lastIndex = reader.at
  if (!NUMBER.test(reader.text)) refuse(reader, 'expected a JSON value')
  reader.at = NUMBER.lastIndex
}

function readNested(reader: Reader, opening: '{' | '[') {
  if (reader.path.length >= reader.maxDepth) {
    const reason = `nested deeper than ${reader.maxDepth} levels at character ${reader.at}${atPath(reader.path)}`
    throw new JsonTrouble(reason, 'json_too_deep', reader.path)
  }
  reader.at++
  if (opening === '{') readMembers(reader)
  else readElements(reader)
}

function readMembers(reader: Reader) {
  const outer = reader.path
  const keys = new Set<string>()
  skipSpace(reader)
  if (tookOne(reader, '}')) return
  do {
    skipSpace(reader)
    if (reader.text.charAt(reader.at) !== '"') refuse(reader, 'expected a key in double quotes')
    const start = reader.at
    const key = readString(reader)
    reader.path = [...outer, key]
    if (keys.has(key)) {
      const reason = `the key ${showPath(reader.path)} stands twice in one object, again at character ${start}`
      throw new JsonTrouble(reason, 'json_duplicate_key', reader.path)
    }
    keys.add(key)
    skipSpace(reader)
    if (!tookOne(reader, ':')) refuse(reader, 'expected ":" after the key')
    readValue(reader)
    reader.path = outer
    skipSpace(reader)
  } while (tookOne(reader, ','))
  if (!tookOne(reader, '}')) refuse(reader, 'expected "," or "}"')
}

function readElements(reader: Reader) {
  const outer = reader.path
  skipSpace(reader)
  if (tookOne(reader, ']')) return
  let index = 0
  do {
    reader.path = [...outer, index++]
    readValue(reader)
    reader.path = outer
    skipSpace(reader)
  } while (tookOne(reader, ','))
  if (!tookOne(reader, ']')) refuse(reader, 'expected "," or "]"')
}

function tookOne(reader: Reader, character: string): boolean {
  if (reader.text.charAt(reader.at) !== character) return false
  reader.at++
  return true
}

/** Reads the string that begins here and returns its value. */
function readString(reader: Reader): string {
  const start = reader.at
  for (reader.at++; reader.at < reader.text.length; reader.at++) {
    const code = reader.text.charCodeAt(reader.at)
    if (code === 34) {
      reader.at++
      return JSON.parse(reader.text.slice(start, reader.at))
    }
    if (code < 32) refuse(reader, 'expected an escape such as \\n in place of a bare control character')
    if (code === 92) readEscape(reader)
  }
  return refuse(reader, 'expected the closing quote of a string')
}

/** Leaves the reader on the last character of the escape. */
function readEscape(reader: Reader) {
  reader.at++
  const letter = reader.text.charAt(reader.at)
  if (letter === 'u') {
    if (!/^[0-9a-fA-F]{4}$/.test(reader.text.slice(reader.at + 1, reader.at + 5))) {
      refuse(reader, 'expected four hexadecimal digits after \\u')
    }
    reader.at += 4
  } else if (letter === '' || !'"\\/bfnrt'.includes(letter)) refuse(reader, 'expected a JSON escape after \\')
}
