import { Link } from '@tanstack/react-router'
import type { ShownExperiment } from '#client.ts'
import type { Cell } from '../ui/csv.ts'
import { type Selecting, selectColumn } from '../ui/select-column.tsx'
import type { Column } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { TIME_WIDTH } from '../ui/time-column.tsx'
import { type ExperimentButton, ExperimentButtons } from './experiment-controls.tsx'
import { ExperimentProgress, ExperimentState } from './experiment-state.tsx'
import {
  describeBill,
  describeDone,
  describeEstimate,
  describeExperimentState,
  describeSize,
} from './experiment-words.ts'

interface ColumnSetting extends Selecting {
  project: string
  narrow: boolean
  control: ExperimentButton
  onStop: (id: string) => void
}

/** What the panel beside the list says anyway gives its place to the rest. */
export const EXPERIMENT_PEEK_SAYS = new Set(['size', 'verdict', 'cost'])

/** The columns of the list; on a telephone a card. */
export function listExperimentColumns(setting: ColumnSetting): Column<ShownExperiment>[] {
  const { project, narrow, control, onStop } = setting
  const select = selectColumn<ShownExperiment>(
    setting,
    narrow,
    row => row.id,
    row => row.name,
  )
  const buttons = (row: ShownExperiment) => (
    <ExperimentButtons experiment={row} control={control} onStop={() => onStop(row.id)} />
  )
  if (narrow) {
    const render = (row: ShownExperiment) => (
      <>
        <div className="card-line">
          <Name row={row} project={project} /> <ExperimentState experiment={row} />
        </div>
        {isOpen(row) ? <ExperimentProgress experiment={row} /> : <Leader row={row} />}
        <div className="card-line spread card-facts">
          <span>
            {isOpen(row) ? describeDone(row) : describeSize(row)} · {describeBill(row)}
          </span>
          <span>{isOpen(row) ? buttons(row) : <Time at={row.started_at ?? row.created_at} />}</span>
        </div>
      </>
    )
    return [select, { id: 'experiment', header: 'Experiment', width: '1fr', render }]
  }
  return [
    select,
    { id: 'state', header: 'State', width: '152px', render: row => <ExperimentState experiment={row} /> },
    { id: 'name', header: 'Name', width: 'minmax(150px, 1.6fr)', render: row => <Name row={row} project={project} /> },
    { id: 'size', header: 'Variants × cases × repeats', width: '184px', render: describeSize },
    {
      id: 'leader',
      header: 'Leader',
      width: 'minmax(248px, 1.6fr)',
      render: row =>
        isOpen(row) ? (
          <span className="experiment-counted">
            <ExperimentProgress experiment={row} /> <span>{describeDone(row)}</span>
          </span>
        ) : (
          <Leader row={row} />
        ),
    },
    {
      id: 'verdict',
      header: 'Verdict',
      width: 'minmax(240px, 2fr)',
      render: row =>
        isOpen(row) ? (
          <span className="experiment-going">
            <span>Provisional</span>
            {buttons(row)}
          </span>
        ) : (
          <Verdict row={row} />
        ),
    },
    { id: 'cost', header: 'Cost / ceiling', width: '120px', align: 'end', render: describeBill },
    {
      id: 'started',
      header: 'Started',
      width: TIME_WIDTH,
      render: row => (
        <span className="above">
          <Time at={row.started_at ?? row.created_at} />
        </span>
      ),
    },
  ]
}

function isOpen({ status }: ShownExperiment): boolean {
  return status === 'running' || status === 'paused'
}

/** A draft opens where it is written. */
function Name({ row, project }: { row: ShownExperiment; project: string }) {
  const params = { project, id: row.id }
  return row.status === 'draft' ? (
    <Link to="/p/$project/experiments/$id/build" params={params} data-row>
      {row.name}
    </Link>
  ) : (
    <Link to="/p/$project/experiments/$id" params={params} data-row>
      {row.name}
    </Link>
  )
}

function Leader({ row }: { row: ShownExperiment }) {
  const { conclusion, status } = row
  if (conclusion === null)
    return <span className="quiet">{status === 'draft' ? 'not started' : 'nothing is ranked'}</span>
  const { leader, tied } = conclusion
  const others = tied === 0 ? '' : ` and ${tied} ${tied === 1 ? 'other' : 'others'}`
  return (
    <span className="experiment-leader" title={`${leader.label}${others} ${describeEstimate(leader)}`}>
      <span className="experiment-leader-name">
        {leader.label}
        {others}
      </span>{' '}
      <span className="quiet">{describeEstimate(leader)}</span>
    </span>
  )
}

function Verdict({ row }: { row: ShownExperiment }) {
  const words = row.error ?? row.conclusion?.verdict
  return words ? <span title={words}>{words}</span> : null
}

export const EXPERIMENT_HEADER = [
  ...['id', 'name', 'state', 'created_at', 'started_at', 'finished_at', 'variants', 'planned', 'completed', 'failed'],
  ...['leader', 'score', 'low', 'high', 'cases', 'verdict', 'calls', 'cost_usd'],
]

/** Experiments as CSV has them. */
export function listExperimentCells(rows: ShownExperiment[]): Cell[][] {
  return rows.map(row => {
    const leader = row.conclusion?.leader
    return [
      ...[row.id, row.name, describeExperimentState(row).words, row.created_at, row.started_at, row.finished_at],
      ...[row.variants, row.cells, row.completed, row.failed, leader?.label ?? null, leader?.estimate ?? null],
      ...[leader?.low ?? null, leader?.high ?? null, leader?.cases ?? null, row.conclusion?.verdict ?? null],
      ...[row.calls, row.cost_usd],
    ]
  })
}
