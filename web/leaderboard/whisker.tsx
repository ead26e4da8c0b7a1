import { countDecimals, formatScore, isTooFew, type ShownMean } from './score-numbers.ts'
import './whisker.css'

/** What stretch of numbers an axis shows. */
export interface Stretch {
  from: number
  to: number
}

const HEIGHT = 20
/** Room for half a dot at both ends. */
const EDGE = 6

interface WhiskerProps {
  mean: Pick<ShownMean, 'estimate' | 'low' | 'high' | 'cases'>
  stretch: Stretch
  width: number
  colour: string
  /** Its numbers may still change. */
  provisional: boolean
  /** Differences: a line where there is none. */
  zero?: boolean
  words: string
}

/** A number as a dot with its interval as a whisker, on an axis that all rows share. */
export function Whisker({ mean, stretch, width, colour, provisional, zero = false, words }: WhiskerProps) {
  const place = (value: number) => placeOn(stretch, width, value)
  const { low, high } = mean
  const middle = HEIGHT / 2
  return (
    <svg width={width} height={HEIGHT} role="img" aria-label={words} className="whisker" style={{ color: colour }}>
      {listTicks(stretch, zero).map(tick => (
        <path
          key={tick}
          d={`M${place(tick)} 0V${HEIGHT}`}
          className="tick"
          data-zero={(zero && tick === 0) || undefined}
        />
      ))}
      {low !== null && high !== null && !isTooFew(mean) && (
        <path
          d={`M${place(low)} ${middle - 4}v8M${place(low)} ${middle}H${place(high)}M${place(high)} ${middle - 4}v8`}
          className="line"
          data-provisional={provisional || undefined}
        />
      )}
      <circle cx={place(mean.estimate)} cy={middle} r={4} className="dot" data-provisional={provisional || undefined} />
    </svg>
  )
}

/** The shared axis, over the whiskers of all rows. */
export function WhiskerAxis({ stretch, width, zero = false }: { stretch: Stretch; width: number; zero?: boolean }) {
  const place = (value: number) => placeOn(stretch, width, value)
  const decimals = stretch.to - stretch.from < 0.15 ? 2 : 1
  const name = (value: number) =>
    zero && value !== 0
      ? `${value < 0 ? '−' : '+'}${formatScore(Math.abs(value), decimals)}`
      : formatScore(value, decimals)
  return (
    <svg width={width} height={HEIGHT} aria-hidden="true" className="whisker">
      {listTicks(stretch, zero).map(tick => (
        <path
          key={tick}
          d={`M${place(tick)} 14V${HEIGHT}`}
          className="tick"
          data-zero={(zero && tick === 0) || undefined}
        />
      ))}
      <text x={EDGE - 4} y={11}>
        {name(stretch.from)}
      </text>
      {zero && (
        <text x={place(0)} y={11} textAnchor="middle">
          0
        </text>
      )}
      <text x={width - EDGE + 4} y={11} textAnchor="end">
        {name(stretch.to)}
      </text>
    </svg>
  )
}

/** The stretch from 0 to 1 that holds all of these, in steps of a tenth, or of a fiftieth where they lie close together. */
export function fitScores(means: ShownMean[]): Stretch {
  const values = means.flatMap(mean => [
    mean.estimate,
    ...(isTooFew(mean) ? [] : [mean.low ?? mean.estimate, mean.high ?? mean.estimate]),
  ])
  if (values.length === 0) return { from: 0, to: 1 }
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const step = high - low < 0.08 ? 0.02 : 0.1
  const [from, to] = [roundTo(Math.floor(low / step + 1e-9) * step), roundTo(Math.ceil(high / step - 1e-9) * step)]
  return to - from >= step ? { from: Math.max(0, from), to: Math.min(1, to) } : spread(from, step)
}

/** The stretch around 0 that holds all of these differences. */
export function fitDifferences(values: number[]): Stretch {
  const most = Math.max(0.02, ...values.map(Math.abs))
  const step = most <= 0.08 ? 0.02 : 0.1
  const edge = roundTo(Math.ceil(most / step - 1e-9) * step)
  return { from: -edge, to: edge }
}

/** A single value on a tick has room on both sides. */
function spread(at: number, step: number): Stretch {
  return { from: Math.max(0, roundTo(at - step)), to: Math.min(1, roundTo(at + step)) }
}

function listTicks({ from, to }: Stretch, zero: boolean): number[] {
  if (zero) return [from, 0, to]
  const parts = Math.round((to - from) / (to - from < 0.15 ? 0.02 : 0.1))
  const every = parts > 6 ? 2 : 1
  return Array.from({ length: parts + 1 }, (_, index) => roundTo(from + ((to - from) * index) / parts)).filter(
    (_, index) => index % every === 0 || index === parts,
  )
}

function placeOn({ from, to }: Stretch, width: number, value: number): number {
  const share = (value - from) / (to - from)
  return Math.round((EDGE + Math.min(1, Math.max(0, share)) * (width - 2 * EDGE)) * 10) / 10
}

function roundTo(value: number): number {
  return Math.round(value * 1e6) / 1e6
}

/** A score beside its whisker: the number above, the interval below. */
export function MeanText({ mean, interval }: { mean: ShownMean; interval: string }) {
  return (
    <span className="mean-text">
      {formatScore(mean.estimate, countDecimals(mean))}
      <small>{interval}</small>
    </span>
  )
}
