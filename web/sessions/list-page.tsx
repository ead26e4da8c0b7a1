import { getRouteApi, Link } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useMemo, useRef, useState } from 'react'
import { useProject } from '../shell/api.ts'
import { Fresh } from '../ui/fresh.tsx'
import { useSelection } from '../ui/selection.ts'
import { Empty, Failure, useDelayed } from '../ui/states.tsx'
import { findFocusedRow, Table, type TableControl } from '../ui/table.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { useNarrow } from '../ui/use-narrow.ts'
import { ListBar } from './list-bar.tsx'
import { listColumns, SAID_BY_PEEK } from './list-columns.tsx'
import './list-page.css'
import { type SessionRow, useSessionList } from './list-query.ts'
import { countFilters, readSessionSearch, type SearchChange, type SessionSearch } from './list-search.ts'
import { Peek } from './peek.tsx'
import { SelectionBar } from './selection-bar.tsx'

const ToDataset = lazy(() => import('./to-dataset.tsx').then(module => ({ default: module.ToDataset })))

const route = getRouteApi('/p/$project/sessions')
const keyOf = (row: SessionRow) => row.session_id

/** Which sessions deserve a look? */
export function SessionsPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { project } = useProject()
  const narrow = useNarrow()
  const list = useSessionList(search)
  const { rows, pages } = list
  const control = useRef<TableControl>(null)
  // Typing replaces the address, choosing adds to its history.
  const change = useCallback(
    (to: SearchChange, how: 'push' | 'replace' = 'push') =>
      void navigate({ search: former => readSessionSearch({ ...former, ...to }), replace: how === 'replace' }),
    [navigate],
  )
  const selection = useSelection(
    search.selected,
    useCallback(selected => change({ selected }, 'replace'), [change]),
  )
  const { ids: selected, toggle } = selection
  useListKeys({ rows, control, search, change, toggle })
  const [toDataset, setToDataset] = useState<string[] | null>(null)
  const { sort, display, search: find } = search
  const all = useMemo(
    () => listColumns({ project, sort, display, find, toggle, narrow, onDataset: setToDataset }),
    [project, sort, display, find, toggle, narrow],
  )
  const columns = search.peek === undefined ? all : all.filter(({ id }) => !SAID_BY_PEEK.has(id))
  const count = list.count?.exact ? list.count.n : undefined
  const loading = useDelayed(pages.isPending)
  return (
    <div className="sessions-page">
      <h1 className="unseen">Sessions</h1>
      <ListBar search={search} change={change} list={list} />
      <div className="sessions-body">
        <div className="sessions-list">
          {pages.isError && (
            <Failure
              what="Couldn't load sessions"
              error={pages.error}
              onRetry={() => void pages.refetch()}
              dataFrom={rows.length > 0 ? pages.dataUpdatedAt : undefined}
            />
          )}
          {selected.size > 0 && (
            <SelectionBar key={selected.size} rows={rows} selection={selection} onDataset={setToDataset} />
          )}
          {rows.length === 0 && pages.isSuccess && list.searched?.all !== false ? (
            <Nothing search={search} change={change} />
          ) : (
            <Table
              label="Sessions"
              columns={columns}
              rows={rows}
              rowKey={keyOf}
              of={list.of}
              rowCount={count}
              rowHeight={narrow ? 72 : 32}
              control={control}
              current={search.peek}
              selected={selected}
              onNearEnd={
                pages.hasNextPage && !pages.isFetching && list.searched?.full !== false
                  ? () => void pages.fetchNextPage()
                  : undefined
              }
              onNearStart={
                pages.hasPreviousPage && !pages.isFetching ? () => void pages.fetchPreviousPage() : undefined
              }
              onSeen={list.onSeen}
              notice={
                list.fresh > 0 && (
                  <Fresh
                    count={list.fresh}
                    onShow={() => {
                      list.showFresh()
                      control.current?.scrollToTop()
                    }}
                  />
                )
              }
              foot={
                <>
                  {loading && <Placeholders height={narrow ? 72 : 32} />}
                  <Foot list={list} />
                </>
              }
            />
          )}
        </div>
        {search.peek !== undefined && <Peek id={search.peek} onClose={() => change({ peek: undefined })} />}
      </div>
      <Suspense>{toDataset !== null && <ToDataset ids={toDataset} onClose={() => setToDataset(null)} />}</Suspense>
    </div>
  )
}

interface ListKeys {
  rows: SessionRow[]
  control: React.RefObject<TableControl | null>
  search: SessionSearch
  change: (to: SearchChange, how?: 'push' | 'replace') => void
  toggle: (id: string) => void
}

function useListKeys({ rows, control, search, change, toggle }: ListKeys): void {
  const move = (step: number) => {
    const from = findFocusedRow()
    const start =
      from >= 0
        ? from + step
        : Math.max(
            0,
            rows.findIndex(row => row.session_id === search.peek),
          )
    const index = Math.min(rows.length - 1, Math.max(0, start))
    const row = rows[index]
    if (row === undefined) return
    control.current?.focusRow(index)
    if (search.peek !== undefined) change({ peek: row.session_id }, 'replace')
  }
  const focused = () => rows[Math.max(0, findFocusedRow())]?.session_id
  useKeys([
    { keys: ['j'], label: 'Next session', group: 'Sessions', run: () => move(1), repeats: true },
    { keys: ['k'], label: 'Previous session', group: 'Sessions', run: () => move(-1), repeats: true },
    { keys: ['Enter'], label: 'Open the session', group: 'Sessions', run: () => {}, told: true },
    {
      keys: [' '],
      label: 'Look at the session beside the list',
      group: 'Sessions',
      run: () => change({ peek: search.peek === undefined ? focused() : undefined }),
    },
    {
      keys: ['x'],
      label: 'Select the session',
      group: 'Sessions',
      run: () => {
        const id = focused()
        if (id !== undefined) toggle(id)
      },
    },
    {
      keys: ['m'],
      label: 'Menu of the session',
      group: 'Sessions',
      run: () =>
        document.activeElement?.closest('[data-index]')?.querySelector<HTMLElement>('.row-menu > button')?.click(),
    },
    {
      keys: ['/'],
      label: 'Search in the list',
      group: 'Sessions',
      run: () => document.querySelector<HTMLInputElement>('#session-search')?.focus(),
    },
    {
      keys: ['Escape'],
      label: 'Close the panel',
      group: 'Sessions',
      run: () => change({ peek: undefined }),
    },
  ])
}

/** Two kinds of empty: nothing yet, and nothing that matches. */
function Nothing({ search, change }: { search: SessionSearch; change: ListKeys['change'] }) {
  const { project } = useProject()
  const filters = countFilters(search)
  if (filters === 0 && search.sort === 'judged') {
    return (
      <Empty action={<Clear onClick={() => change({ sort: undefined })}>Sort by activity</Clear>}>
        No session has been judged yet.
      </Empty>
    )
  }
  if (filters === 0 && search.at === undefined) {
    return (
      <Empty
        action={
          <p>
            <Link to="/p/$project/home" params={{ project }} search={{ start: '1' }}>
              Add sessions
            </Link>{' '}
            or <code>npx whetstone import ~/.claude/projects</code>
          </p>
        }
      >
        No sessions yet. Import a file or connect an SDK.
      </Empty>
    )
  }
  const cleared = {
    status: undefined,
    profile: undefined,
    thumbs: undefined,
    since: undefined,
    search: undefined,
    at: undefined,
  }
  return (
    <Empty action={<Clear onClick={() => change(cleared)}>Clear</Clear>}>
      {filters === 0
        ? `No session was last active on ${search.at} or before.`
        : `Nothing matches ${filters === 1 ? 'this filter' : `these ${filters} filters`}.`}
    </Empty>
  )
}

function Clear({ onClick, children }: { onClick: () => void; children: string }) {
  return (
    <button type="button" className="plain-button" onClick={onClick}>
      {children}
    </button>
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

function Foot({ list }: { list: ReturnType<typeof useSessionList> }) {
  const { searched, pages, rows } = list
  if (searched === null) {
    return pages.isFetchNextPageError ? (
      <Failure what="Couldn't load more" error={pages.error} onRetry={() => void pages.fetchNextPage()} />
    ) : null
  }
  const looked = searched.looked.toLocaleString('en-US')
  if (searched.full && pages.isFetching) return <p className="list-foot">Looking …</p>
  if (searched.all) return <p className="list-foot">{rows.length === 0 ? '' : 'That is all that was found.'}</p>
  return (
    <p className="list-foot">
      {rows.length === 0
        ? `Nothing in the newest ${looked} sessions. `
        : `Those are from the newest ${looked} sessions. `}
      <Clear onClick={() => void pages.fetchNextPage()}>{pages.isFetching ? 'Looking …' : 'Look further back'}</Clear>
    </p>
  )
}
