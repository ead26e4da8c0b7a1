import type { ReactNode } from 'react'
import { formatDay } from '../ui/days.ts'
import { formatPoint, type TrendLine, type VersionBreak } from './trend-lines.ts'

export interface WeekColumn {
  name: string
  head: ReactNode
  lines: TrendLine[]
}

interface WeekTableProps {
  label: string
  className: string
  columns: WeekColumn[]
  /** Days on which the weeks start. */
  weeks: string[]
  breaks: VersionBreak[]
  /** Whether the points are numbers of sessions, not means. */
  counts?: boolean
}

/** Lines as a table: a row for each week, newest first. */
export function WeekTable({ label, className, columns, weeks, breaks, counts = false }: WeekTableProps) {
  const filled = columns.map(({ name, head, lines }) => ({
    ...{ name, head },
    points: new Map(lines.flatMap(line => line.runs.flatMap(run => run.points)).map(point => [point.index, point])),
  }))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <div className={className} tabIndex={0} role="group" aria-label={`${label}, table`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Week of</th>
            {filled.map(({ name, head }) => (
              <th key={name} scope="col">
                {head}
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
                {filled.map(({ name, points }) => {
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
