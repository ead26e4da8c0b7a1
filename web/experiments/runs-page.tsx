import { TextInput } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useCallback, useMemo, useRef } from 'react'
import type { ListedRun } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { ListTable } from '../shell/list-table.tsx'
import { LoadFailure } from '../shell/missing.tsx'
import { Choice } from '../ui/choice.tsx'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { PagedCsv } from '../ui/csv-button.tsx'
import { JumpToDate } from '../ui/jump-to-date.tsx'
import { SelectedRows } from '../ui/selected-rows.tsx'
import '../ui/list.css'
import { useListKeys } from '../ui/list-keys.ts'
import { type ListChange, NO_FILTER } from '../ui/list-search.ts'
import { countOf, describeFresh, describeNoMatch } from '../ui/numbers.ts'
import '../ui/plain.css'
import { SearchField } from '../ui/search-field.tsx'
import { useSelection } from '../ui/selection.ts'
import { Empty, isMissing } from '../ui/states.tsx'
import type { TableControl } from '../ui/table.tsx'
import { useNarrow } from '../ui/use-narrow.ts'
import { useExperiment, useExperimentRuns } from './experiment-query.ts'
import {
  EXPERIMENT_RUN_HEADER,
  EXPERIMENT_RUN_PEEK_SAYS,
  listExperimentRunCells,
  listExperimentRunColumns,
} from './experiment-run-columns.tsx'
import { ExperimentRunPeek } from './experiment-run-peek.tsx'
import { type ExperimentRunsSearch, readExperimentRunsSearch, readScore } from './experiments-search.ts'

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
  const change = useCallback(
    (to: RunsChange, how: 'push' | 'replace' = 'push') =>
      void navigate({ search: former => readExperimentRunsSearch({ ...former, ...to }), replace: how === 'replace' }),
    [navigate],
  )
  const { peek, selected: written, ...filters } = search
  const selection = useSelection(written, change)
  const { ids: selected, toggle } = selection
  useListKeys({
    ...{ noun: 'run', group: 'Runs', keys: rows.map(keyOf), control, peek, onSelect: toggle },
    onPeek: (to, how) => change({ peek: to }, how),
  })
  const all = useMemo(() => listExperimentRunColumns({ project, id, narrow, toggle }), [project, id, narrow, toggle])
  const columns = peek === undefined ? all : all.filter(column => !EXPERIMENT_RUN_PEEK_SAYS.has(column.id))
  const clear = (
    <button type="button" className="plain-button" onClick={() => change(NO_RUN_FILTER)}>
      Clear
    </button>
  )
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
          <SearchField
            label="Search cases"
            text={search.search ?? ''}
            onSearch={text => change({ search: text || undefined }, 'replace')}
          />
          <Choice
            label="State"
            value={search.state}
            onChange={event => change({ state: event.currentTarget.value })}
            options={STATES}
          />
          <ScoreBound label="Score from" value={search.min} onChange={min => change({ min }, 'replace')} />
          <ScoreBound label="Score to" value={search.max} onChange={max => change({ max }, 'replace')} />
          <JumpToDate at={search.at} onJump={at => change({ at })} />
          {Object.keys(filters).length > 0 && clear}
        </search>
        <span className="list-count" role="status">
          {count && countOf(count.n, 'run')}
        </span>
        <PagedCsv
          key={list.asked}
          name="experiment-runs.csv"
          header={EXPERIMENT_RUN_HEADER}
          pages={async function* (stop) {
            for await (const found of list.walkRows(stop)) yield listExperimentRunCells(found)
          }}
          total={count?.n.toLocaleString('en-US')}
          counted
          disabled={rows.length === 0}
        />
      </div>
      <SelectedRows
        nouns="runs"
        selection={selection}
        rows={rows}
        keyOf={keyOf}
        onCsv={known =>
          offerFile('experiment-runs.csv', writeCsv(EXPERIMENT_RUN_HEADER, listExperimentRunCells(known)))
        }
      />
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
          selected={selected}
          nothing={<NoRuns filters={filters} clear={clear} />}
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

/** What a person changes; undefined takes it out of the address. */
type RunsChange = ListChange & { min?: string | undefined; max?: string | undefined }
const NO_RUN_FILTER: RunsChange = { ...NO_FILTER, min: undefined, max: undefined }

function NoRuns(props: { filters: Omit<ExperimentRunsSearch, 'peek' | 'selected'>; clear: ReactNode }) {
  const { at, ...others } = props.filters
  const filters = Object.keys(others).length
  if (filters === 0 && at === undefined) return <Empty>No runs yet.</Empty>
  return (
    <Empty action={props.clear}>
      {filters === 0 ? `No run started on ${at} or before.` : describeNoMatch(filters)}
    </Empty>
  )
}

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
      w={100}
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
