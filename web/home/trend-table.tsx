import { formatDay } from '../trends/line-figure.tsx'
import { type Figure, formatPoint } from '../trends/trend-lines.ts'

/** The seven lines as one table: a row for each week, newest first. */
export function TrendTable({ figures, weeks }: { figures: Figure[]; weeks: string[] }) {
  const columns = figures.map(({ title, lines }) => ({
    title,
    points: new Map(lines.flatMap(line => line.runs.flatMap(run => run.points)).map(point => [point.index, point])),
  }))
  const breaks = figures[0]?.breaks ?? []
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <div className="home-table" tabIndex={0} role="group" aria-label="Trends, table">
      <table>
        <thead>
          <tr>
            <th scope="col">Week of</th>
            {columns.map(({ title }) => (
              <th key={title} scope="col">
                {title}
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
                {columns.map(({ title, points }) => {
                  const point = points.get(index)
                  return <td key={title}>{point === undefined ? '–' : formatPoint(point, false)}</td>
                })}
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  )
}
