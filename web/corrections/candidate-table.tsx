import { type ReactNode, type RefObject, useRef } from 'react'
import { Empty, Failure, useDelayed } from '../ui/states.tsx'
import { type Column, findFocusedRow, Table, type TableControl } from '../ui/table.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { useNarrow } from '../ui/use-narrow.ts'
import type { Candidate, useCandidates } from './candidate-query.ts'
import { type CorrectionsChange, type CorrectionsSearch, countQueueFilters, NO_FILTERS } from './corrections-search.ts'

type Change = (to: CorrectionsChange, how?: 'push' | 'replace') => void

interface TableProps {
  label: string
  list: ReturnType<typeof useCandidates>
  columns: Column<Candidate>[]
  search: CorrectionsSearch
  change: Change
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
  const { list, search, change, columns } = props
  const { rows, pages } = list
  const narrow = useNarrow()
  const control = useRef<TableControl>(null)
  useListKeys({ rows, control, search, change, onSelect: props.onSelect })
  const loading = useDelayed(pages.isPending)
  const filters = countQueueFilters(search)
  return (
    <div className="candidate-list">
      {pages.isError && (
        <Failure
          what="Couldn't load candidates"
          error={pages.error}
          onRetry={() => void pages.refetch()}
          dataFrom={rows.length > 0 ? pages.dataUpdatedAt : undefined}
        />
      )}
      {pages.isSuccess && rows.length === 0 && !pages.isPlaceholderData && list.searched?.all !== false ? (
        filters === 0 && search.at === undefined ? (
          props.nothing
        ) : (
          <Empty
            action={
              <button type="button" className="plain-button" onClick={() => change(NO_FILTERS)}>
                Clear
              </button>
            }
          >
            Nothing matches {filters <= 1 ? 'this filter' : `these ${filters} filters`}.
          </Empty>
        )
      ) : (
        !(pages.isError && rows.length === 0) && (
          <Table
            label={props.label}
            columns={columns}
            rows={rows}
            rowKey={keyOf}
            rowCount={search.at === undefined ? list.total : undefined}
            rowHeight={narrow ? 72 : 32}
            control={control}
            current={search.peek}
            {...(props.selected ? { selected: props.selected } : {})}
            onNearEnd={
              pages.hasNextPage && !pages.isFetching && list.searched === null
                ? () => void pages.fetchNextPage()
                : undefined
            }
            onNearStart={pages.hasPreviousPage && !pages.isFetching ? () => void pages.fetchPreviousPage() : undefined}
            onSeen={list.onSeen}
            notice={
              props.news !== '' && (
                <button
                  type="button"
                  className="fresh"
                  onClick={() => {
                    list.reload()
                    control.current?.scrollToTop()
                  }}
                >
                  {props.news}
                </button>
              )
            }
            foot={
              <>
                {loading && <Placeholders height={narrow ? 72 : 32} />}
                {list.searched !== null && <Looked list={list} />}
                {pages.isFetchNextPageError && (
                  <Failure what="Couldn't load more" error={pages.error} onRetry={() => void pages.fetchNextPage()} />
                )}
              </>
            }
          />
        )
      )}
    </div>
  )
}

interface ListKeys {
  rows: Candidate[]
  control: RefObject<TableControl | null>
  search: CorrectionsSearch
  change: Change
  onSelect: ((id: string) => void) | undefined
}

function useListKeys({ rows, control, search, change, onSelect }: ListKeys): void {
  const move = (step: number) => {
    const from = findFocusedRow()
    const peeked = Math.max(
      0,
      rows.findIndex(row => row.id === search.peek),
    )
    const index = Math.min(rows.length - 1, Math.max(0, from >= 0 ? from + step : peeked))
    const row = rows[index]
    if (row === undefined) return
    control.current?.focusRow(index)
    if (search.peek !== undefined) change({ peek: row.id }, 'replace')
  }
  const focused = () => rows[Math.max(0, findFocusedRow())]?.id
  useKeys([
    { keys: ['j'], label: 'Next candidate', group: 'Corrections', run: () => move(1), repeats: true },
    { keys: ['k'], label: 'Previous candidate', group: 'Corrections', run: () => move(-1), repeats: true },
    {
      keys: ['Enter'],
      label: 'Look at the candidate beside the list',
      group: 'Corrections',
      run: () => {},
      told: true,
    },
    {
      keys: [' '],
      label: 'Open or close the panel',
      group: 'Corrections',
      run: () => change({ peek: search.peek === undefined ? focused() : undefined }),
    },
    ...(onSelect === undefined
      ? []
      : [
          {
            keys: ['x'],
            label: 'Select the candidate',
            group: 'Corrections',
            run: () => {
              const id = focused()
              if (id !== undefined) onSelect(id)
            },
          },
        ]),
    {
      keys: ['/'],
      label: 'Search in the list',
      group: 'Corrections',
      run: () => document.querySelector<HTMLInputElement>('#candidate-search')?.focus(),
    },
    { keys: ['Escape'], label: 'Close the panel', group: 'Corrections', run: () => change({ peek: undefined }) },
  ])
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
