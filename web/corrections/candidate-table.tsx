import { type ReactNode, useRef } from 'react'
import { ListTable } from '../shell/list-table.tsx'
import { useListKeys } from '../ui/list-keys.ts'
import { describeNoMatch } from '../ui/numbers.ts'
import { Empty } from '../ui/states.tsx'
import type { Column, TableControl } from '../ui/table.tsx'
import { useNarrow } from '../ui/use-narrow.ts'
import type { Candidate, useCandidates } from './candidate-query.ts'
import { type CorrectionsChange, type CorrectionsSearch, countQueueFilters, NO_FILTERS } from './corrections-search.ts'

interface TableProps {
  label: string
  list: ReturnType<typeof useCandidates>
  columns: Column<Candidate>[]
  search: CorrectionsSearch
  change: (to: CorrectionsChange, how?: 'push' | 'replace') => void
  selected?: Set<string>
  /** What is said where nothing is there at all. */
  nothing: ReactNode
  /** What is new, or gone, in words for a button. */
  news: string
  /** `x` does something with the row that has the focus. */
  onSelect?: (id: string) => void
}

const keyOf = (row: Candidate) => row.id

/** The queue, or what is decided, as a table of any length with its states and keys. */
export function CandidateTable(props: TableProps) {
  const { list, search, change } = props
  const narrow = useNarrow()
  const control = useRef<TableControl>(null)
  useListKeys({
    ...{ noun: 'candidate', opens: 'candidate beside the list', group: 'Corrections', control, peek: search.peek },
    keys: list.rows.map(keyOf),
    onPeek: (peek, how) => change({ peek }, how),
    onSelect: props.onSelect,
  })
  const filters = countQueueFilters(search)
  const filtered = (
    <Empty
      action={
        <button type="button" className="plain-button" onClick={() => change(NO_FILTERS)}>
          Clear
        </button>
      }
    >
      {describeNoMatch(filters)}
    </Empty>
  )
  return (
    <ListTable
      list={list}
      label={props.label}
      nouns="candidates"
      columns={props.columns}
      rowKey={keyOf}
      rowCount={search.at === undefined ? list.total : undefined}
      rowHeight={narrow ? 72 : 32}
      control={control}
      current={search.peek}
      selected={props.selected}
      nothing={
        list.searched?.all === false ? null : filters === 0 && search.at === undefined ? props.nothing : filtered
      }
      news={props.news}
      onNews={list.reload}
      goesOn={list.searched === null}
      foot={<Looked list={list} />}
    />
  )
}

/** How far a search has looked. */
function Looked({ list: { pages, rows, searched } }: Pick<TableProps, 'list'>) {
  if (searched === null) return null
  const looked = (pages.data?.pages ?? []).reduce((sum, page) => sum + (page.searched?.candidates ?? 0), 0)
  if (searched.all) return <p className="list-foot">{rows.length === 0 ? '' : 'That is all that was found.'}</p>
  return (
    <p className="list-foot">
      {rows.length === 0 ? 'Nothing' : 'Looked'} {rows.length === 0 ? 'in' : 'at'} the first{' '}
      {looked.toLocaleString('en-US')} of the list.{' '}
      <button type="button" className="plain-button" onClick={() => void pages.fetchNextPage()}>
        {pages.isFetching ? 'Looking …' : 'Look further'}
      </button>
    </p>
  )
}
