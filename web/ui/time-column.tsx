import type { Column } from './table.tsx'
import { Time } from './time.tsx'

/** As much as `28 Nov 2025` takes. */
export const TIME_WIDTH = '100px'

/** How long ago something of a row was; the exact time on hover and focus, also where the whole row is a link. */
export function timeColumn<Row>(id: string, header: string, read: (row: Row) => string): Column<Row> {
  return {
    id,
    header,
    width: TIME_WIDTH,
    render: row => (
      <span className="above">
        <Time at={read(row)} />
      </span>
    ),
  }
}
