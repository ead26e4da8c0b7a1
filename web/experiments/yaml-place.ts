/** Where in a YAML text somebody is typing. Pure, and by lines, since the text is seldom whole meanwhile. */
import type { Path } from './document.ts'

/** A place where a field's name, or a value, is being written. */
export interface TypingPlace {
  path: Path
  what: 'field' | 'value'
  /** Where the word begins that is being written. */
  from: number
  /** Names that the object has already, as far as they stand before it. */
  present: string[]
}

/** A field or an item of a list that is open at a line, by its column. */
type Open = { column: number; key: string; siblings: string[] } | { column: number; index: number }

interface Line {
  /** Columns of the dashes before what it says. */
  dashes: number[]
  /** Where it begins to say something. */
  column: number
  key: string | null
  rest: string
}

/** The place at a position; null within comments, quotes, and texts of several lines. */
export function findTypingPlace(text: string, position: number): TypingPlace | null {
  const start = text.lastIndexOf('\n', position - 1) + 1
  const typed = text.slice(start, position)
  if (/(^|\s)#|["']/.test(typed)) return null
  const open = readAbove(text.slice(0, start), typed)
  if (open === null) return null
  const line = readLine(typed)
  for (const column of line.dashes) enterItem(open, column)
  if (line.key === null) {
    const siblings = leaveColumn(open, line.column)
    if (/[[{]/.test(line.rest)) return readFlow(toPath(open), line.rest, position)
    if (!/^[\w.:-]*$/.test(line.rest)) return null
    const from = position - line.rest.length
    const isItem = line.dashes.length > 0
    return { path: toPath(open), what: isItem ? 'value' : 'field', from, present: siblings }
  }
  leaveColumn(open, line.column)
  const path = [...toPath(open), line.key]
  if (/^[[{]/.test(line.rest)) return readFlow(path, line.rest, position)
  return /^[\w.:-]*$/.test(line.rest) ? { path, what: 'value', from: position - line.rest.length, present: [] } : null
}

/** What is open after the lines above; null within a text of several lines. */
function readAbove(above: string, typed: string): Open[] | null {
  const open: Open[] = []
  let block: number | null = null
  for (const text of above.split('\n')) {
    const indent = text.search(/\S/)
    if (indent < 0) continue
    if (block !== null && indent > block) continue
    block = null
    if (text[indent] === '#') continue
    const line = readLine(text)
    for (const column of line.dashes) enterItem(open, column)
    if (line.key === null) continue
    const siblings = leaveColumn(open, line.column)
    open.push({ column: line.column, key: line.key, siblings: [...siblings, line.key] })
    if (/^[|>]/.test(line.rest)) block = line.column
  }
  const indent = typed.search(/\S/)
  return block !== null && (indent < 0 ? typed.length : indent) > block ? null : open
}

function enterItem(open: Open[], column: number): void {
  while ((open.at(-1)?.column ?? -1) > column) open.pop()
  const last = open.at(-1)
  if (last !== undefined && 'index' in last && last.column === column) last.index++
  else open.push({ column, index: 0 })
}

/** Closes what a field at this column ends. @returns the names that stand beside it. */
function leaveColumn(open: Open[], column: number): string[] {
  let siblings: string[] = []
  for (let last = open.at(-1); last !== undefined && last.column >= column; last = open.at(-1)) {
    siblings = 'key' in last && last.column === column ? last.siblings : []
    open.pop()
  }
  return siblings
}

function toPath(open: Open[]): Path {
  return open.map(one => ('key' in one ? one.key : one.index))
}

type Flow = { index: number } | { key: string | null; keys: string[] }

/** Between brackets and braces. */
function readFlow(base: Path, rest: string, position: number): TypingPlace | null {
  const stack: Flow[] = []
  let word = ''
  for (const sign of rest) {
    const top = stack.at(-1)
    if (sign === '[') stack.push({ index: 0 })
    else if (sign === '{') stack.push({ key: null, keys: [] })
    else if (sign === ']' || sign === '}') stack.pop()
    else if (sign === ',' && top !== undefined) {
      if ('index' in top) top.index++
      else top.key = null
    } else if (sign === ':' && top !== undefined && 'keys' in top && top.key === null) {
      top.key = word
      top.keys.push(word)
    } else if (/[\w.-]/.test(sign)) {
      word += sign
      continue
    }
    word = ''
  }
  const top = stack.at(-1)
  if (top === undefined) return null
  const inner = stack.flatMap((one): Path => ('index' in one ? [one.index] : one.key === null ? [] : [one.key]))
  const isField = 'keys' in top && top.key === null
  return {
    ...{ path: [...base, ...inner], what: isField ? 'field' : 'value', from: position - word.length },
    present: 'keys' in top ? top.keys : [],
  }
}

function readLine(text: string): Line {
  const lead = /^\s*(?:-\s+|-$)*\s*/.exec(text)?.[0] ?? ''
  const dashes = [...lead].flatMap((sign, column) => (sign === '-' ? [column] : []))
  const rest = text.slice(lead.length)
  const match = /^([\p{L}\w.]+|"[^"]*"):(?:\s+|$)(.*)$/su.exec(rest)
  return { dashes, column: lead.length, key: match?.[1]?.replaceAll('"', '') ?? null, rest: match?.[2] ?? rest }
}
