import stringWidth from 'string-width'
import { clipText, colours, formatJson, print, showText } from './terminal-text.ts'

/** A column of a table: how it is headed, what stands in it, and how. */
export interface Column<Row> {
  title: string
  /** Numbers are right-aligned; null is shown as a dash. Text may be foreign. */
  value: (row: Row) => string | number | null
  /** The most columns of the terminal that it takes; longer text is cut. */
  most?: number
  /** Colours the finished cell. */
  paint?: (cell: string, row: Row) => string
}

const GAP = '  '
const NOTHING = '–'

/** The lines of a table, the heading first: cells aligned by the width that they have on a terminal. */
export function formatTable<Row>(columns: Column<Row>[], rows: Row[]): string[] {
  const cells = rows.map(row => columns.map(column => showCell(column, row)))
  const isNumeric = columns.map(column => rows.length > 0 && rows.every(row => typeof column.value(row) !== 'string'))
  const widths = columns.map((column, index) =>
    Math.max(stringWidth(column.title), ...cells.map(line => stringWidth(line[index] ?? ''))),
  )
  const align = (cell: string, index: number) => {
    const space = ' '.repeat(Math.max(0, (widths[index] ?? 0) - stringWidth(cell)))
    if (isNumeric[index]) return space + cell
    return index === columns.length - 1 ? cell : cell + space
  }
  const heading = columns.map((column, index) => align(column.title, index)).join(GAP)
  const lines = rows.map((row, number) =>
    columns
      .map((column, index) => {
        const cell = align(cells[number]?.[index] ?? '', index)
        return column.paint?.(cell, row) ?? cell
      })
      .join(GAP),
  )
  return [colours.bold(heading), ...lines]
}

/** Prints rows as a table, or as the JSON that they came as; `nothing` takes the place of a table without rows. */
export async function printTable<Row>(
  columns: Column<Row>[],
  rows: Row[],
  options: { json?: boolean | undefined; nothing: string },
): Promise<void> {
  if (options.json) await print(formatJson(rows))
  else if (rows.length === 0) await print(options.nothing)
  else await print(...formatTable(columns, rows))
}

function showCell<Row>(column: Column<Row>, row: Row): string {
  const value = column.value(row)
  if (value === null) return NOTHING
  const text = showText(String(value))
  return column.most === undefined ? text : clipText(text, column.most)
}
