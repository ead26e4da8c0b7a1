import { getRouteApi } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense, useCallback, useMemo, useRef, useState } from 'react'
import type { EvaluationRun, RunUnit } from '#client.ts'
import { SessionPeek } from '../sessions/peek.tsx'
import { SelectionBar } from '../sessions/selection-bar.tsx'
import { useProject } from '../shell/api.ts'
import { ListTable } from '../shell/list-table.tsx'
import { Choice } from '../ui/choice.tsx'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { PagedCsv } from '../ui/csv-button.tsx'
import '../ui/list.css'
import { useListKeys } from '../ui/list-keys.ts'
import { type ListChange, NO_FILTER } from '../ui/list-search.ts'
import { countOf, describeNoMatch } from '../ui/numbers.ts'
import '../ui/plain.css'
import { SearchField } from '../ui/search-field.tsx'
import { SelectedCsv } from '../ui/selected-csv.tsx'
import { useSelection } from '../ui/selection.ts'
import { Empty } from '../ui/states.tsx'
import type { TableControl } from '../ui/table.tsx'
import { useNarrow } from '../ui/use-narrow.ts'
import { useRunUnits } from './run-query.ts'
import { readRunSearch } from './runs-search.ts'
import { listUnitCells, listUnitColumns, UNIT_CHOICES, UNIT_HEADER } from './unit-columns.tsx'

const ToDataset = lazy(() => import('../sessions/to-dataset.tsx').then(module => ({ default: module.ToDataset })))

const route = getRouteApi('/p/$project/runs/$run')
const keyOf = (unit: RunUnit) => unit.session_id

/** The sessions of a run, in the order in which they are taken up. */
export function RunUnits({ run }: { run: EvaluationRun }) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { project } = useProject()
  const narrow = useNarrow()
  const list = useRunUnits(run.run_id, search)
  const { rows, looked } = list
  const control = useRef<TableControl>(null)
  const change = useCallback(
    (to: ListChange, how: 'push' | 'replace' = 'push') =>
      void navigate({ search: former => readRunSearch({ ...former, ...to }), replace: how === 'replace' }),
    [navigate],
  )
  const selection = useSelection(search.selected, change)
  const { ids: selected, toggle } = selection
  useListKeys({
    ...{ noun: 'session', group: 'Run', keys: rows.map(keyOf), control, peek: search.peek, onSelect: toggle },
    onPeek: (peek, how) => change({ peek }, how),
  })
  const [toDataset, setToDataset] = useState<string[] | null>(null)
  const columns = useMemo(() => listUnitColumns({ project, narrow, toggle }), [project, narrow, toggle])
  const known = rows.filter(row => selected.has(keyOf(row)))
  const filters = [search.state, search.search].filter(one => one !== undefined).length
  // A search knows how many it finds when it is through.
  const total = search.search === undefined ? countUnits(run, search.state) : looked === null ? rows.length : undefined
  const clear = (
    <button type="button" className="plain-button" onClick={() => change(NO_FILTER)}>
      Clear
    </button>
  )
  return (
    <section className="run-units" aria-labelledby="run-units">
      <div className="list-head">
        <h2 id="run-units">Sessions</h2>
        <search className="list-bar" aria-label="Filter sessions">
          <SearchField
            label="Search sessions"
            text={search.search ?? ''}
            onSearch={text => change({ search: text || undefined }, 'replace')}
          />
          <Choice
            label="State"
            value={search.state}
            onChange={event => change({ state: event.currentTarget.value })}
            options={UNIT_CHOICES}
          />
          {filters > 0 && clear}
        </search>
        <span className="list-count" role="status">
          {total !== undefined && countOf(total, 'session')}
        </span>
        <PagedCsv
          key={list.asked}
          name="run-sessions.csv"
          header={UNIT_HEADER}
          pages={async function* (stop) {
            for await (const found of list.walkRows(stop)) yield listUnitCells(found)
          }}
          total={total?.toLocaleString('en-US')}
          counted
          disabled={rows.length === 0}
        />
      </div>
      {selected.size > 0 && (
        <SelectionBar key={selected.size} rows={[]} selection={selection} onDataset={setToDataset}>
          <SelectedCsv
            selection={selection}
            known={known.length}
            onPress={() => offerFile('run-sessions.csv', writeCsv(UNIT_HEADER, listUnitCells(known)))}
          />
        </SelectionBar>
      )}
      <div className="list-body">
        <ListTable
          list={{ ...list, of: list.asked }}
          label="Sessions of the run"
          nouns="the sessions"
          columns={columns}
          rowKey={keyOf}
          rowCount={total}
          rowHeight={narrow ? 72 : 32}
          control={control}
          current={search.peek}
          selected={selected}
          nothing={looked === null ? <Nothing run={run} filters={filters} clear={clear} /> : null}
          foot={
            looked !== null && (
              <p className="list-foot">
                Looking … {looked.toLocaleString('en-US')} of {countUnits(run, undefined).toLocaleString('en-US')}{' '}
                sessions so far.
              </p>
            )
          }
        />
        {search.peek !== undefined && <SessionPeek id={search.peek} onClose={() => change({ peek: undefined })} />}
      </div>
      <Suspense>{toDataset !== null && <ToDataset ids={toDataset} onClose={() => setToDataset(null)} />}</Suspense>
    </section>
  )
}

function Nothing({ run, filters, clear }: { run: EvaluationRun; filters: number; clear: ReactNode }) {
  if (filters > 0) {
    return <Empty action={clear}>{describeNoMatch(filters)}</Empty>
  }
  return (
    <Empty>
      {run.state === 'running'
        ? 'Its sessions are being looked up.'
        : 'No session that was asked for lacked a pass by this judge.'}
    </Empty>
  )
}

function countUnits({ counts }: EvaluationRun, state: RunUnit['state'] | undefined): number {
  return state === undefined ? counts.ok + counts.failed + counts.running + counts.pending : counts[state]
}
