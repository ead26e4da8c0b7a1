import { type ReactNode, useRef } from 'react'
import './list.css'
import { NothingListed } from './list-head.tsx'
import { useListKeys } from './list-keys.ts'
import type { ListChange, WholeListSearch } from './list-search.ts'
import './plain.css'
import { SearchField } from './search-field.tsx'
import { selectColumn } from './select-column.tsx'
import { SelectedRows } from './selected-rows.tsx'
import { useSelection } from './selection.ts'
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
  search: WholeListSearch
  change: (to: ListChange, how?: 'push' | 'replace') => void
  columns: Column<Row>[]
  /** Of the columns, those that the panel says anyway. */
  peekSays: Set<string>
  narrow: boolean
  onCsv: (rows: Row[]) => void
  /** Buttons beside the heading. */
  tools: ReactNode
  /** Where there are none. */
  empty: { words: string; action: ReactNode }
  /** A row beside the list; undefined where no row has that name. */
  renderPeek: (name: string, row: Row | undefined, onClose: () => void) => ReactNode
  /** What is open between the heading and the rows. */
  children: ReactNode
}

const keyOf = (row: { name: string }) => row.name

/** A page with a list that is so short that it comes as a whole, searched by the names of its rows. */
export function WholeList<Row extends { name: string }>(props: WholeListProps<Row>) {
  const { noun, title, query, search, change, narrow, empty } = props
  const control = useRef<TableControl>(null)
  const all = query.data ?? []
  const wanted = search.search?.toLowerCase() ?? ''
  const rows = all.filter(row => row.name.toLowerCase().includes(wanted))
  const selection = useSelection(search.selected, change)
  useListKeys({
    ...{ noun, group: title, keys: rows.map(keyOf), control, peek: search.peek, onSelect: selection.toggle },
    onPeek: (peek, how) => change({ peek }, how),
  })
  const columns = props.columns.filter(({ id }) => search.peek === undefined || !props.peekSays.has(id))
  return (
    <div className="list-page">
      <div className="list-head">
        <h1>{title}</h1>
        <search className="list-bar" aria-label={`Filter ${title.toLowerCase()}`}>
          <SearchField
            label="Search names"
            text={search.search ?? ''}
            onSearch={text => change({ search: text || undefined }, 'replace')}
          />
        </search>
        <span className="list-count" role="status">
          {query.data && `${rows.length.toLocaleString('en-US')} ${rows.length === 1 ? noun : title.toLowerCase()}`}
        </span>
        {props.tools}
        <button type="button" className="plain-button" disabled={rows.length === 0} onClick={() => props.onCsv(rows)}>
          CSV
        </button>
      </div>
      {props.children}
      <SelectedRows nouns={title.toLowerCase()} selection={selection} rows={all} keyOf={keyOf} onCsv={props.onCsv} />
      <div className="list-body">
        <div className="list-rows">
          {query.isError && (
            <Failure
              what={`Couldn't load the ${title.toLowerCase()}`}
              error={query.error}
              onRetry={() => void query.refetch()}
              dataFrom={all.length > 0 ? query.dataUpdatedAt : undefined}
            />
          )}
          {query.isPending && <Skeleton lines={8} height={24} />}
          {query.data && rows.length === 0 && (
            <NothingListed search={search} change={change}>
              <Empty action={empty.action}>{empty.words}</Empty>
            </NothingListed>
          )}
          {rows.length > 0 && (
            <Table
              label={title}
              columns={[selectColumn(selection, narrow, keyOf, keyOf), ...columns]}
              rows={rows}
              rowKey={keyOf}
              of={search.search}
              rowCount={rows.length}
              rowHeight={narrow ? 64 : 32}
              control={control}
              current={search.peek}
              selected={selection.ids}
            />
          )}
        </div>
        {search.peek !== undefined &&
          props.renderPeek(
            search.peek,
            all.find(row => row.name === search.peek),
            () => change({ peek: undefined }),
          )}
      </div>
    </div>
  )
}
