import { NativeSelect, TextInput } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useRef } from 'react'
import type { ListedRun } from '#client.ts'
import { letterOf } from '#experiments/variant-letter.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'
import { isMissing, LoadFailure } from '../shell/missing.tsx'
import type { Cell } from '../ui/csv.ts'
import { PagedCsv } from '../ui/csv-button.tsx'
import { formatCount, formatDollars, formatDuration } from '../ui/numbers.ts'
import '../ui/list.css'
import '../ui/plain.css'
import { useRowKeys } from '../ui/row-keys.ts'
import { Empty, Failure, Skeleton } from '../ui/states.tsx'
import { type Column, Table, type TableControl } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { useNarrow } from '../ui/use-narrow.ts'
import { useExperiment, useExperimentRuns } from './experiment-query.ts'
import { formatShare, nameCase } from './experiment-words.ts'
import { type ExperimentRunsSearch, readExperimentRunsSearch, readScore } from './experiments-search.ts'
import { RunState } from './run-page.tsx'

const route = getRouteApi('/p/$project/experiments/$id/runs')
/** Rows that are held; whoever wants others narrows the list. */
const MOST = 2_000
/** Its rows are many pages, all of which are asked for again. */
const FOLLOW_MS = 4_000

type Row = ListedRun
const keyOf = (row: Row) => row.id

/** The runs behind an experiment's figures, those that started last first. */
export function ExperimentRunsPage() {
  const { id } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { project } = useProject()
  const narrow = useNarrow()
  const experiment = useExperiment(id)
  const { runs, walkRows } = useExperimentRuns(id, search)
  useFollowing([project, 'experiment runs', id], ['experiments'], FOLLOW_MS)
  const control = useRef<TableControl>(null)
  const rows = runs.data?.pages.flatMap(page => page.items) ?? []
  const total = runs.data?.pages.at(-1)?.total ?? 0
  const change = (to: Partial<Record<keyof ExperimentRunsSearch, unknown>>, replace = false) =>
    void navigate({ search: former => readExperimentRunsSearch({ ...former, ...to }), replace })
  useRowKeys({ noun: 'run', group: 'Runs', count: rows.length, control })
  const filtered = Object.keys(search).length > 0
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
        <span className="quiet" role="status">
          {runs.isSuccess && `${total.toLocaleString('en-US')} ${total === 1 ? 'run' : 'runs'}`}
        </span>
        <NativeSelect
          aria-label="State"
          size="xs"
          value={search.state ?? ''}
          onChange={event => change({ state: event.currentTarget.value })}
          data={STATES}
        />
        <ScoreBound label="Score from" value={search.min} onChange={min => change({ min }, true)} />
        <ScoreBound label="Score to" value={search.max} onChange={max => change({ max }, true)} />
        <PagedCsv
          key={`${search.state} ${search.min} ${search.max}`}
          name="experiment-runs.csv"
          header={RUN_HEADER}
          pages={async function* (stop) {
            for await (const found of walkRows(stop)) yield listRunCells(found)
          }}
          total={total.toLocaleString('en-US')}
          counted
          disabled={rows.length === 0}
        />
      </div>
      {runs.isError && (
        <Failure
          what="Couldn't load the runs"
          error={runs.error}
          onRetry={() => void runs.refetch()}
          dataFrom={rows.length > 0 ? runs.dataUpdatedAt : undefined}
        />
      )}
      {runs.isPending && <Skeleton lines={10} height={24} />}
      {runs.isSuccess && rows.length === 0 && (
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
      )}
      {rows.length > 0 && (
        <Table
          label="Runs"
          columns={listRunColumns(project, id, narrow)}
          rows={rows}
          rowKey={keyOf}
          rowCount={total}
          rowHeight={narrow ? 60 : 32}
          control={control}
          onNearEnd={() => {
            if (runs.hasNextPage && !runs.isFetching && rows.length < MOST) void runs.fetchNextPage()
          }}
          foot={
            rows.length >= MOST &&
            runs.hasNextPage && (
              <p className="list-foot">These are the newest 2,000: narrow them by state or score to see others.</p>
            )
          }
        />
      )}
    </div>
  )
}

const STATES = [
  { value: '', label: 'In any state' },
  { value: 'completed', label: 'Completed' },
  { value: 'failed', label: 'Failed' },
  { value: 'running', label: 'Running' },
  { value: 'pending', label: 'Waiting' },
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

function listRunColumns(project: string, id: string, narrow: boolean): Column<Row>[] {
  const link = (row: Row) => (
    <Link to="/p/$project/experiments/$id/runs/$run" params={{ project, id, run: row.id }} data-row>
      {row.case_id === null ? `by itself, ${row.id.slice(0, 8)}` : `case ${nameCase(row.case_id)}`}
    </Link>
  )
  const score = (row: Row) => {
    const value = row.weighted_score ?? row.score_mean
    return value === null ? '–' : formatShare(value)
  }
  const time = (row: Row) => (row.started_at === null ? '' : <Time at={row.started_at} />)
  if (narrow) {
    const render = (row: Row) => (
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
  ...['run_id', 'state', 'case', 'variant', 'repeat', 'weighted_score', 'score_mean', 'tokens_in', 'tokens_out'],
  ...['duration_ms', 'cost_usd', 'cached', 'error', 'started_at', 'completed_at'],
]

function listRunCells(rows: Row[]): Cell[][] {
  return rows.map(row => [
    ...[row.id, row.status, row.case_id, row.variant, row.repeat + 1, row.weighted_score, row.score_mean],
    ...[row.tokens_in, row.tokens_out, row.duration_ms, row.cost_estimate, String(row.cached), row.error],
    ...[row.started_at, row.completed_at],
  ])
}
