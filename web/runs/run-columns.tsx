import { Link } from '@tanstack/react-router'
import type { EvaluationRun } from '#client.ts'
import type { Cell } from '../ui/csv.ts'
import { type Selecting, selectColumn } from '../ui/select-column.tsx'
import type { Column } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { TIME_WIDTH } from '../ui/time-column.tsx'
import { Tone } from '../ui/tone.tsx'
import { ProgressBar } from './progress-bar.tsx'
import { describeCost, describeCounts, describeScope, describeState, formatRough, formatTaken } from './run-words.ts'

interface ColumnSetting extends Selecting {
  project: string
  narrow: boolean
}

/** What the panel beside the list says anyway gives its place to the rest. */
export const RUN_PEEK_SAYS = new Set(['judge', 'time', 'cost'])

/** The columns of the list; in a narrow page one of them is a card. */
export function listRunColumns(setting: ColumnSetting): Column<EvaluationRun>[] {
  const { project, narrow } = setting
  const nameOf = (run: EvaluationRun) => `the run of ${describeScope(run.scope)}`
  const select = selectColumn<EvaluationRun>(setting, narrow, run => run.run_id, nameOf)
  const link = (run: EvaluationRun) => (
    <Link to="/p/$project/runs/$run" params={{ project, run: run.run_id }} data-row preload={false}>
      {describeScope(run.scope)}
    </Link>
  )
  if (narrow) return [select, { id: 'run', header: 'Run', width: '1fr', render: run => <Card run={run} link={link} /> }]
  return [
    select,
    { id: 'state', header: 'State', width: '150px', render: run => <Tone {...describeState(run)} /> },
    {
      id: 'started',
      header: 'Started',
      width: TIME_WIDTH,
      render: run => (
        <span className="above">
          <Time at={run.started_at} />
        </span>
      ),
    },
    { id: 'scope', header: 'Sessions', width: 'minmax(120px, 1fr)', render: link },
    {
      id: 'judge',
      header: 'Judge',
      width: 'minmax(110px, 200px)',
      render: run => (
        <span title={`${run.backend} · ${run.judge_version} · ${run.rubric_version}`}>{run.judge_model}</span>
      ),
    },
    {
      id: 'progress',
      header: 'Progress',
      width: 'minmax(64px, 140px)',
      render: run => <ProgressBar counts={run.counts} />,
    },
    { id: 'counts', header: 'So far', width: 'minmax(120px, 190px)', render: run => describeCounts(run.counts) },
    { id: 'time', header: 'Time', width: '90px', align: 'end', render: run => describeTime(run) },
    { id: 'cost', header: 'Cost / ceiling', width: '130px', align: 'end', render: describeCost },
  ]
}

function Card({ run, link }: { run: EvaluationRun; link: (run: EvaluationRun) => React.ReactNode }) {
  return (
    <>
      <div className="card-line">
        {link(run)} <Tone {...describeState(run)} />
      </div>
      <ProgressBar counts={run.counts} />
      <div className="card-line spread card-facts">
        <span>{describeCounts(run.counts)}</span>
        <span>
          {describeCost(run)} · <Time at={run.started_at} />
        </span>
      </div>
    </>
  )
}

/** How long it took, or how long it will still take at the pace that it had so far. */
function describeTime(run: EvaluationRun): string {
  const started = Date.parse(run.started_at)
  if (run.finished_at !== null) return formatTaken(Date.parse(run.finished_at) - started)
  const done = run.counts.ok + run.counts.failed
  const left = run.counts.pending + run.counts.running
  if (done === 0 || left === 0) return ''
  return `≈ ${formatRough((((Date.now() - started) / 1_000) * left) / done)} left`
}

export const RUN_HEADER = [
  ...['run_id', 'state', 'started_at', 'finished_at', 'scope', 'backend', 'judge_model', 'judge_version'],
  ...['rubric_version', 'judged', 'failed', 'left', 'calls', 'cost_usd', 'max_cost_usd'],
]

/** Runs as CSV has them. */
export function listRunCells(runs: EvaluationRun[]): Cell[][] {
  return runs.map(run => [
    ...[run.run_id, describeState(run).words, run.started_at, run.finished_at, describeScope(run.scope), run.backend],
    ...[run.judge_model, run.judge_version, run.rubric_version, run.counts.ok, run.counts.failed],
    ...[run.counts.running + run.counts.pending, run.calls, run.cost_usd, run.max_cost_usd],
  ])
}
