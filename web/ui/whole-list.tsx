import { type ReactNode, useRef } from 'react'
import './list.css'
import './plain.css'
import { useRowKeys } from './row-keys.ts'
import { Empty, Failure, Skeleton } from './states.tsx'
import { type Column, Table, type TableControl } from './table.tsx'

interface WholeListProps<Row> {
  /** What a row is. */
  noun: string
  /** What they all are, as a heading. */
  title: string
  /** Of which `data` holds all rows. */
  query: {
    data: Row[] | undefined
    isPending: boolean
    isError: boolean
    error: unknown
    dataUpdatedAt: number
    refetch: () => unknown
  }
  columns: Column<Row>[]
  narrow: boolean
  onCsv: (rows: Row[]) => void
  /** Buttons beside the heading. */
  tools: ReactNode
  /** Where there are none. */
  empty: { words: string; action: ReactNode }
  /** What is open between the heading and the rows. */
  children: ReactNode
}

/** A page with a list that is so short that it comes as a whole. */
export function WholeList<Row extends { name: string }>(props: WholeListProps<Row>) {
  const { noun, title, query, columns, narrow, empty } = props
  const control = useRef<TableControl>(null)
  const rows = query.data ?? []
  useRowKeys({ noun, group: title, count: rows.length, control })
  return (
    <div className="list-page">
      <div className="list-head">
        <h1>{title}</h1>
        {props.tools}
        <button type="button" className="plain-button" disabled={rows.length === 0} onClick={() => props.onCsv(rows)}>
          CSV
        </button>
      </div>
      {props.children}
      {query.isError && (
        <Failure
          what={`Couldn't load the ${title.toLowerCase()}`}
          error={query.error}
          onRetry={() => void query.refetch()}
          dataFrom={rows.length > 0 ? query.dataUpdatedAt : undefined}
        />
      )}
      {query.isPending && <Skeleton lines={8} height={24} />}
      {query.data?.length === 0 && <Empty action={empty.action}>{empty.words}</Empty>}
      {rows.length > 0 && (
        <Table
          label={title}
          columns={columns}
          rows={rows}
          rowKey={row => row.name}
          rowCount={rows.length}
          rowHeight={narrow ? 64 : 32}
          control={control}
        />
      )}
    </div>
  )
}
