/** Numbers as they are written everywhere. Pure. */

/** US dollars: two decimals, below a cent two significant digits; `no price` when it is not known. */
export function formatDollars(value: number | null): string {
  if (value === null) return 'no price'
  if (value === 0) return '$0'
  if (Math.abs(value) < 0.01)
    return `$${Number(value.toPrecision(2)).toFixed(Math.max(4, 1 - Math.floor(Math.log10(Math.abs(value)))))}`
  // Not `$1.000` for what rounds to a dollar.
  return Math.abs(value) < 0.9995 ? `$${value.toFixed(3)}` : `$${value.toFixed(2)}`
}

/** A count: exact up to four digits with a separator, then `12.4k`, `1.3M`. */
export function formatCount(value: number): string {
  if (value < 10_000) return value.toLocaleString('en-US')
  return value < 999_500 ? `${trimZero(value / 1_000)}k` : `${trimZero(value / 1_000_000)}M`
}

/** A count with its noun, to the last digit: `1 run`, `12,400 runs`. */
export function countOf(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`
}

/** The same as short as `formatCount` says it: `1 run`, `12.4k runs`. */
export function countNoun(n: number, noun: string): string {
  return `${formatCount(n)} ${noun}${n === 1 ? '' : 's'}`
}

/** A number that grows where it stands, as wide as four digits, so that the words beside it do not move. */
export function padCount(value: number | string): string {
  const figureSpace = '\u2007'
  return String(value).padStart(4, figureSpace)
}

/** What came into a list: `   3 new`; nothing where nothing did. A page of 100 is looked at. */
export function describeFresh(count: number): string {
  return count === 0 ? '' : `${padCount(count >= 100 ? '100+' : count)} new`
}

/** A count of rows: exact up to the bound, then `10,000+`. */
export function formatBounded(count: { n: number; exact: boolean }): string {
  return `${count.n.toLocaleString('en-US')}${count.exact ? '' : '+'}`
}

/** Why a list is empty: `Nothing matches these 2 filters.` */
export function describeNoMatch(filters: number): string {
  return `Nothing matches ${filters <= 1 ? 'this filter' : `these ${filters} filters`}.`
}

/** Milliseconds: `840 ms`, `3.2 s`, `4 min 05 s`. */
export function formatDuration(ms: number): string {
  // What would be rounded to 1000 ms or 60.0 s is told in the next unit.
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`
}

function trimZero(value: number): string {
  return value < 100 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(0)
}
