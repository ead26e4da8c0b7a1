/** The chart itself, in a chunk of its own: Observable Plot is a hundred kilobytes. */
import { dot, line, plot, ruleX, ruleY, text } from '@observablehq/plot'
import { formatDollars } from '../ui/numbers.ts'
import type { BoardEntry } from './board-query.ts'

export interface PlotPoint {
  entry: BoardEntry
  letter: string
  colour: string
  score: number
  score_low: number | null
  score_high: number | null
  cost: number
  cost_low: number | null
  cost_high: number | null
}

/** Beyond this factor between the dearest and the cheapest the axis is logarithmic. */
const WIDE = 30

/** Score against cost, the front as a line. The caller gives it its name. `points` are in the order of their costs. */
export function drawCostQuality(
  points: PlotPoint[],
  { width, provisional }: { width: number; provisional: boolean },
): Element {
  const costs = points.map(({ cost }) => cost)
  const [least, most] = [Math.min(...costs), Math.max(...costs)]
  const isWide = least > 0 && most / least > WIDE
  // Two digits would call neighbouring ticks the same.
  const isClose = most > 0 && (most - least) / most < 0.3
  const dash = provisional ? { strokeDasharray: '2 3' } : {}
  const spread = points.filter(({ score_low }) => score_low !== null)
  const drawn = plot({
    width,
    height: Math.min(340, Math.max(220, width * 0.45)),
    ...{ marginLeft: 44, marginRight: 24, marginTop: 24, marginBottom: 40 },
    style: { background: 'none', color: 'var(--second)', fontSize: '12px', fontFamily: 'inherit', overflow: 'visible' },
    x: {
      label: 'cost of a run →',
      type: isWide ? 'log' : 'linear',
      ticks: Math.max(2, Math.floor(width / 110)),
      tickFormat: (value: number) => (isClose ? `$${Number(value.toPrecision(4))}` : formatDollars(value)),
      ...(isWide ? {} : { zero: least < most * 0.5, nice: true }),
    },
    y: { label: '↑ score', grid: true, nice: true, ticks: 5, tickFormat: '.2~f' },
    marks: [
      line(findFront(points), { x: 'cost', y: 'score', curve: 'step-after', stroke: 'var(--control)', ...dash }),
      ruleX(spread, { x: 'cost', y1: 'score_low', y2: 'score_high', stroke: 'colour', strokeWidth: 2, ...dash }),
      ruleY(
        // Where all cost the same, as what is free does, a whisker without a length would be drawn across the whole figure.
        points.filter(({ cost_low, cost_high }) => cost_low !== null && cost_low !== cost_high),
        { y: 'score', x1: limitCost(least, isWide), x2: 'cost_high', stroke: 'colour', strokeWidth: 1, ...dash },
      ),
      dot(points, {
        ...{ x: 'cost', y: 'score', fill: provisional ? 'var(--page)' : 'colour', stroke: 'colour', strokeWidth: 2 },
        symbol: ({ entry }: PlotPoint) => (entry.on_front ? 'diamond' : 'circle'),
        r: 5,
      }),
      text(joinLetters(points), {
        ...{ x: 'cost', y: 'score', text: 'letter', dx: 10, dy: -10, textAnchor: 'start' },
        ...{ fill: 'var(--text)', fontWeight: 600 },
      }),
    ],
  })
  drawn.setAttribute('aria-hidden', 'true')
  return drawn
}

/** Of those at one place the first alone, with the letters of all: one upon the other nobody could read them. */
function joinLetters(points: Pick<PlotPoint, 'cost' | 'score' | 'letter'>[]) {
  const places = Map.groupBy(points, ({ cost, score }) => `${cost} ${score}`)
  return [...places.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ ...first, letter: [first, ...others].map(one => one.letter).join(' ') }],
  )
}

/** Those that nothing cheaper, or as cheap, reaches in score. */
export function findFront(points: PlotPoint[]): PlotPoint[] {
  let best = Number.NEGATIVE_INFINITY
  return points.filter(({ score }) => {
    const leads = score > best
    best = Math.max(best, score)
    return leads
  })
}

/** A logarithmic axis has no 0. */
function limitCost(least: number, isWide: boolean) {
  return ({ cost_low, cost }: PlotPoint) => (isWide ? Math.max(least / WIDE, cost_low ?? cost) : (cost_low ?? cost))
}
