import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, type RefObject, useEffect, useImperativeHandle, useLayoutEffect, useRef } from 'react'
import './table.css'

export interface Column<Row> {
  id: string
  header: ReactNode
  /** A track of a CSS grid. */
  width: string
  align?: 'end'
  render: (row: Row) => ReactNode
}

/** What a page can do with its table. */
export interface TableControl {
  /** Puts the focus on a row's link. */
  focusRow: (index: number) => void
}

export interface TableProps<Row> {
  label: string
  columns: Column<Row>[]
  rows: Row[]
  rowKey: (row: Row) => string
  /** What the rows are the answer to; when they answer something else, the table begins at its top. */
  of?: string | undefined
  /** Of all rows, if it is known; else the table's end is open. */
  rowCount?: number | undefined
  /** 32, or what two lines of a card take. */
  rowHeight: number
  control: RefObject<TableControl | null>
  /** The row that stands out, because it is open beside the table. */
  current?: string | undefined
  selected?: Set<string> | undefined
  onNearEnd?: (() => void) | undefined
  onNearStart?: (() => void) | undefined
  /** The rows that are seen. */
  onSeen?: (from: number, to: number) => void
  /** Stands below the last row. */
  foot?: ReactNode
  /** What is new, in words for a button over the rows at the top, which moves none; nothing when empty. */
  news?: string
  /** Shows it: the table goes to its top. */
  onNews?: () => void
}

/** The height of the head, which stands before the rows and stays when they scroll. */
const HEAD = 33
/** So many rows before the end the next page is asked for. */
const AHEAD = 30

/**
 * A table of any length, of which only the rows that are seen are in the page. Rows have one height, so that those which
 * come or go above leave what is seen where it is. A row's link (with `data-row`) covers the row.
 */
export function Table<Row>(props: TableProps<Row>) {
  const { rows, rowKey, rowHeight, columns } = props
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: index => {
      const row = rows[index]
      return row === undefined ? index : rowKey(row)
    },
    overscan: 12,
    scrollPaddingStart: HEAD,
    scrollMargin: HEAD,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured anew when the height of the rows changes
  useEffect(() => virtual.measure(), [virtual, rowHeight])
  useAnchor(scroller, rows, rowKey, rowHeight, props.of)
  useImperativeHandle(props.control, () => ({
    focusRow: index => {
      virtual.scrollToIndex(index, { align: 'auto' })
      focusWhenThere(scroller.current, index)
    },
  }))
  const items = virtual.getVirtualItems()
  const [first, last] = [items.at(0)?.index ?? 0, items.at(-1)?.index ?? 0]
  const { onNearEnd, onNearStart, onSeen } = props
  useEffect(() => {
    onSeen?.(first, last)
    if (rows.length > 0 && last >= rows.length - AHEAD) onNearEnd?.()
    if (rows.length > 0 && first <= AHEAD) onNearStart?.()
  }, [first, last, rows, onNearEnd, onNearStart, onSeen])
  const template = { gridTemplateColumns: columns.map(column => column.width).join(' ') }
  const rowCount = props.rowCount === undefined ? -1 : props.rowCount + 1
  return (
    <div className="table" ref={scroller}>
      {props.news && (
        <div className="table-news">
          <button
            type="button"
            className="fresh"
            onClick={() => {
              props.onNews?.()
              scroller.current?.scrollTo({ top: 0 })
            }}
          >
            {props.news} · show
          </button>
        </div>
      )}
      <div role="table" aria-label={props.label} aria-rowcount={rowCount}>
        <div role="rowgroup" className="table-head">
          <div role="row" className="table-row" style={template} aria-rowindex={1}>
            {columns.map(column => (
              <div role="columnheader" key={column.id} data-column={column.id} data-align={column.align}>
                {column.header}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" className="table-body" style={{ height: virtual.getTotalSize() }}>
          {items.map(item => {
            const row = rows[item.index]
            if (row === undefined) return null
            const key = rowKey(row)
            return (
              <div
                key={item.key}
                role="row"
                aria-rowindex={item.index + 2}
                data-index={item.index}
                data-current={key === props.current || undefined}
                data-selected={props.selected?.has(key) || undefined}
                className="table-row"
                style={{ ...template, height: rowHeight, transform: `translateY(${item.start - HEAD}px)` }}
              >
                {columns.map(column => (
                  <div role="cell" key={column.id} data-column={column.id} data-align={column.align}>
                    {column.render(row)}
                  </div>
                ))}
              </div>
            )
          })}
        </div>
      </div>
      {props.foot}
    </div>
  )
}

/** The row that has the focus, or whose cell has it; -1 without one. */
export function findFocusedRow(): number {
  const row = document.activeElement?.closest('[data-index]')
  return row instanceof HTMLElement ? Number(row.dataset.index) : -1
}

/** When rows come or go above, the row that was seen first stays where it was. */
function useAnchor<Row>(
  scroller: RefObject<HTMLDivElement | null>,
  rows: Row[],
  rowKey: (row: Row) => string,
  rowHeight: number,
  of: string | undefined,
) {
  const former = useRef<Row[]>([])
  const formerOf = useRef(of)
  useLayoutEffect(() => {
    const before = former.current
    former.current = rows
    const element = scroller.current
    const isOther = of !== formerOf.current
    formerOf.current = of
    if (isOther) element?.scrollTo({ top: 0 })
    if (isOther || element === null || before.length === 0 || before === rows) return
    const index = Math.min(before.length - 1, Math.floor(element.scrollTop / rowHeight))
    const seen = before[index]
    if (seen === undefined || (rows[index] !== undefined && rowKey(rows[index]) === rowKey(seen))) return
    const now = rows.findIndex(row => rowKey(row) === rowKey(seen))
    if (now >= 0 && now !== index) element.scrollTop += (now - index) * rowHeight
  }, [scroller, rows, rowKey, rowHeight, of])
}

/** A row that was out of sight is in the page one or two frames after it was scrolled to. */
function focusWhenThere(scroller: HTMLElement | null, index: number, frames = 5): void {
  const link = scroller?.querySelector(`[data-index="${index}"] [data-row]`)
  if (link instanceof HTMLElement) link.focus({ preventScroll: true })
  else if (frames > 0) requestAnimationFrame(() => focusWhenThere(scroller, index, frames - 1))
}
