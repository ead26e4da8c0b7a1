/**
 * Foreign text made harmless to show: a line of it cannot look like a line of ours, and nothing in it is invisible. Only
 * what a judge sees is changed here; what is stored stays as it came.
 */

/** Every break that Unicode knows (UAX 14: BK, CR, LF, NL), lone carriage returns included. */
const LINE_BREAK = /\r\n|[\n\r\v\f\x85\u2028\u2029]/

/**
 * Shown as an escape: controls (NUL, which providers refuse, and ANSI's ESC), lone surrogates, bidirectional controls,
 * zero-width characters, tags and supplementary variation selectors (both can carry hidden text). The joiners U+200C and
 * U+200D stay: Persian, Indic scripts and emoji need them.
 */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what it looks for
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}\p{Cs}]/gu

/** How much of a name is shown. */
const NAME_LIMIT = 200

/** The lines of a text, each behind `| `; an empty text has one line. */
export function showLines(text: string, indent: string): string {
  const start = `${indent}| `
  return start + text.split(LINE_BREAK).map(escapeUnseen).join(`\n${start}`)
}

/** A short text within a line of ours: in double quotes, with JSON's escapes. */
export function quoteName(name: string): string {
  const shown = name.length > NAME_LIMIT ? name.slice(0, NAME_LIMIT) : name
  const quoted = escapeUnseen(JSON.stringify(shown))
  return shown === name ? quoted : `${quoted} (the first ${NAME_LIMIT} of ${showCount(name.length)} characters)`
}

/** Shows what cannot be seen as an escape: U+0000 as `\u0000`, U+E0041 as `\u{e0041}`. The result is well-formed. */
export function escapeUnseen(text: string): string {
  return text.replace(UNSEEN, character => {
    const code = character.codePointAt(0) ?? 0
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

/** The first two thirds and the last third of `limit` characters, without splitting a character in two. */
export function splitText(text: string, limit: number): { head: string; tail: string } {
  let headEnd = Math.ceil((limit * 2) / 3)
  let tailStart = text.length - (limit - headEnd)
  if (splitsPair(text, headEnd)) headEnd -= 1
  if (splitsPair(text, tailStart)) tailStart += 1
  return { head: text.slice(0, headEnd), tail: text.slice(tailStart) }
}

/** A count with commas between thousands, as in `4,120`. */
export function showCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A duration in its two largest units, as in `2 h 5 min`; `0 s` when it is not positive. */
export function showDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`
}

function splitsPair(text: string, position: number): boolean {
  return /[\ud800-\udbff]/.test(text.charAt(position - 1)) && /[\udc00-\udfff]/.test(text.charAt(position))
}
