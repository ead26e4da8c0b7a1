import { Button, NativeSelect } from '@mantine/core'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import type { ShownExperiment } from '#client.ts'
import { useAnnouncement } from '../runs/run-query.ts'
import { useProject } from '../shell/api.ts'
import { PagedCsv } from '../ui/csv-button.tsx'
import { Fresh } from '../ui/fresh.tsx'
import '../ui/plain.css'
import { useRowKeys } from '../ui/row-keys.ts'
import { Empty, Failure, Skeleton } from '../ui/states.tsx'
import { findFocusedRow, Table, type TableControl } from '../ui/table.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { useNarrow } from '../ui/use-narrow.ts'
import { useStillRows } from '../ui/use-still-rows.ts'
import { StopQuestion, useExperimentControl } from './experiment-controls.tsx'
import { useExperiments } from './experiment-query.ts'
import { describeDone } from './experiment-words.ts'
import { readExperimentsSearch } from './experiments-search.ts'
import { EXPERIMENT_HEADER, listExperimentCells, listExperimentColumns } from './list-columns.tsx'
import './list-page.css'

const route = getRouteApi('/p/$project/experiments')
const PAGE = 100
const MOST = 500
const NONE: ShownExperiment[] = []
const keyOf = (experiment: ShownExperiment) => experiment.id

/** What was asked, and what answered? */
export function ExperimentsPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { project } = useProject()
  const narrow = useNarrow()
  const shown = search.shown ?? PAGE
  const { list, walkRows } = useExperiments(shown, search)
  const of = list.isPlaceholderData ? null : `${shown} ${search.state}`
  const { rows, fresh, show } = useStillRows(list.data ?? NONE, keyOf, of)
  const control = useRef<TableControl>(null)
  const changing = useExperimentControl()
  const [stopping, setStopping] = useState<string | null>(null)
  const stopped = rows.find(row => row.id === stopping && (row.status === 'running' || row.status === 'paused'))
  const change = (to: { state?: ShownExperiment['status'] | undefined; shown?: number }) =>
    void navigate({ search: former => readExperimentsSearch({ ...former, ...to }) })
  useListKeys({ rows, control, changing, onStop: setStopping })
  const said = useAnnouncement(
    rows
      .filter(row => row.status === 'running')
      .map(row => `${row.name}: ${describeDone(row)}`)
      .join('; '),
  )
  return (
    <div className="experiments-page">
      <div className="experiments-head">
        <h1>Experiments</h1>
        <NativeSelect
          aria-label="State"
          size="xs"
          value={search.state ?? ''}
          onChange={event => change({ state: readExperimentsSearch({ state: event.currentTarget.value }).state })}
          data={STATES}
        />
        <Button
          variant="filled"
          renderRoot={(rest: object) => <Link {...rest} to="/p/$project/experiments/new" params={{ project }} />}
        >
          New experiment
        </Button>
        <PagedCsv
          key={search.state ?? 'any'}
          name="experiments.csv"
          header={EXPERIMENT_HEADER}
          pages={async function* (stop) {
            for await (const found of walkRows(stop)) yield listExperimentCells(found)
          }}
          total={rows.length + fresh < shown ? (rows.length + fresh).toLocaleString('en-US') : undefined}
          disabled={rows.length === 0}
        />
      </div>
      <p className="unseen" role="status">
        {said}
      </p>
      {stopped !== undefined && (
        <StopQuestion experiment={stopped} control={changing} onClose={() => setStopping(null)} />
      )}
      {changing.isError && stopped === undefined && <Failure what="It was not changed" error={changing.error} />}
      {list.isError && (
        <Failure
          what="Couldn't load experiments"
          error={list.error}
          onRetry={() => void list.refetch()}
          dataFrom={rows.length > 0 ? list.dataUpdatedAt : undefined}
        />
      )}
      {list.isPending && <Skeleton lines={10} height={24} />}
      {list.isSuccess && rows.length === 0 && (
        <Nothing filtered={search.state !== undefined} onClear={() => change({ state: undefined })} />
      )}
      {rows.length > 0 && (
        <Table
          label="Experiments"
          columns={listExperimentColumns(project, narrow, changing, setStopping)}
          rows={rows}
          rowKey={keyOf}
          rowCount={rows.length < shown ? rows.length : undefined}
          rowHeight={narrow ? 92 : 32}
          control={control}
          notice={
            fresh > 0 && (
              <Fresh
                count={fresh}
                onShow={() => {
                  show()
                  control.current?.scrollToTop()
                }}
              />
            )
          }
          foot={
            rows.length >= shown && (
              <p className="experiments-foot">
                {shown < MOST ? (
                  <button
                    type="button"
                    className="plain-button"
                    onClick={() => change({ shown: Math.min(MOST, shown + 200) })}
                  >
                    Show older experiments
                  </button>
                ) : (
                  'These are the newest 500; older ones are reached by their address, or by a state.'
                )}
              </p>
            )
          }
        />
      )}
    </div>
  )
}

const STATES = [
  { value: '', label: 'In any state' },
  { value: 'draft', label: 'Drafts' },
  { value: 'running', label: 'Running' },
  { value: 'paused', label: 'Paused' },
  { value: 'completed', label: 'Done' },
  { value: 'stopped', label: 'Stopped' },
  { value: 'failed', label: 'Failed' },
]

function Nothing({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  const { project } = useProject()
  if (filtered) return <Empty action={<Button onClick={onClear}>Clear</Button>}>No experiment is in this state.</Empty>
  return (
    <Empty
      action={
        <Link to="/p/$project/experiments/new" params={{ project }}>
          Ask the first one
        </Link>
      }
    >
      No experiments yet. An experiment says which prompt, model or setting is better, and how sure that is.
    </Empty>
  )
}

function useListKeys(props: {
  rows: ShownExperiment[]
  control: React.RefObject<TableControl | null>
  changing: ReturnType<typeof useExperimentControl>
  onStop: (id: string) => void
}): void {
  const { rows, control, changing, onStop } = props
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
  useRowKeys({ noun: 'experiment', group, count: rows.length, control })
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
