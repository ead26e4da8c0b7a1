import { Fragment, type ReactNode } from 'react'
import './short-table.css'
import type { Column } from './table.tsx'

interface ShortTableProps<Row> {
  label: string
  columns: Column<Row>[]
  rows: Row[]
  rowKey: (row: Row) => string
  /** Stands below a row over its whole width. */
  below?: (row: Row) => ReactNode
}

/** A table of a few dozen rows, as high as they are. A narrow page gives it one column. */
export function ShortTable<Row>({ label, columns, rows, rowKey, below }: ShortTableProps<Row>) {
  return (
    <table className="short-table" aria-label={label}>
      <colgroup>
        {columns.map(({ id, width }) => (
          <col key={id} style={/px$/.test(width) ? { width } : undefined} />
        ))}
      </colgroup>
      <thead>
        <tr>
          {columns.map(column => (
            <th key={column.id} scope="col" data-align={column.align}>
              {column.header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(row => {
          const more = below?.(row)
          return (
            <Fragment key={rowKey(row)}>
              <tr>
                {columns.map(column => (
                  <td key={column.id} data-align={column.align}>
                    {column.render(row, false)}
                  </td>
                ))}
              </tr>
              {more !== undefined && more !== null && (
                <tr className="short-table-below">
                  <td colSpan={columns.length}>{more}</td>
                </tr>
              )}
            </Fragment>
          )
        })}
      </tbody>
    </table>
  )
}
