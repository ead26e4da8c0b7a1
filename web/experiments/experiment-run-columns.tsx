import { Link } from '@tanstack/react-router'
import type { ListedRun } from '#client.ts'
import { letterOf } from '#experiments/variant-letter.ts'
import type { Cell } from '../ui/csv.ts'
import { formatCount, formatDollars, formatDuration } from '../ui/numbers.ts'
import { type Selecting, selectColumn } from '../ui/select-column.tsx'
import type { Column } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { TIME_WIDTH } from '../ui/time-column.tsx'
import { formatShare, nameRunCase } from './experiment-words.ts'
import { RunState } from './run-page.tsx'

/** What the panel beside the list says anyway gives its place to the rest. */
export const EXPERIMENT_RUN_PEEK_SAYS = new Set(['tokens', 'took', 'cost', 'why'])

/** The columns of an experiment's runs; in a narrow page one of them is a card. */
export function listExperimentRunColumns(
  setting: Selecting & { project: string; id: string; narrow: boolean },
): Column<ListedRun>[] {
  const { project, id, narrow } = setting
  const nameOf = (row: ListedRun) => (row.case_id === null ? `by itself, ${row.id.slice(0, 8)}` : nameRunCase(row))
  const select = selectColumn<ListedRun>(
    setting,
    narrow,
    row => row.id,
    row => `the run ${nameOf(row)}${row.variant === null ? '' : ` of variant ${letterOf(row.variant)}`}`,
  )
  const link = (row: ListedRun) => (
    <Link
      to="/p/$project/experiments/$id/runs/$run"
      params={{ project, id, run: row.id }}
      title={row.case_id === null ? undefined : nameRunCase(row)}
      data-row
    >
      {nameOf(row)}
    </Link>
  )
  const score = (row: ListedRun) => {
    const value = row.weighted_score ?? row.score_mean
    return value === null ? '–' : formatShare(value)
  }
  const time = (row: ListedRun) => (row.started_at === null ? '' : <Time at={row.started_at} />)
  if (narrow) {
    const render = (row: ListedRun) => (
      <>
        <div className="card-line spread">
          {link(row)} <strong>{score(row)}</strong>
        </div>
        <div className="card-line spread card-facts">
          <span>
            <RunState run={row} />
            {row.variant !== null && ` · variant ${letterOf(row.variant)}`}
          </span>
          <span>
            {formatDollars(row.cost_estimate)} · {time(row)}
          </span>
        </div>
      </>
    )
    return [select, { id: 'run', header: 'Run', width: '1fr', render }]
  }
  return [
    select,
    { id: 'state', header: 'State', width: '120px', render: row => <RunState run={row} /> },
    { id: 'run', header: 'Case', width: 'minmax(120px, 1fr)', render: link },
    {
      id: 'variant',
      header: 'Variant',
      width: '72px',
      align: 'end',
      render: row => (row.variant === null ? '–' : letterOf(row.variant)),
    },
    {
      id: 'repeat',
      header: 'Repeat',
      width: '72px',
      align: 'end',
      render: row => (row.variant === null ? '–' : row.repeat + 1),
    },
    { id: 'score', header: 'Score', width: '72px', align: 'end', render: score },
    {
      id: 'tokens',
      header: 'Tokens in / out',
      width: '130px',
      align: 'end',
      render: row =>
        row.tokens_in === null ? '–' : `${formatCount(row.tokens_in)} / ${formatCount(row.tokens_out ?? 0)}`,
    },
    {
      id: 'took',
      header: 'Took',
      width: '90px',
      align: 'end',
      render: row => (row.duration_ms === null ? '–' : formatDuration(row.duration_ms)),
    },
    {
      id: 'cost',
      header: 'Cost',
      width: '150px',
      align: 'end',
      render: row => `${formatDollars(row.cost_estimate)}${row.cached ? ', cached' : ''}`,
    },
    {
      id: 'why',
      header: 'What went wrong',
      width: 'minmax(0, 1.5fr)',
      render: row => row.error && <span title={row.error}>{row.error}</span>,
    },
    { id: 'started', header: 'Started', width: TIME_WIDTH, render: row => <span className="above">{time(row)}</span> },
  ]
}

export const EXPERIMENT_RUN_HEADER = [
  ...['run_id', 'state', 'case', 'case_name', 'input', 'variant', 'repeat', 'weighted_score', 'score_mean'],
  ...['tokens_in', 'tokens_out', 'duration_ms', 'cost_usd', 'cached', 'error', 'started_at', 'completed_at'],
]

/** Runs as CSV has them. */
export function listExperimentRunCells(rows: ListedRun[]): Cell[][] {
  return rows.map(row => [
    ...[row.id, row.status, row.case_id, row.case_name, row.case_preview, row.variant, row.repeat + 1],
    ...[row.weighted_score, row.score_mean, row.tokens_in, row.tokens_out, row.duration_ms, row.cost_estimate],
    ...[String(row.cached), row.error, row.started_at, row.completed_at],
  ])
}
