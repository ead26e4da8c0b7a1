import { useEffect, useRef, useState } from 'react'
import type { ShownLeaderboard } from '#client.ts'
import { letterOf } from '#experiments/variant-letter.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { formatDollars } from '../ui/numbers.ts'
import { Failure } from '../ui/states.tsx'
import type { BoardEntry } from './board-query.ts'
import type { PlotPoint } from './cost-quality-plot.ts'
import { describeMean, formatDollarInterval, isTooFew } from './score-numbers.ts'
import { colourOf, VariantName } from './variant-name.tsx'

/** So many points are said one by one. */
const MOST_SAID = 12

/** Each variant by what a run costs and how good it is, with the front that nothing else beats in both. */
export function CostQuality({ board, rows }: { board: ShownLeaderboard; rows: BoardEntry[] }) {
  const points = rows.flatMap(toPoint).sort((one, other) => one.cost - other.cost || other.score - one.score)
  return (
    <section className="board-section" aria-labelledby="board-cost">
      <div className="board-section-head">
        <h2 id="board-cost">Cost and quality</h2>
        <button
          type="button"
          className="plain-button"
          disabled={points.length === 0}
          onClick={() => offerPoints(board, points)}
        >
          CSV
        </button>
      </div>
      {points.length === 0 ? (
        <p className="quiet">
          {rows.some(({ weighted }) => weighted !== null)
            ? 'The prices of these models are not known, so there is no cost to draw.'
            : 'Nothing is scored in full yet, so there is no quality to draw.'}
        </p>
      ) : (
        <>
          <Chart points={points} provisional={board.provisional} />
          <p className="quiet">
            The line is the front in cost and quality. ◆: nothing beats it in {listWords(board.front_by)}.
          </p>
          <PointTable points={points} />
        </>
      )}
    </section>
  )
}

function Chart({ points, provisional }: { points: PlotPoint[]; provisional: boolean }) {
  const place = useRef<HTMLDivElement>(null)
  const [error, setError] = useState<unknown>(null)
  const width = useWidth(place)
  const words = describePoints(points)
  const name = JSON.stringify(points)
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew when the points are others, not when the array is
  useEffect(() => {
    if (width === 0) return
    let gone = false
    const draw = () =>
      void import('./cost-quality-plot.ts')
        .then(({ drawCostQuality }) => {
          if (!gone) place.current?.replaceChildren(drawCostQuality(points, { width, provisional }))
        })
        .catch(setError)
    // The table comes first.
    const timer = setTimeout(draw, 50)
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [name, width, provisional])
  if (error !== null) return <Failure what="Couldn't draw the chart" error={error} />
  return <div ref={place} role="img" aria-label={words} className="cost-quality" />
}

function useWidth(place: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const watch = new ResizeObserver(([entry]) => setWidth(Math.min(760, Math.floor(entry?.contentRect.width ?? 0))))
    watch.observe(element)
    return () => watch.disconnect()
  }, [place])
  return width
}

function PointTable({ points }: { points: PlotPoint[] }) {
  return (
    <details className="board-details">
      <summary>As a table</summary>
      <table className="board-plain">
        <thead>
          <tr>
            <th scope="col">Variant</th>
            <th scope="col">$/case</th>
            <th scope="col">Score</th>
            <th scope="col">Front</th>
          </tr>
        </thead>
        <tbody>
          {points.map(({ entry }) => (
            <tr key={entry.variant_no}>
              <th scope="row">
                <VariantName variant={entry} />
              </th>
              <td>
                {formatDollars(entry.cost_usd?.estimate ?? null)}{' '}
                {entry.cost_usd && formatDollarInterval(entry.cost_usd)}
              </td>
              <td>{describeMean(entry.weighted)}</td>
              <td>{entry.on_front ? '◆ yes' : 'no'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}

function toPoint(entry: BoardEntry): PlotPoint[] {
  const { weighted, cost_usd: cost } = entry
  if (weighted === null || cost === null) return []
  const [few, fewCosts] = [isTooFew(weighted), isTooFew(cost)]
  return [
    {
      entry,
      letter: letterOf(entry.variant_no),
      colour: colourOf(entry.variant_no),
      score: weighted.estimate,
      score_low: few ? null : weighted.low,
      score_high: few ? null : weighted.high,
      cost: cost.estimate,
      cost_low: fewCosts ? null : cost.low,
      cost_high: fewCosts ? null : cost.high,
    },
  ]
}

function describePoints(points: PlotPoint[]): string {
  const said = points.slice(0, MOST_SAID).map(({ letter, entry }) => {
    const front = entry.on_front ? ', on the front' : ''
    return `${letter} ${describeMean(entry.weighted)} at ${formatDollars(entry.cost_usd?.estimate ?? null)}${front}`
  })
  const rest = points.length - said.length
  return `Score against cost of a run: ${said.join('; ')}${rest > 0 ? `; and ${rest} more, see the table` : ''}`
}

function listWords(words: string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)} together`
}

function offerPoints({ name }: ShownLeaderboard, points: PlotPoint[]): void {
  const header = [
    'variant_no',
    'label',
    'cost_usd',
    'cost_low',
    'cost_high',
    'score',
    'score_low',
    'score_high',
    'on_front',
  ]
  const rows = points.map(({ entry, ...one }) => [
    ...[entry.variant_no, entry.label, one.cost, entry.cost_usd?.low ?? null, entry.cost_usd?.high ?? null],
    ...[one.score, entry.weighted?.low ?? null, entry.weighted?.high ?? null, String(entry.on_front)],
  ])
  offerFile(`${name}-cost-quality.csv`, writeCsv(header, rows))
}
