import { useRef, useState } from 'react'
import { formatDay } from '../ui/days.ts'
import './line-figure.css'
import { describeFigure, type Figure, formatPoint, hasInterval, type LinePoint, type LineRun } from './trend-lines.ts'

interface FigureProps {
  figure: Figure
  /** From where to where the scale goes. */
  domain: [number, number]
  counts?: boolean
  /** Of the drawing, in units that are pixels when it is shown at its own size. */
  width?: number
  height?: number
  /** Without scales, labels and hover: a figure in a line of text. */
  bare?: boolean
}

const SHAPES = ['●', '▲', '■', '◆']

/** Weekly values as straight lines with their 95 % bands; gaps stay gaps, the week that goes on is dotted. */
export function LineFigure(props: FigureProps) {
  const { figure, domain, counts = false, width = 320, height = 180, bare = false } = props
  const [at, setAt] = useState<number | null>(null)
  const box = useRef<SVGSVGElement>(null)
  const { lines, weeks, breaks } = figure
  const [left, right, top, bottom] = bare ? [4, 4, 4, 4] : [32, 8, 8, 20]
  const last = weeks.length - 1
  const x = (index: number) => left + (last === 0 ? 0 : (index / last) * (width - left - right))
  const y = (value: number) => {
    const share = (value - domain[0]) / Math.max(1e-9, domain[1] - domain[0])
    return top + (1 - Math.min(1, Math.max(0, share))) * (height - top - bottom)
  }
  const point = (clientX: number) => {
    const frame = box.current?.getBoundingClientRect()
    if (frame === undefined) return
    const share = (((clientX - frame.left) / frame.width) * width - left) / (width - left - right)
    setAt(Math.min(last, Math.max(0, Math.round(share * last))))
  }
  return (
    <div className="line-figure">
      <svg
        ref={box}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={describeFigure(figure, counts)}
        {...(bare ? {} : { onPointerMove: event => point(event.clientX), onPointerLeave: () => setAt(null) })}
      >
        {!bare && <Scales domain={domain} weeks={weeks} x={x} y={y} width={width} height={height} counts={counts} />}
        {breaks.map(({ index, what }, turn) => (
          <g key={index} className="break">
            <path d={`M${x(index - 0.5)} ${top}V${height - bottom}`} />
            {!bare && (
              <text
                x={x(index - 0.5) + (index > last / 2 ? -3 : 3)}
                y={top + 8 + (turn % 3) * 13}
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
  return (
    <>
      {splitSure(points).map(part => (
        <Band key={part[0]?.index} points={part} x={x} y={y} />
      ))}
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

/** Where intervals are known: between two weeks that have one there is a band, at a single one a whisker. */
function Band({ points, x, y }: { points: LinePoint[] } & Pick<RunProps, 'x' | 'y'>) {
  const [only] = points
  if (only === undefined) return null
  const edge = (value: number | null, point: LinePoint) => `${x(point.index)},${y(value ?? point.value)}`
  if (points.length === 1) {
    return <path className="whisker" d={`M${edge(only.low, only)}L${edge(only.high, only)}`} />
  }
  const outline = [
    ...points.map(point => edge(point.high, point)),
    ...points.toReversed().map(point => edge(point.low, point)),
  ]
  return <polygon className="band" points={outline.join(' ')} />
}

/** Weeks that follow each other and say enough for an interval. */
function splitSure(points: LinePoint[]): LinePoint[][] {
  const parts: LinePoint[][] = []
  for (const point of points) {
    if (!hasInterval(point)) continue
    const part = parts.at(-1)
    if (part?.at(-1)?.index === point.index - 1) part.push(point)
    else parts.push([point])
  }
  return parts
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
  width: number
  height: number
  counts: boolean
}

function Scales({ domain, weeks, x, y, width, height, counts }: ScalesProps) {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map(share => domain[0] + share * (domain[1] - domain[0]))
  const last = weeks.length - 1
  const days = [0, Math.round(last / 2), last]
  return (
    <g className="scales">
      {ticks.map((tick, index) => (
        <g key={tick}>
          <path d={`M32 ${y(tick)}H${width - 8}`} />
          {index % 2 === 0 && (
            <text x={28} y={y(tick) + 4} textAnchor="end">
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
