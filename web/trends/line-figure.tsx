import { useRef, useState } from 'react'
import './line-figure.css'
import { describeFigure, type Figure, formatPoint, type LinePoint, type LineRun } from './trend-lines.ts'

interface FigureProps {
  figure: Figure
  /** From where to where the scale goes. */
  domain: [number, number]
  counts?: boolean
  height?: number
  /** Without scales, labels and hover: a figure in a line of text. */
  bare?: boolean
}

const WIDTH = 320
const SHAPES = ['●', '▲', '■', '◆']

/** Weekly values as straight lines with their 95 % bands; gaps stay gaps, the week that goes on is dotted. */
export function LineFigure({ figure, domain, counts = false, height = 150, bare = false }: FigureProps) {
  const [at, setAt] = useState<number | null>(null)
  const box = useRef<SVGSVGElement>(null)
  const { lines, weeks, breaks } = figure
  const [left, right, top, bottom] = bare ? [2, 2, 3, 3] : [30, 8, 8, 18]
  const last = weeks.length - 1
  const x = (index: number) => left + (last === 0 ? 0 : (index / last) * (WIDTH - left - right))
  const y = (value: number) => {
    const share = (value - domain[0]) / Math.max(1e-9, domain[1] - domain[0])
    return top + (1 - Math.min(1, Math.max(0, share))) * (height - top - bottom)
  }
  const point = (clientX: number) => {
    const frame = box.current?.getBoundingClientRect()
    if (frame === undefined) return
    const share = (((clientX - frame.left) / frame.width) * WIDTH - left) / (WIDTH - left - right)
    setAt(Math.min(last, Math.max(0, Math.round(share * last))))
  }
  return (
    <div className="line-figure">
      <svg
        ref={box}
        viewBox={`0 0 ${WIDTH} ${height}`}
        role="img"
        aria-label={describeFigure(figure, counts)}
        {...(bare ? {} : { onPointerMove: event => point(event.clientX), onPointerLeave: () => setAt(null) })}
      >
        {!bare && <Scales domain={domain} weeks={weeks} x={x} y={y} height={height} counts={counts} />}
        {breaks.map(({ index, what }) => (
          <g key={index} className="break">
            <path d={`M${x(index - 0.5)} ${top}V${height - bottom}`} />
            {!bare && (
              <text
                x={x(index - 0.5) + (index > last / 2 ? -3 : 3)}
                y={top + 8}
                textAnchor={index > last / 2 ? 'end' : 'start'}
              >
                {what}
              </text>
            )}
          </g>
        ))}
        {lines.map(({ name, place, runs }) => (
          <g key={name} className="series" data-place={place}>
            {runs.map(run => (
              <Run key={run.points[0]?.index} run={run} last={last} x={x} y={y} bare={bare} place={place} />
            ))}
          </g>
        ))}
        {at !== null && <path className="cursor" d={`M${x(at)} ${top}V${height - bottom}`} />}
      </svg>
      {at !== null && (
        <p className="figure-tip" aria-hidden="true">
          <span>Week of {formatDay(weeks[at] ?? '')}</span>
          {lines.map(({ name, place, runs }) => {
            const found = runs.flatMap(run => run.points).find(one => one.index === at)
            return (
              <span key={name}>
                <span className="series-mark" data-place={place}>
                  {SHAPES[place]}
                </span>{' '}
                {lines.length > 1 && `${name} `}
                {found === undefined ? '–' : formatPoint(found, counts)}
              </span>
            )
          })}
        </p>
      )}
    </div>
  )
}

/** What stands for a series beside its name. */
export function SeriesMark({ place }: { place: number }) {
  return (
    <span className="series-mark" data-place={place} aria-hidden="true">
      {SHAPES[place]}
    </span>
  )
}

/** A day as `14 Nov`. */
export function formatDay(day: string): string {
  return new Date(`${day}T00:00:00Z`).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
}

interface RunProps {
  run: LineRun
  last: number
  x: (index: number) => number
  y: (value: number) => number
  bare: boolean
  place: number
}

/** Its part up to the last whole week is drawn through, what leads into the week that goes on is dotted. */
function Run({ run: { points }, last, x, y, bare, place }: RunProps) {
  const whole = points.filter(point => point.index < last)
  const open = points.at(-1)?.index === last ? points.slice(-2) : []
  const line = (some: LinePoint[]) => some.map(({ index, value }) => `${x(index)},${y(value)}`).join(' ')
  const sure = points.filter(point => point.n >= 5)
  const band = [
    ...sure.map(point => `${x(point.index)},${y(point.high ?? point.value)}`),
    ...sure.toReversed().map(point => `${x(point.index)},${y(point.low ?? point.value)}`),
  ]
  const [only] = sure
  return (
    <>
      {sure.length > 1 && <polygon className="band" points={band.join(' ')} />}
      {sure.length === 1 && only && only.low !== null && only.high !== null && (
        <path className="whisker" d={`M${x(only.index)} ${y(only.low)}V${y(only.high)}`} />
      )}
      <polyline className="line" points={line(whole)} />
      <polyline className="line open" points={line(open)} />
      {points.map(point => (
        <Mark
          key={point.index}
          cx={x(point.index)}
          cy={y(point.value)}
          size={bare ? 2 : 2.5}
          place={place}
          open={point.index === last}
        />
      ))}
    </>
  )
}

/** A point in the shape of its series; the one of a week that goes on is hollow. */
function Mark({ cx, cy, size, place, open }: { cx: number; cy: number; size: number; place: number; open: boolean }) {
  const className = open ? 'mark open' : 'mark'
  if (place === 1)
    return <path className={className} d={`M${cx} ${cy - size * 1.3}l${size * 1.3} ${size * 2.3}h${-size * 2.6}z`} />
  if (place === 2)
    return <path className={className} d={`M${cx - size} ${cy - size}h${size * 2}v${size * 2}h${-size * 2}z`} />
  if (place === 3)
    return (
      <path
        className={className}
        d={`M${cx} ${cy - size * 1.4}l${size * 1.4} ${size * 1.4}l${-size * 1.4} ${size * 1.4}l${-size * 1.4} ${-size * 1.4}z`}
      />
    )
  return <circle className={className} cx={cx} cy={cy} r={size} />
}

interface ScalesProps extends Pick<RunProps, 'x' | 'y'> {
  domain: [number, number]
  weeks: string[]
  height: number
  counts: boolean
}

function Scales({ domain, weeks, x, y, height, counts }: ScalesProps) {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map(share => domain[0] + share * (domain[1] - domain[0]))
  const last = weeks.length - 1
  const days = [0, Math.round(last / 2), last]
  return (
    <g className="scales">
      {ticks.map((tick, index) => (
        <g key={tick}>
          <path d={`M30 ${y(tick)}H${WIDTH - 8}`} />
          {index % 2 === 0 && (
            <text x={26} y={y(tick) + 3.5} textAnchor="end">
              {counts && tick >= 1_000 ? `${Math.round(tick / 100) / 10}k` : Math.round(tick)}
            </text>
          )}
        </g>
      ))}
      {days.map((index, turn) => (
        <text key={index} x={x(index)} y={height - 5} textAnchor={(['start', 'middle', 'end'] as const)[turn]}>
          {formatDay(weeks[index] ?? '')}
        </text>
      ))}
    </g>
  )
}
