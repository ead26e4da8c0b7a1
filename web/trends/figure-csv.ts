import { offerFile, writeCsv } from '../ui/csv.ts'
import type { Figure } from './trend-lines.ts'

/** Hands a figure's numbers over as CSV, a line for each week of each series. */
export function offerFigure({ title, lines, weeks }: Figure): void {
  const rows = lines.flatMap(({ name, runs }) =>
    runs.flatMap(run =>
      run.points.map(({ index, value, low, high, n }) => [weeks[index] ?? '', name, value, low, high, n]),
    ),
  )
  const header = ['week_start', 'series', 'value', 'low', 'high', 'n']
  offerFile(`${title.toLowerCase().replaceAll(' ', '-')}.csv`, writeCsv(header, rows))
}
