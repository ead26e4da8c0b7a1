import { Button } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useRef } from 'react'
import type { EvaluationRun } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { type Cell, offerFile, writeCsv } from '../ui/csv.ts'
import { CsvButton, PagedCsv } from '../ui/csv-button.tsx'
import { Fresh } from '../ui/fresh.tsx'
import '../ui/plain.css'
import { useRowKeys } from '../ui/row-keys.ts'
import { Empty, Failure, Skeleton } from '../ui/states.tsx'
import { type Column, Table, type TableControl } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { useNarrow } from '../ui/use-narrow.ts'
import { useStillRows } from '../ui/use-still-rows.ts'
import { NewRun } from './new-run.tsx'
import { ProgressBar } from './progress-bar.tsx'
import { fetchRuns, useAnnouncement, useRunList } from './run-query.ts'
import { describeCost, describeCounts, describeScope, describeState, formatRough } from './run-words.ts'
import './runs-page.css'
import { readRunsSearch } from './runs-search.ts'

const route = getRouteApi('/p/$project/runs')
const PAGE = 100
const MOST = 1_000
const NONE: EvaluationRun[] = []
const keyOf = (run: EvaluationRun) => run.run_id

/** Is judging done, what failed, what did it cost? */
export function RunsPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { project, client } = useProject()
  const narrow = useNarrow()
  const shown = search.shown ?? PAGE
  const list = useRunList(shown)
  const of = list.isPlaceholderData ? null : String(shown)
  const { rows: runs, fresh, show } = useStillRows(list.data ?? NONE, keyOf, of)
  const control = useRef<TableControl>(null)
  const change = (to: { new?: '1' | undefined; shown?: number }) =>
    void navigate({ search: former => readRunsSearch({ ...former, ...to }) })
  useRunKeys(runs.length, control, () => change({ new: search.new ? undefined : '1' }))
  const open = runs.filter(run => run.state === 'running')
  const said = useAnnouncement(open.map(run => `${run.judge_model}: ${describeCounts(run.counts)}`).join('; '))
  return (
    <div className="runs-page">
      <div className="runs-head">
        <h1>Evaluation runs</h1>
        <Button variant="filled" onClick={() => change({ new: '1' })} disabled={search.new === '1'}>
          New run
        </Button>
        {runs.length + fresh < shown ? (
          <CsvButton rows={runs.length} onPress={() => offerRuns(runs)} />
        ) : (
          <PagedCsv
            name="runs.csv"
            header={RUN_HEADER}
            pages={async function* (stop) {
              yield listRunCells(await fetchRuns(client, MOST, stop))
            }}
            total="the newest 1,000"
            disabled={false}
          />
        )}
      </div>
      <p className="unseen" role="status">
        {said}
      </p>
      {search.new === '1' && <NewRun onClose={() => change({ new: undefined })} />}
      {list.isError && (
        <Failure
          what="Couldn't load runs"
          error={list.error}
          onRetry={() => void list.refetch()}
          dataFrom={runs.length > 0 ? list.dataUpdatedAt : undefined}
        />
      )}
      {list.isPending && <Skeleton lines={10} height={24} />}
      {list.isSuccess && runs.length === 0 && (
        <Empty
          action={
            search.new === undefined && (
              <Button onClick={() => change({ new: '1' })}>See what judging would take</Button>
            )
          }
        >
          No runs yet. A run judges sessions by a panel of experts.
        </Empty>
      )}
      {runs.length > 0 && (
        <Table
          label="Evaluation runs"
          columns={listColumns(project, narrow)}
          rows={runs}
          rowKey={keyOf}
          rowCount={runs.length < shown ? runs.length : undefined}
          rowHeight={narrow ? 76 : 32}
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
            runs.length >= shown && (
              <p className="runs-foot">
                {shown < MOST ? (
                  <button
                    type="button"
                    className="plain-button"
                    onClick={() => change({ shown: Math.min(MOST, shown + 300) })}
                  >
                    Show older runs
                  </button>
                ) : (
                  'These are the newest 1,000; the API lists no older ones.'
                )}
              </p>
            )
          }
        />
      )}
    </div>
  )
}

function useRunKeys(count: number, control: React.RefObject<TableControl | null>, onNew: () => void): void {
  useRowKeys({ noun: 'run', group: 'Evaluation runs', count, control })
  useKeys([{ keys: ['n'], label: 'New run, with its cost first', group: 'Evaluation runs', run: onNew }])
}

function listColumns(project: string, narrow: boolean): Column<EvaluationRun>[] {
  const link = (run: EvaluationRun) => (
    <Link to="/p/$project/runs/$run" params={{ project, run: run.run_id }} data-row>
      {describeScope(run.scope)}
    </Link>
  )
  if (narrow) {
    return [
      {
        id: 'run',
        header: 'Run',
        width: '1fr',
        render: run => (
          <>
            <div className="run-card">
              {link(run)} <State run={run} />
            </div>
            <ProgressBar counts={run.counts} />
            <div className="run-card quiet">
              <span>{describeCounts(run.counts)}</span>
              <span>
                {describeCost(run)} · <Time at={run.started_at} />
              </span>
            </div>
          </>
        ),
      },
    ]
  }
  return [
    { id: 'state', header: 'State', width: '150px', render: run => <State run={run} /> },
    {
      id: 'started',
      header: 'Started',
      width: '72px',
      render: run => (
        <Above>
          <Time at={run.started_at} />
        </Above>
      ),
    },
    { id: 'scope', header: 'Sessions', width: 'minmax(160px, 1fr)', render: link },
    {
      id: 'judge',
      header: 'Judge',
      width: 'minmax(110px, 200px)',
      render: run => (
        <span title={`${run.backend} · ${run.judge_version} · ${run.rubric_version}`}>{run.judge_model}</span>
      ),
    },
    { id: 'progress', header: 'Progress', width: '140px', render: run => <ProgressBar counts={run.counts} /> },
    { id: 'counts', header: 'So far', width: '190px', render: run => describeCounts(run.counts) },
    { id: 'time', header: 'Time', width: '90px', align: 'end', render: run => describeTime(run) },
    { id: 'cost', header: 'Cost / ceiling', width: '130px', align: 'end', render: describeCost },
  ]
}

function Above({ children }: { children: React.ReactNode }) {
  return <span className="above">{children}</span>
}

function State({ run }: { run: EvaluationRun }) {
  const { sign, words, tone } = describeState(run)
  return (
    <span className="run-state" data-tone={tone}>
      <span aria-hidden="true">{sign}</span> {words}
    </span>
  )
}

/** How long it took, or how long it will still take at the pace that it had so far. */
function describeTime(run: EvaluationRun): string {
  const started = Date.parse(run.started_at)
  if (run.finished_at !== null) return formatRough((Date.parse(run.finished_at) - started) / 1_000)
  const done = run.counts.ok + run.counts.failed
  const left = run.counts.pending + run.counts.running
  if (done === 0 || left === 0) return ''
  return `≈ ${formatRough((((Date.now() - started) / 1_000) * left) / done)} left`
}

const RUN_HEADER = [
  ...['run_id', 'state', 'started_at', 'finished_at', 'scope', 'backend', 'judge_model', 'judge_version'],
  ...['rubric_version', 'judged', 'failed', 'left', 'calls', 'cost_usd', 'max_cost_usd'],
]

function listRunCells(runs: EvaluationRun[]): Cell[][] {
  return runs.map(run => [
    ...[run.run_id, describeState(run).words, run.started_at, run.finished_at, describeScope(run.scope), run.backend],
    ...[run.judge_model, run.judge_version, run.rubric_version, run.counts.ok, run.counts.failed],
    ...[run.counts.running + run.counts.pending, run.calls, run.cost_usd, run.max_cost_usd],
  ])
}

function offerRuns(runs: EvaluationRun[]): void {
  offerFile('runs.csv', writeCsv(RUN_HEADER, listRunCells(runs)))
}
