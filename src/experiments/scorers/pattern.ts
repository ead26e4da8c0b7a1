/** Regular expressions from users, which must not be able to hold up the process: RE2's, linear in the text's length. */
import { RE2JS } from 're2js'

/**
 * A test whether a pattern occurs in a text, in RE2's syntax (that of JavaScript without look-around and back references).
 * `flags` may hold i, m and s.
 *
 * Throws a `SyntaxError` that says what is wrong with the pattern.
 */
export function compilePattern(pattern: string, flags = ''): (text: string) => boolean {
  const values: { [flag: string]: number } = { i: RE2JS.CASE_INSENSITIVE, m: RE2JS.MULTILINE, s: RE2JS.DOTALL }
  const combined = [...flags].reduce((sum, flag) => sum | (values[flag] ?? 0), 0)
  let compiled: RE2JS
  try {
    compiled = RE2JS.compile(RE2JS.translateRegExp(pattern), combined)
  } catch (error) {
    throw new SyntaxError(error instanceof Error ? error.message : String(error))
  }
  return text => compiled.test(text)
}
