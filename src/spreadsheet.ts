/**
 * A value as a cell of comma-separated values (RFC 4180) that a spreadsheet shows and does not calculate: what begins like
 * a formula gets an apostrophe before it, as OWASP advises ("CSV Injection"). Nothing for null.
 */
export function quoteSpreadsheet(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const safe = /^[\s\p{Cc}\p{Cf}]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
