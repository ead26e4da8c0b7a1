import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, type ReactNode, type RefObject, useEffect, useImperativeHandle, useLayoutEffect, useRef } from 'react'
import './table.css'

export interface Column<Row> {
  id: string
  header: ReactNode
  /** A track of a CSS grid. */
  width: string
  align?: 'end'
  render: (row: Row, isSelected: boolean) => ReactNode
}

/** What a page can do with its table. */
export interface TableControl {
  /** Puts the focus on a row's link. */
  focusRow: (index: number) => void
}

export interface TableProps<Row> {
  label: string
  /** While one is the same, and a row is, its cell is not drawn again. */
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
  onSeen?: ((from: number, to: number) => void) | undefined
  /** Stands below the last row. */
  foot?: ReactNode
  /** What is new, in words for a button over the rows at the top, which moves none; nothing when empty. */
  news?: string | undefined
  /** Shows it: the table goes to its top. */
  onNews?: (() => void) | undefined
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
    // When rows come or go above, those that are seen stay where they are.
    anchorTo: 'end',
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured anew when the height of the rows changes
  useEffect(() => virtual.measure(), [virtual, rowHeight])
  useTop(scroller, props.of)
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
            const isSelected = props.selected?.has(key) ?? false
            return (
              <div
                key={item.key}
                role="row"
                aria-rowindex={item.index + 2}
                data-index={item.index}
                data-current={key === props.current || undefined}
                data-selected={isSelected || undefined}
                className="table-row"
                style={{ ...template, height: rowHeight, transform: `translateY(${item.start - HEAD}px)` }}
              >
                {columns.map(column => (
                  <Cell
                    key={column.id}
                    of={[row, column, isSelected]}
                    draw={() => (
                      <div role="cell" data-column={column.id} data-align={column.align}>
                        {column.render(row, isSelected)}
                      </div>
                    )}
                  />
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

/** Draws again only when something that it is of is another. */
const Cell = memo(
  ({ draw }: { of: unknown[]; draw: () => ReactNode }) => draw(),
  (former, next) => former.of.every((one, index) => one === next.of[index]),
)

/** The row that has the focus, or whose cell has it; -1 without one. */
export function findFocusedRow(): number {
  const row = document.activeElement?.closest('[data-index]')
  return row instanceof HTMLElement ? Number(row.dataset.index) : -1
}

/** Rows that answer another question are read from the first one. */
function useTop(scroller: RefObject<HTMLDivElement | null>, of: string | undefined) {
  const former = useRef(of)
  useLayoutEffect(() => {
    if (former.current === of) return
    former.current = of
    scroller.current?.scrollTo({ top: 0 })
  }, [scroller, of])
}

/** A row that was out of sight is in the page one or two frames after it was scrolled to. */
function focusWhenThere(scroller: HTMLElement | null, index: number, frames = 5): void {
  const link = scroller?.querySelector(`[data-index="${index}"] [data-row]`)
  if (link instanceof HTMLElement) link.focus({ preventScroll: true })
  else if (frames > 0) requestAnimationFrame(() => focusWhenThere(scroller, index, frames - 1))
}
