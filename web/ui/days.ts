/** A day of an address or a field, as `2026-01-31`; nothing where there is no such day, or none that the server knows. */
export function readDay(given: unknown): string | undefined {
  const text = String(given)
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text.startsWith('0000')) return undefined
  const day = new Date(`${text}T00:00:00Z`)
  // A 30th of February is read as a day of March.
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text) ? text : undefined
}

/** A day of UTC in a few letters: `14 Nov`, `14 Nov 2024`. */
export function formatDay(day: string): string {
  const sameYear = day.slice(0, 4) === new Date().toISOString().slice(0, 4)
  const year = sameYear ? {} : ({ year: 'numeric' } as const)
  return new Date(`${day}T00:00:00Z`).toLocaleDateString('en-GB', {
    ...{ day: 'numeric', month: 'short', timeZone: 'UTC' },
    ...year,
  })
}

/** The midnight after a day, in the reader's zone. */
export function endOfDay(day: string): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date + 1).toISOString()
}
