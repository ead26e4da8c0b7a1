import { formatDay, SeriesMark } from './line-figure.tsx'
import { type Figure, formatPoint } from './trend-lines.ts'

/** A figure as a table: a row for each week, newest first, a column for each series. */
export function FigureTable({ figure, counts }: { figure: Figure; counts: boolean }) {
  const { lines, weeks, breaks, title } = figure
  const columns = lines.map(({ name, place, runs }) => ({
    ...{ name, place },
    points: new Map(runs.flatMap(run => run.points).map(point => [point.index, point])),
  }))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <div className="figure-table" tabIndex={0} role="group" aria-label={`${title}, table`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Week of</th>
            {columns.map(({ name, place }) => (
              <th key={name} scope="col">
                {columns.length > 1 ? (
                  <>
                    <SeriesMark place={place} /> {name}
                  </>
                ) : counts ? (
                  'n'
                ) : (
                  'Mean'
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks
            .map((week, index) => ({ week, index }))
            .toReversed()
            .map(({ week, index }) => (
              <tr key={week}>
                <th scope="row">
                  {formatDay(week)}
                  {index === weeks.length - 1 && ' (so far)'}
                  {breaks
                    .filter(one => one.index === index)
                    .map(one => (
                      <span key={one.what} className="break-word">
                        {' '}
                        new {one.what}
                      </span>
                    ))}
                </th>
                {columns.map(({ name, points }) => {
                  const point = points.get(index)
                  return <td key={name}>{point === undefined ? '–' : formatPoint(point, counts)}</td>
                })}
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  )
}
