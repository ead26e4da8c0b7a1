/**
 * Characters that show nothing: every kind of white space, control characters, those that Unicode says to ignore where they
 * are not supported (joiners, marks of direction, fillers, variation selectors), and the empty Braille pattern.
 */
const BLANK = /^[\s\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]*$/u

/** Whether a reader would see nothing of the text. */
export function isBlank(text: string): boolean {
  return BLANK.test(text)
}

/**
 * A regular expression of PostgreSQL for texts, as they are stored, of which a reader would see nothing: exactly those that
 * `isBlank` finds. It also finds a text that is cut off within the escape of a NUL.
 */
export function writeBlankPattern(): string {
  pattern ??= composePattern()
  return pattern
}

let pattern: string | undefined

/** Looks at every character there is, which takes a twentieth of a second. */
function composePattern(): string {
  const ranges: [number, number][] = []
  for (let code = 1; code <= 0x10ffff; code++) {
    const last = ranges.at(-1)
    if (code >= 0xd800 && code <= 0xdfff) continue
    if (!BLANK.test(String.fromCodePoint(code))) continue
    if (last !== undefined && last[1] === code - 1) last[1] = code
    else ranges.push([code, code])
  }
  const name = (code: number) => `\\U${code.toString(16).padStart(8, '0')}`
  const blank = ranges.map(([from, to]) => (from === to ? name(from) : `${name(from)}-${name(to)}`)).join('')
  // A NUL is stored as an escape.
  return `^(?:[${blank}]|\\uFDD00000)*(?:\\uFDD00{0,3})?$`
}
