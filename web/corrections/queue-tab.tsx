import { Button } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useProject } from '../shell/api.ts'
import type { Cell } from '../ui/csv.ts'
import { PagedCsv } from '../ui/csv-button.tsx'
import { padCount } from '../ui/numbers.ts'
import { useSelection } from '../ui/selection.ts'
import { Empty } from '../ui/states.tsx'
import { useNarrow } from '../ui/use-narrow.ts'
import { BulkBar } from './bulk-bar.tsx'
import { CandidateBar } from './candidate-bar.tsx'
import { queueColumns } from './candidate-columns.tsx'
import { CandidatePanel } from './candidate-panel.tsx'
import { type Candidate, useCandidates } from './candidate-query.ts'
import { CandidateTable } from './candidate-table.tsx'
import { countQueueFilters } from './corrections-search.ts'
import { QueuePace } from './queue-pace.tsx'
import { ReviewLink } from './review-link.tsx'
import { useCorrectionsAddress } from './use-address.ts'

const route = getRouteApi('/p/$project/corrections')

/** What waits for a person, in the order in which it came. */
export function QueueTab() {
  const search = route.useSearch()
  const change = useCorrectionsAddress()
  const { project } = useProject()
  const narrow = useNarrow()
  const list = useCandidates('waiting', search)
  const selection = useSelection(search.selected, change)
  const { ids: selected, toggle, clear } = selection
  const onDecided = (ids: Set<string>) => {
    list.dropRows(ids)
    clear()
    if (search.peek !== undefined && ids.has(search.peek)) change({ peek: undefined }, 'replace')
  }
  const { gone, fresh } = list
  const columns = useMemo(
    () => queueColumns({ project, search, gone, narrow, toggle }),
    [project, search, gone, narrow, toggle],
  )
  return (
    <>
      <CandidateBar list="waiting" search={search} change={change} />
      <QueuePace total={list.total}>
        <PagedCsv
          key={list.name}
          name="queue.csv"
          header={QUEUE_HEADER}
          pages={async function* (stop) {
            for await (const rows of list.walkRows(stop)) yield listQueueCells(rows)
          }}
          total={list.total?.toLocaleString('en-US')}
          counted
          disabled={list.rows.length === 0}
        />
        <ReviewLink search={search} disabled={list.total === 0 || search.search !== undefined} />
      </QueuePace>
      {(selected.size > 0 || (countQueueFilters(search) > 0 && (list.total ?? 0) > 0)) && (
        <BulkBar
          selection={selection}
          search={search}
          total={list.total ?? 0}
          onDecided={onDecided}
          onAllDecided={() => {
            clear()
            list.reload()
          }}
          onReassigned={() => {
            clear()
            list.reload()
          }}
        />
      )}
      <div className="list-body">
        <CandidateTable
          label="Candidates that wait"
          list={list}
          columns={columns}
          search={search}
          change={change}
          selected={selected}
          news={describeNews(gone.size, fresh)}
          onSelect={toggle}
          nothing={
            <Empty
              action={
                <Button
                  renderRoot={props => (
                    <Link {...props} to="/p/$project/corrections" params={{ project }} search={{ tab: 'imports' }} />
                  )}
                >
                  Import a benchmark folder
                </Button>
              }
            >
              Nothing waits for review. Candidates come from benchmark folders, sessions and rules.
            </Empty>
          }
        />
        {search.peek !== undefined && <CandidatePanel id={search.peek} onClose={() => change({ peek: undefined })} />}
      </div>
    </>
  )
}

function describeNews(gone: number, fresh: number): string {
  const words = [
    ...(gone > 0 ? [`${padCount(gone)} decided meanwhile`] : []),
    ...(fresh > 0 ? [`${padCount(fresh)} came back`] : []),
  ]
  return words.join(', ')
}

const QUEUE_HEADER = [
  ...['id', 'source', 'model_name', 'task_type', 'task_name', 'failure_category', 'quality_score', 'request'],
  ...['response', 'assigned_to', 'created_at'],
]

function listQueueCells(rows: Candidate[]): Cell[][] {
  return rows.map(row => [
    ...[row.id, row.source, row.model_name, row.task_type, row.task_name, row.failure_category, row.quality_score],
    ...[row.request, row.response, row.assigned_to, row.created_at],
  ])
}
