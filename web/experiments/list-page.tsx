import { Button } from '@mantine/core'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useCallback, useMemo, useRef, useState } from 'react'
import type { ShownExperiment } from '#client.ts'
import { useAnnouncement } from '../runs/run-query.ts'
import { useProject } from '../shell/api.ts'
import { ListTable } from '../shell/list-table.tsx'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { PagedCsv } from '../ui/csv-button.tsx'
import { ListHead, NothingListed } from '../ui/list-head.tsx'
import { useListKeys } from '../ui/list-keys.ts'
import type { ListChange } from '../ui/list-search.ts'
import { describeFresh, formatBounded } from '../ui/numbers.ts'
import { SelectedRows } from '../ui/selected-rows.tsx'
import { useSelection } from '../ui/selection.ts'
import '../ui/plain.css'
import { Empty, Failure } from '../ui/states.tsx'
import { findFocusedRow, type TableControl } from '../ui/table.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { useNarrow } from '../ui/use-narrow.ts'
import { StopQuestion, useExperimentControl } from './experiment-controls.tsx'
import { ExperimentPeek } from './experiment-peek.tsx'
import { useExperiments } from './experiment-query.ts'
import { describeDone } from './experiment-words.ts'
import { readExperimentsSearch } from './experiments-search.ts'
import { EXPERIMENT_HEADER, EXPERIMENT_PEEK_SAYS, listExperimentCells, listExperimentColumns } from './list-columns.tsx'
import './list-page.css'

const route = getRouteApi('/p/$project/experiments')
const keyOf = (experiment: ShownExperiment) => experiment.id

/** What was asked, and what answered? */
export function ExperimentsPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { project } = useProject()
  const narrow = useNarrow()
  const list = useExperiments(search)
  const { rows } = list
  const control = useRef<TableControl>(null)
  const changing = useExperimentControl()
  const [stopping, setStopping] = useState<string | null>(null)
  const stopped = rows.find(row => row.id === stopping && (row.status === 'running' || row.status === 'paused'))
  const change = useCallback(
    (to: ListChange, how: 'push' | 'replace' = 'push') =>
      void navigate({ search: former => readExperimentsSearch({ ...former, ...to }), replace: how === 'replace' }),
    [navigate],
  )
  const selection = useSelection(search.selected, change)
  const { ids: selected, toggle } = selection
  useListKeys({
    ...{ noun: 'experiment', group: 'Experiments', keys: rows.map(keyOf), control },
    ...{ peek: search.peek, onPeek: (peek, how) => change({ peek }, how), onSelect: toggle },
  })
  useExperimentKeys({ rows, changing, onStop: setStopping })
  const open = rows.filter(row => row.status === 'running')
  const said = useAnnouncement(open.map(row => `${row.name}: ${describeDone(row)}`).join('; '))
  const { mutate, isPending } = changing
  const all = useMemo(() => {
    const pressed = { mutate, isPending }
    return listExperimentColumns({ project, narrow, control: pressed, onStop: setStopping, toggle })
  }, [project, narrow, mutate, isPending, toggle])
  const columns = search.peek === undefined ? all : all.filter(({ id }) => !EXPERIMENT_PEEK_SAYS.has(id))
  return (
    <div className="list-page">
      <ListHead
        title="Experiments"
        nouns={['experiment', 'experiments']}
        searches="Search names"
        states={STATES}
        search={search}
        change={change}
        count={list.count}
      >
        <Button
          variant="filled"
          renderRoot={(rest: object) => <Link {...rest} to="/p/$project/experiments/new" params={{ project }} />}
        >
          New experiment
        </Button>
        <PagedCsv
          key={list.asked}
          name="experiments.csv"
          header={EXPERIMENT_HEADER}
          pages={async function* (stop) {
            for await (const found of list.walkRows(stop)) yield listExperimentCells(found)
          }}
          total={list.count && formatBounded(list.count)}
          counted
          disabled={rows.length === 0}
        />
      </ListHead>
      <p className="unseen" role="status">
        {said}
      </p>
      {stopped !== undefined && (
        <StopQuestion experiment={stopped} control={changing} onClose={() => setStopping(null)} />
      )}
      {changing.isError && stopped === undefined && <Failure what="It was not changed" error={changing.error} />}
      <SelectedRows
        nouns="experiments"
        selection={selection}
        rows={rows}
        keyOf={keyOf}
        onCsv={known => offerFile('experiments.csv', writeCsv(EXPERIMENT_HEADER, listExperimentCells(known)))}
      />
      <div className="list-body">
        <ListTable
          list={list}
          label="Experiments"
          nouns="experiments"
          columns={columns}
          rowKey={keyOf}
          rowCount={list.count?.exact && search.at === undefined ? list.count.n : undefined}
          rowHeight={narrow ? 92 : 32}
          control={control}
          current={search.peek}
          selected={selected}
          nothing={
            <NothingListed search={search} change={change} before="No experiment was made">
              <Empty
                action={
                  <Link to="/p/$project/experiments/new" params={{ project }}>
                    Ask the first one
                  </Link>
                }
              >
                No experiments yet. An experiment says which prompt, model or setting is better, and how sure that is.
              </Empty>
            </NothingListed>
          }
          news={describeFresh(list.fresh)}
          onNews={() => {
            list.showFresh()
            if (search.at !== undefined) change({ at: undefined })
          }}
        />
        {search.peek !== undefined && (
          <ExperimentPeek
            id={search.peek}
            control={changing}
            onStop={setStopping}
            onClose={() => change({ peek: undefined })}
          />
        )}
      </div>
    </div>
  )
}

const STATES: [string, string][] = [
  ['draft', '○ draft'],
  ['running', '◔ running'],
  ['paused', '‖ paused'],
  ['completed', '● done'],
  ['stopped', '■ stopped'],
  ['failed', '✗ failed'],
]

function useExperimentKeys(props: {
  rows: ShownExperiment[]
  changing: ReturnType<typeof useExperimentControl>
  onStop: (id: string) => void
}): void {
  const { rows, changing, onStop } = props
  const { project } = useProject()
  const navigate = useNavigate()
  const focused = () => rows[findFocusedRow()]
  const toggle = () => {
    const row = focused()
    if (row?.status === 'running') changing.mutate({ id: row.id, verb: 'pause' })
    if (row?.status === 'paused') changing.mutate({ id: row.id, verb: 'resume' })
  }
  const stop = () => {
    const row = focused()
    if (row !== undefined) onStop(row.id)
  }
  const group = 'Experiments'
  useKeys([
    { keys: ['p'], label: 'Pause or resume the focused experiment', group, run: toggle },
    { keys: ['s'], label: 'Stop the focused experiment', group, run: stop },
    {
      keys: ['n'],
      label: 'New experiment',
      group,
      run: () => void navigate({ to: '/p/$project/experiments/new', params: { project } }),
    },
  ])
}
