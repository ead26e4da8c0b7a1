/** JSON objects inside other text, such as a model's reply. */

/** Objects nested deeper than this are not looked for, which bounds how often a character is read. */
const DEEPEST = 8

const SPACE = /[ \t\n\r]*/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/**
 * The texts of all complete JSON objects (RFC 8259) in a text, in order, without those inside another one. Braces that
 * belong to no valid object are passed over. Takes time linear in the text's length.
 */
export function findJsonObjects(text: string): string[] {
  const objects: string[] = []
  let start = text.indexOf('{')
  while (start >= 0) {
    const end = skipValue(text, start, 0)
    if (end >= 0) objects.push(text.slice(start, end))
    start = text.indexOf('{', Math.max(end, start + 1))
  }
  return objects
}

/** The position after the JSON value that begins at `start`; -1 where there is none. */
function skipValue(text: string, start: number, depth: number): number {
  const first = text[start]
  if (first === '"') return skipString(text, start)
  if (first !== '{' && first !== '[') return skipPattern(SCALAR, text, start)
  const last = first === '{' ? '}' : ']'
  let at = skipSpace(text, start + 1)
  if (text[at] === last) return at + 1
  for (;;) {
    if (first === '{') at = skipKey(text, at)
    if (at < 0 || depth >= DEEPEST) return -1
    at = skipValue(text, at, depth + 1)
    if (at < 0) return -1
    at = skipSpace(text, at)
    if (text[at] === last) return at + 1
    if (text[at] !== ',') return -1
    at = skipSpace(text, at + 1)
  }
}

/** The position of the value after the key that begins here; -1 where there is no key. */
function skipKey(text: string, start: number): number {
  const end = skipString(text, start)
  if (end < 0) return -1
  const colon = skipSpace(text, end)
  return text[colon] === ':' ? skipSpace(text, colon + 1) : -1
}

/** The position after the string that begins here; -1 where there is none or it is not closed. */
function skipString(text: string, start: number): number {
  if (text[start] !== '"') return -1
  let at = start + 1
  while (at >= 0 && at < text.length) {
    const code = text.charCodeAt(at)
    if (code === 34) return at + 1
    if (code < 32) return -1
    at = code === 92 ? skipPattern(ESCAPE, text, at) : at + 1
  }
  return -1
}

function skipSpace(text: string, start: number): number {
  return skipPattern(SPACE, text, start)
}

function skipPattern(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start
  return pattern.test(text) ? pattern.lastIndex : -1
}
