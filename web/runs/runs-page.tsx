import { Button } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useMemo, useRef } from 'react'
import type { EvaluationRun } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { ListTable } from '../shell/list-table.tsx'
import { PagedCsv } from '../ui/csv-button.tsx'
import { ListHead, NothingListed } from '../ui/list-head.tsx'
import { useListKeys } from '../ui/list-keys.ts'
import type { ListChange } from '../ui/list-search.ts'
import { describeFresh, formatBounded } from '../ui/numbers.ts'
import '../ui/plain.css'
import { useSelection } from '../ui/selection.ts'
import { Empty } from '../ui/states.tsx'
import type { TableControl } from '../ui/table.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { useNarrow } from '../ui/use-narrow.ts'
import { NewRun } from './new-run.tsx'
import { listRunCells, listRunColumns, RUN_HEADER, RUN_PEEK_SAYS } from './run-columns.tsx'
import { RunPeek } from './run-peek.tsx'
import { useAnnouncement, useRunList } from './run-query.ts'
import { describeCounts } from './run-words.ts'
import { readRunsSearch } from './runs-search.ts'
import { SelectedRuns } from './selected-runs.tsx'

const route = getRouteApi('/p/$project/runs')
const keyOf = (run: EvaluationRun) => run.run_id

/** Is judging done, what failed, what did it cost? */
export function RunsPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { project } = useProject()
  const narrow = useNarrow()
  const list = useRunList(search)
  const { rows } = list
  const control = useRef<TableControl>(null)
  const change = useCallback(
    (to: ListChange & { new?: string | undefined }, how: 'push' | 'replace' = 'push') =>
      void navigate({ search: former => readRunsSearch({ ...former, ...to }), replace: how === 'replace' }),
    [navigate],
  )
  const selection = useSelection(search.selected, change)
  const { ids: selected, toggle } = selection
  useListKeys({
    ...{ noun: 'run', group: 'Evaluation runs', keys: rows.map(keyOf), control, peek: search.peek, onSelect: toggle },
    onPeek: (peek, how) => change({ peek }, how),
  })
  const toggleNew = () => change({ new: search.new ? undefined : '1' })
  useKeys([{ keys: ['n'], label: 'New run, with its cost first', group: 'Evaluation runs', run: toggleNew }])
  const open = rows.filter(run => run.state === 'running')
  const said = useAnnouncement(open.map(run => `${run.judge_model}: ${describeCounts(run.counts)}`).join('; '))
  const all = useMemo(() => listRunColumns({ project, narrow, toggle }), [project, narrow, toggle])
  const columns = search.peek === undefined ? all : all.filter(({ id }) => !RUN_PEEK_SAYS.has(id))
  return (
    <div className="list-page">
      <ListHead
        title="Evaluation runs"
        nouns={['run', 'runs']}
        searches="Search judges and sessions"
        states={STATES}
        search={search}
        change={change}
        count={list.count}
      >
        <Button variant="filled" onClick={() => change({ new: '1' })} disabled={search.new === '1'}>
          New run
        </Button>
        <PagedCsv
          key={list.asked}
          name="runs.csv"
          header={RUN_HEADER}
          pages={async function* (stop) {
            for await (const found of list.walkRows(stop)) yield listRunCells(found)
          }}
          total={list.count && formatBounded(list.count)}
          counted
          disabled={rows.length === 0}
        />
      </ListHead>
      <p className="unseen" role="status">
        {said}
      </p>
      {search.new === '1' && <NewRun onClose={() => change({ new: undefined })} />}
      {selected.size > 0 && <SelectedRuns selection={selection} rows={rows} />}
      <div className="list-body">
        <ListTable
          list={list}
          label="Evaluation runs"
          nouns="runs"
          columns={columns}
          rowKey={keyOf}
          rowCount={list.count?.exact && search.at === undefined ? list.count.n : undefined}
          rowHeight={narrow ? 76 : 32}
          control={control}
          current={search.peek}
          selected={selected}
          nothing={
            <NothingListed search={search} change={change} before="No run started">
              <Empty
                action={search.new === undefined && <Button onClick={toggleNew}>See what judging would take</Button>}
              >
                No runs yet. A run judges sessions by a panel of experts.
              </Empty>
            </NothingListed>
          }
          news={describeFresh(list.fresh)}
          onNews={() => {
            list.showFresh()
            if (search.at !== undefined) change({ at: undefined })
          }}
        />
        {search.peek !== undefined && <RunPeek id={search.peek} onClose={() => change({ peek: undefined })} />}
      </div>
    </div>
  )
}

const STATES: [string, string][] = [
  ['running', '◔ running'],
  ['done', '● done'],
  ['failed', '✗ ended early'],
  ['failures', '◑ with failures'],
]
