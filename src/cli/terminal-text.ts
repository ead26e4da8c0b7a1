import { once } from 'node:events'
import picocolors from 'picocolors'
import stringWidth from 'string-width'

const UNSAFE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/gu

/**
 * Foreign text as one line that a terminal can be given: white space becomes a space, and what a terminal would obey
 * instead of showing it (control characters, escape sequences, changes of direction, tags) is spelled out.
 */
export function showText(text: string): string {
  return text.replace(/[\t\n\r]+/g, ' ').replace(UNSAFE, spellOut)
}

/** Breaks foreign text into lines of at most `width` columns; its own line breaks stay, a longer word gets its own line. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = []
  for (const paragraph of text.split(/\r\n|\r|\n/)) {
    let line = ''
    for (const word of showText(paragraph).split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`
      if (line !== '' && stringWidth(longer) > width) {
        lines.push(line)
        line = word
      } else line = longer
    }
    lines.push(line)
  }
  return lines
}

/** Cuts text to `width` columns, whole characters, with `…` at the end when something is missing. */
export function clipText(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let clipped = ''
  let used = 1
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += stringWidth(segment)
    if (used > width) break
    clipped += segment
  }
  return `${clipped}…`
}

/** JSON for standard output. Characters that a terminal would obey are escaped, which is the same JSON. */
export function formatJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/[\u007f-\u{10ffff}]/gu, character =>
    character.search(UNSAFE) === 0 ? escapeJson(character) : character,
  )
}

/** Colours, on a terminal that has them and wants them; elsewhere the text alone. */
export const colours = picocolors.createColors(picocolors.isColorSupported && process.stdout.isTTY === true)

let isCut = false

/** Prints lines to standard output. When its reader has gone (`| head`) nothing more is printed, and that is no error. */
export async function print(...lines: string[]): Promise<void> {
  if (isCut || lines.length === 0) return
  if (!process.stdout.write(`${lines.join('\n')}\n`) && !isCut) {
    await Promise.race([once(process.stdout, 'drain'), once(process.stdout, 'close')]).catch(() => {})
  }
}

/** Makes a reader that has gone no error. To be called once, before anything is printed. */
export function forgiveCutOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // EIO: the terminal itself was closed.
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
    isCut = true
  })
  process.stderr.on('error', () => {})
}

function spellOut(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

function escapeJson(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`
  }).join('')
}
