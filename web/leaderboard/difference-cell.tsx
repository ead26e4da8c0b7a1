import type { ShownLeaderboard } from '#client.ts'
import { countDecimals, formatDifference, isTooFew } from './score-numbers.ts'
import { type Stretch, Whisker } from './whisker.tsx'

export type ShownGap = NonNullable<ShownLeaderboard['entries'][number]['difference']>

interface DifferenceProps {
  difference: ShownGap | null
  isBaseline: boolean
  stretch: Stretch
  width: number
  colour: string
  provisional: boolean
}

/** The difference to the baseline as dot and whisker around a line at 0, and in numbers. */
export function DifferenceCell({ difference, isBaseline, stretch, width, colour, provisional }: DifferenceProps) {
  if (isBaseline) return <span className="quiet board-baseline">baseline</span>
  if (difference === null) return <span className="quiet">–</span>
  const interval = shownInterval(difference)
  return (
    <div className="board-score">
      <Whisker
        mean={{ ...difference, low: interval?.low ?? null, high: interval?.high ?? null }}
        stretch={stretch}
        width={width}
        colour={colour}
        provisional={provisional}
        zero
        words={describeDifference(difference)}
      />
      <span className="mean-text">
        {formatGap(difference)}{' '}
        <span className="gap-interval">
          {interval === null ? `n=${difference.cases}` : formatGapInterval(difference)}
        </span>
        <small>{interval === null ? 'too few for an interval' : <Outcome difference={difference} />}</small>
      </span>
    </div>
  )
}

/** Whether it is shown to be better or worse; nothing while it runs. */
export function Outcome({ difference }: { difference: ShownGap }) {
  if (difference.verdict === null || isTooFew(difference)) return null
  if (difference.verdict === 'undecided') return <span className="quiet outcome">no difference shown</span>
  const better = difference.verdict === 'better'
  return (
    <span className="outcome" data-verdict={difference.verdict}>
      <span aria-hidden="true">{better ? '▲' : '▼'}</span> {difference.verdict}
    </span>
  )
}

/** A difference in words, with its interval and verdict. */
export function describeDifference(difference: ShownGap): string {
  if (isTooFew(difference)) return `${formatGap(difference)}, n=${difference.cases}, too few for an interval`
  const verdict =
    difference.verdict === null
      ? ''
      : difference.verdict === 'undecided'
        ? ', no difference shown'
        : `, ${difference.verdict}`
  return `${formatGap(difference)} ${formatGapInterval(difference)} n=${difference.cases.toLocaleString('en-US')}${verdict}`
}

/** The interval for all comparisons together; for this one alone while it runs. Null over too few cases. */
export function shownInterval(difference: ShownGap): { low: number; high: number } | null {
  if (isTooFew(difference)) return null
  return {
    low: difference.simultaneous_low ?? difference.low,
    high: difference.simultaneous_high ?? difference.high,
  }
}

/** The difference itself, signed. */
export function formatGap(difference: ShownGap): string {
  return formatDifference(difference.estimate, countDecimals(shownInterval(difference) ?? { low: null, high: null }))
}

/** Its interval: `[−0.04, +0.02]`; where the verdict alone keeps 0 out of it, 0 is no part of it: `[−0.42, 0)`. */
export function formatGapInterval(difference: ShownGap): string {
  const interval = shownInterval(difference)
  if (interval === null) return ''
  const { low, high } = interval
  const closest = Math.min(Math.abs(low), Math.abs(high))
  // A bound that is not 0 must not look like it where that decides something.
  const isClose = difference.verdict !== 'undecided' && closest > 0 && closest < 0.005
  const decimals = isClose ? 3 : countDecimals(interval)
  const [from, to] = [low, high].map(bound => formatDifference(bound, decimals))
  if (difference.cut_at_zero && high === 0) return `[${from}, 0)`
  return difference.cut_at_zero && low === 0 ? `(0, ${to}]` : `[${from}, ${to}]`
}
