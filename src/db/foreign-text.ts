/**
 * Text that PostgreSQL cannot store, made storable. A `text` value holds neither NUL nor a lone surrogate, yet both
 * occur in real tool output. On the way in they become an escape, on the way out they come back; every string passes
 * here (`connect.ts`), so nothing is altered in silence and no caller has to remember it.
 *
 * The escape character is the noncharacter U+FDD0, which never occurs in interchanged text (Unicode 23.7); where it
 * does occur all the same, it is doubled.
 */

const ESCAPE = '\uFDD0'
const needsEscape = /[\0\uFDD0]/

/** Makes any JavaScript string storable. Returns the string itself when it is already. */
export function escapeText(text: string): string {
  if (text.isWellFormed() && !needsEscape.test(text)) return text
  return text.replace(/\0|\uFDD0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, unit =>
    unit === ESCAPE ? ESCAPE + ESCAPE : `${ESCAPE}${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Undoes `escapeText`. */
export function unescapeText(text: string): string {
  if (!text.includes(ESCAPE)) return text
  return text.replace(/\uFDD0(\uFDD0|[0-9a-f]{4})/g, (_, code: string) =>
    code === ESCAPE ? ESCAPE : String.fromCharCode(Number.parseInt(code, 16)),
  )
}

/**
 * Undoes `escapeText` in every string of a JSON value. After parsing, since a NUL put back into JSON text would break it.
 *
 * @param source the text that the value was parsed from.
 */
export function unescapeJson(value: unknown, source: string): unknown {
  return source.includes(ESCAPE) ? mapStrings(value) : value
}

function mapStrings(value: unknown): unknown {
  if (typeof value === 'string') return unescapeText(value)
  if (Array.isArray(value)) return value.map(mapStrings)
  if (typeof value !== 'object' || value === null || JSON.isRawJSON(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [unescapeText(key), mapStrings(child)]))
}
