/** An experiment's YAML: read with its places, and changed without losing comments. Pure. */
import { type Document, isAlias, isCollection, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { isFields } from './fields.ts'

export type Path = (string | number)[]

/** Something that is wrong with the text, and where, in characters from its beginning. */
export interface Trouble {
  path: Path
  message: string
  line: number
  from: number
  to: number
}

/** A text as YAML. `value` is null where it cannot be read. */
export interface ReadText {
  text: string
  document: Document
  lines: LineCounter
  value: { [field: string]: unknown } | null
  /** Why it cannot be read, by place. */
  broken: Trouble[]
}

/** Reads a text. */
export function readText(text: string): ReadText {
  const lines = new LineCounter()
  const document: Document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const broken = document.errors.map(({ pos, message }) => ({
    ...{ path: [], message: shorten(message), line: lines.linePos(pos[0]).line },
    ...{ from: pos[0], to: Math.max(pos[0], Math.min(pos[1], text.length)) },
  }))
  if (broken.length > 0) return { text, document, lines, value: null, broken }
  const value: unknown = document.toJS()
  if (value === null) return { text, document, lines, value: {}, broken }
  if (isFields(value)) return { text, document, lines, value, broken }
  const message = 'an experiment is expected: name, dataset, pipeline, …'
  return { text, document, lines, value: null, broken: [{ path: [], message, line: 1, from: 0, to: 0 }] }
}

/** Where a field stands: its name where `key` is wanted, else its value; what is nearest to one that is not there. */
export function findPlace(read: ReadText, path: Path, key = false): Pick<Trouble, 'line' | 'from' | 'to'> {
  const { document, lines } = read
  let node: unknown = document.contents
  let range: [number, number] = [0, 0]
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document)
    const last = depth === path.length - 1
    if (isMap(node)) {
      const pair = node.items.find(one => isScalar(one.key) && String(one.key.value) === String(step))
      if (pair === undefined) break
      range = rangeOf(pair.key) ?? range
      if (!(key && last)) range = (isCollection(pair.value) ? null : rangeOf(pair.value)) ?? range
      node = pair.value
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(step)]
      if (item === undefined) break
      range = rangeOf(item) ?? range
      node = item
    } else break
  }
  return { line: lines.linePos(range[0]).line, from: range[0], to: range[1] }
}

/**
 * The text with another value at a path; `undefined` takes the field away. Comments and what is not touched stay. A text that
 * is no YAML stays as it is.
 */
export function changeText(text: string, path: Path, value: unknown): string {
  const document: Document = parseDocument(text)
  if (document.errors.length > 0) return text
  if (value === undefined) document.deleteIn(path)
  else putIn(document, path, value)
  return String(document.toString({ lineWidth: 0 }))
}

/** A value as a text of YAML. */
export function writeText(value: unknown): string {
  const document: Document = parseDocument('')
  document.contents = document.createNode(value)
  return document.toString({ lineWidth: 0 })
}

/** What stands at a path of a value. */
export function readPath(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (node, step) =>
      typeof node === 'object' && node !== null && Object.hasOwn(node, step) ? Reflect.get(node, step) : undefined,
    value,
  )
}

/** Where the way leads through a field that holds no fields yet, it is made to. */
function putIn(document: Document, path: Path, value: unknown): void {
  for (let depth = 1; depth < path.length; depth++) {
    const above = path.slice(0, depth)
    const node: unknown = document.getIn(above, true)
    if (node === undefined || isCollection(node)) continue
    const rest = path
      .slice(depth)
      .reduceRight<unknown>((inner, step) => (typeof step === 'number' ? [inner] : { [step]: inner }), value)
    document.setIn(above, document.createNode(rest))
    return
  }
  document.setIn(path, typeof value === 'object' ? document.createNode(value) : value)
}

function rangeOf(node: unknown): [number, number] | null {
  if (!isNode(node) || !node.range) return null
  return [node.range[0], node.range[1]]
}

/** The library ends its messages with an excerpt, which stands beside them anyway. */
function shorten(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, '')
}
