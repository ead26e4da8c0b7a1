import { getRouteApi, Link } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useMemo, useRef, useState } from 'react'
import { useProject } from '../shell/api.ts'
import { ListTable } from '../shell/list-table.tsx'
import { useListKeys } from '../ui/list-keys.ts'
import { describeFresh, describeNoMatch } from '../ui/numbers.ts'
import '../ui/plain.css'
import { useSelection } from '../ui/selection.ts'
import { Empty } from '../ui/states.tsx'
import type { TableControl } from '../ui/table.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { useNarrow } from '../ui/use-narrow.ts'
import { ListBar } from './list-bar.tsx'
import { listColumns, SAID_BY_PEEK } from './list-columns.tsx'
import './list-page.css'
import { type SessionRow, useSessionList } from './list-query.ts'
import { countFilters, NO_FILTERS, readSessionSearch, type SearchChange, type SessionSearch } from './list-search.ts'
import { SessionPeek } from './peek.tsx'
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
  const { rows } = list
  const control = useRef<TableControl>(null)
  // Typing replaces the address, choosing adds to its history.
  const change: Change = useCallback(
    (to, how = 'push') =>
      void navigate({ search: former => readSessionSearch({ ...former, ...to }), replace: how === 'replace' }),
    [navigate],
  )
  const selection = useSelection(search.selected, change)
  const { ids: selected, toggle } = selection
  useListKeys({
    ...{ noun: 'session', group: 'Sessions', keys: rows.map(keyOf), control, peek: search.peek, onSelect: toggle },
    onPeek: (peek, how) => change({ peek }, how),
  })
  useKeys([{ keys: ['m'], label: 'Menu of the session', group: 'Sessions', run: openRowMenu }])
  const [toDataset, setToDataset] = useState<string[] | null>(null)
  const { sort, display, search: find } = search
  const all = useMemo(
    () => listColumns({ project, sort, display, find, toggle, narrow, onDataset: setToDataset }),
    [project, sort, display, find, toggle, narrow],
  )
  const columns = search.peek === undefined ? all : all.filter(({ id }) => !SAID_BY_PEEK.has(id))
  return (
    <div className="list-page">
      <h1 className="unseen">Sessions</h1>
      <ListBar search={search} change={change} list={list} />
      {selected.size > 0 && (
        <SelectionBar key={selected.size} rows={rows} selection={selection} onDataset={setToDataset} />
      )}
      <div className="list-body">
        <ListTable
          list={list}
          label="Sessions"
          nouns="sessions"
          columns={columns}
          rowKey={keyOf}
          rowCount={list.count?.exact ? list.count.n : undefined}
          rowHeight={narrow ? 72 : 32}
          control={control}
          current={search.peek}
          selected={selected}
          nothing={list.searched?.all === false ? null : <Nothing search={search} change={change} />}
          news={describeFresh(list.fresh)}
          onNews={() => {
            list.showFresh()
            if (search.at !== undefined) change({ at: undefined })
          }}
          goesOn={list.searched?.full !== false}
          foot={<Foot list={list} />}
        />
        {search.peek !== undefined && <SessionPeek id={search.peek} onClose={() => change({ peek: undefined })} />}
      </div>
      <Suspense>{toDataset !== null && <ToDataset ids={toDataset} onClose={() => setToDataset(null)} />}</Suspense>
    </div>
  )
}

function openRowMenu(): void {
  document.activeElement?.closest('[data-index]')?.querySelector<HTMLElement>('.row-menu > button')?.click()
}

type Change = (to: SearchChange, how?: 'push' | 'replace') => void

/** Two kinds of empty: nothing yet, and nothing that matches. */
function Nothing({ search, change }: { search: SessionSearch; change: Change }) {
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
  return (
    <Empty action={<Clear onClick={() => change(NO_FILTERS)}>Clear</Clear>}>
      {filters === 0 ? `No session was last active on ${search.at} or before.` : describeNoMatch(filters)}
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

function Foot({ list }: { list: ReturnType<typeof useSessionList> }) {
  const { searched, pages, rows } = list
  if (searched === null) return null
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
