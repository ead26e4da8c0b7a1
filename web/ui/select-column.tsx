import './list.css'
import type { Column } from './table.tsx'

export interface Selecting {
  toggle: (key: string) => void
}

/** The column whose boxes select rows. `x` does the same, so that Tab leaves them out. */
export function selectColumn<Row>(
  { toggle }: Selecting,
  narrow: boolean,
  keyOf: (row: Row) => string,
  nameOf: (row: Row) => string,
): Column<Row> {
  return {
    id: 'select',
    header: <span className="unseen">Selected</span>,
    width: narrow ? '44px' : '32px',
    render: (row, isSelected) => (
      <label className="select-box">
        <input
          type="checkbox"
          checked={isSelected}
          onChange={() => toggle(keyOf(row))}
          tabIndex={-1}
          aria-label={`Select ${nameOf(row)}`}
        />
      </label>
    ),
  }
}
