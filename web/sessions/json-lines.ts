/**
 * JSON as lines to be read, made from its tokens: nothing is parsed and written again, so a number of 20 digits stays what it
 * is. Text that was cut off, or is no JSON after all, gives lines as far as it goes. Pure.
 */

export type JsonToken = { kind: 'key' | 'string' | 'number' | 'word' | 'mark'; text: string }

export interface JsonLine {
  depth: number
  tokens: JsonToken[]
  /** Of a line that opens an object or a list: the line that closes it, and how many entries lie between. */
  closes?: { line: number; entries: number }
}

const TOKEN = /\s*("(?:[^"\\]|\\.)*(?:"|$)|[{}[\],:]|[^\s{}[\],:"]+)/gs

/** @param limit so many lines at most. */
export function layOutJson(text: string, limit = 20_000): JsonLine[] {
  const lines: JsonLine[] = []
  const open: { line: number; entries: number }[] = []
  let current: JsonLine | null = null
  const add = (token: JsonToken, fresh: boolean) => {
    if (current === null || fresh) {
      current = { depth: open.length, tokens: [] }
      lines.push(current)
    }
    current.tokens.push(token)
  }
  let fresh = true
  const tokens = [...text.matchAll(TOKEN)].map(match => match[1] ?? '')
  for (const [index, token] of tokens.entries()) {
    if (lines.length >= limit) break
    const next = tokens[index + 1]
    if (token === '{' || token === '[') {
      add({ kind: 'mark', text: token }, fresh)
      const isEmpty = next === '}' || next === ']'
      open.push({ line: isEmpty ? -1 : lines.length - 1, entries: isEmpty ? 0 : 1 })
      fresh = !isEmpty
    } else if (token === '}' || token === ']') {
      const opened = open.pop()
      add({ kind: 'mark', text: token }, opened?.line !== -1)
      const opener = lines[opened?.line ?? -1]
      if (opener !== undefined && opened !== undefined)
        opener.closes = { line: lines.length - 1, entries: opened.entries }
      fresh = false
    } else if (token === ',') {
      add({ kind: 'mark', text: ',' }, false)
      const container = open.at(-1)
      if (container !== undefined) container.entries++
      fresh = true
    } else if (token === ':') add({ kind: 'mark', text: ': ' }, false)
    else {
      add({ kind: nameKind(token, next), text: token }, fresh)
      fresh = false
    }
  }
  return lines
}

/** JSON with two spaces for each depth, as `JSON.stringify` indents it, from its tokens as they came. */
export function indentJson(text: string): string {
  const lines = layOutJson(text, Number.POSITIVE_INFINITY)
  return lines.map(({ depth, tokens }) => '  '.repeat(depth) + tokens.map(token => token.text).join('')).join('\n')
}

/** What a JSON string says; null for a token that is none, or was cut off. */
export function readJsonString(token: string): string | null {
  try {
    const value: unknown = JSON.parse(token)
    return typeof value === 'string' ? value : null
  } catch {
    return null
  }
}

/** Whether a text looks like a JSON object or list as a whole. */
export function looksLikeJson(text: string): boolean {
  return /^\s*(?:\{.*\}|\[.*\])\s*$/s.test(text)
}

function nameKind(token: string, next: string | undefined): JsonToken['kind'] {
  if (token.startsWith('"')) return next === ':' ? 'key' : 'string'
  return /^-?\d/.test(token) ? 'number' : 'word'
}
