import type { ReactNode, RefObject } from 'react'
import '../ui/list.css'
import { Failure, useDelayed } from '../ui/states.tsx'
import { type Column, Table, type TableControl } from '../ui/table.tsx'

/** A list as `useLiveList` gives it, as far as a table needs it. */
export interface ListedRows<Row> {
  rows: Row[]
  of?: string
  pages: {
    error: unknown
    isError: boolean
    isPending: boolean
    isSuccess: boolean
    isFetching: boolean
    isPlaceholderData: boolean
    isFetchNextPageError: boolean
    hasNextPage: boolean
    hasPreviousPage: boolean
    dataUpdatedAt: number
    refetch: () => unknown
    fetchNextPage: () => unknown
    fetchPreviousPage: () => unknown
  }
  onSeen?: (from: number, to: number) => void
}

interface ListTableProps<Row> {
  list: ListedRows<Row>
  label: string
  /** As in "Couldn't load sessions". */
  nouns: string
  columns: Column<Row>[]
  rowKey: (row: Row) => string
  rowCount: number | undefined
  rowHeight: number
  control: RefObject<TableControl | null>
  current: string | undefined
  selected?: Set<string> | undefined
  /** Stands in the place of the table when it has no rows; null when the table stands all the same. */
  nothing: ReactNode
  /** What came, or went, in words; nothing when empty. */
  news?: string
  onNews?: () => void
  /** Whether the next page comes by itself. */
  goesOn?: boolean
  foot?: ReactNode
}

/** A list of any length as a table: with what is said while it loads, when it is empty, and when it can't be loaded. */
export function ListTable<Row>(props: ListTableProps<Row>) {
  const { list, nothing, nouns, goesOn = true, rowHeight } = props
  const { rows, pages } = list
  const loading = useDelayed(pages.isPending)
  const isEmpty = rows.length === 0 && pages.isSuccess && !pages.isPlaceholderData
  const next = pages.hasNextPage && !pages.isFetching && goesOn
  return (
    <div className="list-rows">
      {pages.isError && (
        <Failure
          what={`Couldn't load ${nouns}`}
          error={pages.error}
          onRetry={() => void pages.refetch()}
          dataFrom={rows.length > 0 ? pages.dataUpdatedAt : undefined}
        />
      )}
      {isEmpty && nothing !== null ? (
        nothing
      ) : (
        <Table
          label={props.label}
          columns={props.columns}
          rows={rows}
          rowKey={props.rowKey}
          of={list.of}
          rowCount={props.rowCount}
          rowHeight={rowHeight}
          control={props.control}
          current={props.current}
          selected={props.selected}
          onNearEnd={next ? () => void pages.fetchNextPage() : undefined}
          onNearStart={pages.hasPreviousPage && !pages.isFetching ? () => void pages.fetchPreviousPage() : undefined}
          onSeen={list.onSeen}
          news={props.news}
          onNews={props.onNews}
          foot={
            <>
              {loading && <Placeholders height={rowHeight} />}
              {pages.isFetchNextPageError && (
                <Failure what="Couldn't load more" error={pages.error} onRetry={() => void pages.fetchNextPage()} />
              )}
              {props.foot}
            </>
          }
        />
      )}
    </div>
  )
}

/** Rows that are on their way, with the height that they will have. */
function Placeholders({ height }: { height: number }) {
  return (
    <div role="status" aria-label="Loading">
      {Array.from({ length: 24 }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <div key={index} className="placeholder-row" style={{ height }}>
          <div className="skeleton" style={{ width: `${70 - ((index * 13) % 30)}%`, height: 12, margin: 0 }} />
        </div>
      ))}
    </div>
  )
}
