import { TextInput } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo, useRef } from 'react'
import type { ListedRun } from '#client.ts'
import { letterOf } from '#experiments/variant-letter.ts'
import { useProject } from '../shell/api.ts'
import { ListTable } from '../shell/list-table.tsx'
import { LoadFailure } from '../shell/missing.tsx'
import { Choice } from '../ui/choice.tsx'
import type { Cell } from '../ui/csv.ts'
import { PagedCsv } from '../ui/csv-button.tsx'
import { JumpToDate } from '../ui/jump-to-date.tsx'
import '../ui/list.css'
import { useListKeys } from '../ui/list-keys.ts'
import { describeFresh, formatCount, formatDollars, formatDuration } from '../ui/numbers.ts'
import '../ui/plain.css'
import { Empty, isMissing } from '../ui/states.tsx'
import type { Column, TableControl } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { useNarrow } from '../ui/use-narrow.ts'
import { useExperiment, useExperimentRuns } from './experiment-query.ts'
import { ExperimentRunPeek } from './experiment-run-peek.tsx'
import { formatShare, nameRunCase } from './experiment-words.ts'
import { type ExperimentRunsSearch, readExperimentRunsSearch, readScore } from './experiments-search.ts'
import { RunState } from './run-page.tsx'

const route = getRouteApi('/p/$project/experiments/$id/runs')
const keyOf = (row: ListedRun) => row.id

/** The runs behind an experiment's figures, those that started last first. */
export function ExperimentRunsPage() {
  const { id } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { project } = useProject()
  const narrow = useNarrow()
  const experiment = useExperiment(id)
  const list = useExperimentRuns(id, search)
  const control = useRef<TableControl>(null)
  const { rows, count } = list
  const change = (to: Partial<Record<keyof ExperimentRunsSearch, unknown>>, replace = false) =>
    void navigate({ search: former => readExperimentRunsSearch({ ...former, ...to }), replace })
  useListKeys({
    ...{ noun: 'run', group: 'Runs', keys: rows.map(keyOf), control, peek: search.peek },
    onPeek: (peek, how) => change({ peek }, how === 'replace'),
  })
  const { peek, ...filters } = search
  const filtered = Object.keys(filters).length > 0
  const all = useMemo(() => listRunColumns(project, id, narrow), [project, id, narrow])
  const columns = peek === undefined ? all : all.filter(column => !SAID_BESIDE.has(column.id))
  if (experiment.isError && isMissing(experiment.error)) {
    return (
      <LoadFailure
        what="Couldn't load the runs"
        error={experiment.error}
        onRetry={() => void experiment.refetch()}
        missing={{ noun: 'experiment', name: id, list: { label: 'Experiments', to: '/p/$project/experiments' } }}
      />
    )
  }
  return (
    <div className="list-page">
      <div className="list-head">
        <h1>
          Runs of{' '}
          <Link to="/p/$project/experiments/$id" params={{ project, id }}>
            {experiment.data?.name ?? 'the experiment'}
          </Link>
        </h1>
        <search className="list-bar" aria-label="Filter runs">
          <Choice
            label="State"
            value={search.state}
            onChange={event => change({ state: event.currentTarget.value })}
            options={STATES}
          />
          <ScoreBound label="Score from" value={search.min} onChange={min => change({ min }, true)} />
          <ScoreBound label="Score to" value={search.max} onChange={max => change({ max }, true)} />
          <JumpToDate at={search.at} onJump={at => change({ at })} />
        </search>
        <span className="list-count" role="status">
          {count && `${count.n.toLocaleString('en-US')} ${count.n === 1 ? 'run' : 'runs'}`}
        </span>
        <PagedCsv
          key={list.asked}
          name="experiment-runs.csv"
          header={RUN_HEADER}
          pages={async function* (stop) {
            for await (const found of list.walkRows(stop)) yield listRunCells(found)
          }}
          total={count?.n.toLocaleString('en-US')}
          counted
          disabled={rows.length === 0}
        />
      </div>
      <div className="list-body">
        <ListTable
          list={list}
          label="Runs"
          nouns="the runs"
          columns={columns}
          rowKey={keyOf}
          rowCount={search.at === undefined ? count?.n : undefined}
          rowHeight={narrow ? 60 : 32}
          control={control}
          current={peek}
          nothing={
            <Empty
              action={
                filtered && (
                  <button type="button" className="plain-button" onClick={() => void navigate({ search: {} })}>
                    Clear
                  </button>
                )
              }
            >
              {filtered ? 'No run matches.' : 'No runs yet.'}
            </Empty>
          }
          news={describeFresh(list.fresh)}
          onNews={() => {
            list.showFresh()
            if (search.at !== undefined) change({ at: undefined })
          }}
        />
        {peek !== undefined && (
          <ExperimentRunPeek experiment={id} id={peek} onClose={() => change({ peek: undefined })} />
        )}
      </div>
    </div>
  )
}

/** What the panel says anyway gives its place to the rest. */
const SAID_BESIDE = new Set(['tokens', 'took', 'cost', 'why'])

const STATES: [string, string][] = [
  ['', 'In any state'],
  ['completed', '● Completed'],
  ['failed', '✗ Failed'],
  ['running', '◔ Running'],
  ['pending', '○ Waiting'],
]

function ScoreBound(props: {
  label: string
  value: number | undefined
  onChange: (value: string | undefined) => void
}) {
  const { label, value, onChange } = props
  return (
    <TextInput
      key={value === undefined ? 'none' : 'some'}
      aria-label={label}
      size="xs"
      w={88}
      inputMode="decimal"
      placeholder={label}
      defaultValue={value ?? ''}
      onChange={event => {
        const text = event.currentTarget.value
        if (text.trim() === '' || readScore(text) !== null) onChange(text.trim() || undefined)
      }}
    />
  )
}

function listRunColumns(project: string, id: string, narrow: boolean): Column<ListedRun>[] {
  const link = (row: ListedRun) => (
    <Link
      to="/p/$project/experiments/$id/runs/$run"
      params={{ project, id, run: row.id }}
      title={row.case_id === null ? undefined : nameRunCase(row)}
      data-row
    >
      {row.case_id === null ? `by itself, ${row.id.slice(0, 8)}` : nameRunCase(row)}
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
    return [{ id: 'run', header: 'Run', width: '1fr', render }]
  }
  return [
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
      width: '130px',
      align: 'end',
      render: row => `${formatDollars(row.cost_estimate)}${row.cached ? ', cached' : ''}`,
    },
    {
      id: 'why',
      header: 'What went wrong',
      width: 'minmax(0, 1.5fr)',
      render: row => row.error && <span title={row.error}>{row.error}</span>,
    },
    { id: 'started', header: 'Started', width: '72px', render: row => <span className="above">{time(row)}</span> },
  ]
}

const RUN_HEADER = [
  ...['run_id', 'state', 'case', 'case_name', 'input', 'variant', 'repeat', 'weighted_score', 'score_mean'],
  ...['tokens_in', 'tokens_out', 'duration_ms', 'cost_usd', 'cached', 'error', 'started_at', 'completed_at'],
]

function listRunCells(rows: ListedRun[]): Cell[][] {
  return rows.map(row => [
    ...[row.id, row.status, row.case_id, row.case_name, row.case_preview, row.variant, row.repeat + 1],
    ...[row.weighted_score, row.score_mean, row.tokens_in, row.tokens_out, row.duration_ms, row.cost_estimate],
    ...[String(row.cached), row.error, row.started_at, row.completed_at],
  ])
}
