import { formatDollars, formatDuration } from '../ui/numbers.ts'

/** A mean with its interval and what it is made of, as the server says it. */
export interface ShownMean {
  estimate: number
  low: number | null
  high: number | null
  cases: number
}

/** Fewer cases than this carry no interval that is worth showing. */
const FEW = 5

/** Whether a mean is over too few cases for an interval. */
export function isTooFew({ cases }: { cases: number }): boolean {
  return cases < FEW
}

/** How many decimals a score needs: three when its interval is narrower than a hundredth on each side. */
export function countDecimals({ low, high }: { low: number | null; high: number | null }): number {
  return low !== null && high !== null && (high - low) / 2 < 0.01 ? 3 : 2
}

/** A score from 0 to 1: `0.82`. */
export function formatScore(value: number | null, decimals = 2): string {
  return value === null ? '–' : value.toFixed(decimals)
}

/** A difference, always with its sign: `+0.04`, `−0.14`, `0.00`. */
export function formatDifference(value: number, decimals = 2): string {
  const text = Math.abs(value).toFixed(decimals)
  if (Number(text) === 0) return text
  return `${value < 0 ? '−' : '+'}${text}`
}

/** The interval of a score: `[0.79, 0.84]`; `n=3` where there is none to be shown. */
export function formatInterval(mean: ShownMean): string {
  const { low, high, cases } = mean
  if (isTooFew(mean)) return `n=${cases}`
  if (low === null || high === null) return 'no interval'
  const decimals = countDecimals(mean)
  return `[${formatScore(low, decimals)}, ${formatScore(high, decimals)}]`
}

/** A score in words: `0.82 [0.79, 0.84] n=120`, or `0.82, n=3, too few for an interval`. */
export function describeMean(mean: ShownMean | null): string {
  if (mean === null) return 'no score'
  const value = formatScore(mean.estimate, countDecimals(mean))
  if (isTooFew(mean)) return `${value}, n=${mean.cases}, too few for an interval`
  return `${value} ${formatInterval(mean)} n=${mean.cases.toLocaleString('en-US')}`
}

/** A p-value: `<0.001`, `0.012`, `0.34`. */
export function formatChance(value: number): string {
  if (value < 0.001) return '<0.001'
  return value < 0.1 ? value.toFixed(3) : value.toFixed(2)
}

/** The interval of an amount of dollars: `[$0.0019, $0.0021]`. */
export function formatDollarInterval(mean: ShownMean): string {
  if (isTooFew(mean)) return `n=${mean.cases}`
  if (mean.low === null || mean.high === null) return 'no interval'
  return `[${formatDollars(mean.low)}, ${formatDollars(mean.high)}]`
}

/** The interval of a duration: `[3.1 s, 3.4 s]`. */
export function formatDurationInterval(mean: ShownMean): string {
  if (isTooFew(mean)) return `n=${mean.cases}`
  if (mean.low === null || mean.high === null) return 'no interval'
  return `[${formatDuration(mean.low)}, ${formatDuration(mean.high)}]`
}

/** A rank: `1–2` where the data leave it open, `3` where they do not. */
export function formatRank(rank: { best: number; worst: number } | null): string {
  if (rank === null) return '–'
  return rank.best === rank.worst ? String(rank.best) : `${rank.best}–${rank.worst}`
}

interface Compared {
  variant_no: number
  rank: { best: number; worst: number } | null
  /** To the baseline. */
  difference: { verdict: string | null } | null
}

/** Whether a variant is shown to differ from the baseline with which it shares ranks. */
export function sharesRankApart(board: { entries: Compared[]; baseline: { variant_no: number } | null }): boolean {
  const base = board.entries.find(one => one.variant_no === board.baseline?.variant_no)?.rank
  return board.entries.some(({ difference, rank }) => {
    const isApart = difference?.verdict === 'better' || difference?.verdict === 'worse'
    return base != null && rank != null && isApart && rank.best <= base.worst && base.best <= rank.worst
  })
}
