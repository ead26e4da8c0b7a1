import { Button } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useProject } from '../shell/api.ts'
import type { Cell } from '../ui/csv.ts'
import { PagedCsv } from '../ui/csv-button.tsx'
import { padCount } from '../ui/numbers.ts'
import { Empty, Skeleton } from '../ui/states.tsx'
import { useNarrow } from '../ui/use-narrow.ts'
import { CandidateBar } from './candidate-bar.tsx'
import { doneColumns } from './candidate-columns.tsx'
import { CandidatePanel } from './candidate-panel.tsx'
import { type Candidate, useCandidates } from './candidate-query.ts'
import { CandidateTable } from './candidate-table.tsx'
import { STATUS_WORDS } from './correction-words.ts'
import { NO_DECISION_FILTERS, NO_FILTERS } from './corrections-search.ts'
import { useCorrectionsAddress } from './use-address.ts'

const route = getRouteApi('/p/$project/corrections')
const DecisionsView = lazy(() => import('./decisions-view.tsx').then(module => ({ default: module.DecisionsView })))
const Disputes = lazy(() => import('./disputes.tsx').then(module => ({ default: module.Disputes })))

/** What was decided, the newest first; each single decision; and where two reviewers decided differently. */
export function DoneTab() {
  const search = route.useSearch()
  const change = useCorrectionsAddress()
  if (search.view === 'disputes') {
    return (
      <Suspense fallback={<Skeleton lines={8} />}>
        <Disputes onBack={() => change({ view: undefined })} />
      </Suspense>
    )
  }
  if (search.view === 'decisions') {
    return (
      <Suspense fallback={<Skeleton lines={8} />}>
        <DecisionsView onBack={() => change({ view: undefined, ...NO_DECISION_FILTERS })} />
      </Suspense>
    )
  }
  return <DecidedList />
}

function DecidedList() {
  const search = route.useSearch()
  const change = useCorrectionsAddress()
  const { project } = useProject()
  const narrow = useNarrow()
  const list = useCandidates('decided', search)
  const { gone, fresh } = list
  const news = [
    ...(fresh > 0 ? [`${padCount(fresh)} new`] : []),
    ...(gone.size > 0 ? [`${padCount(gone.size)} changed since`] : []),
  ]
  return (
    <>
      <CandidateBar list="decided" search={search} change={change} total={list.total}>
        <PagedCsv
          key={list.name}
          name="decided.csv"
          header={DECIDED_HEADER}
          pages={async function* (stop) {
            for await (const rows of list.walkRows(stop)) yield listDecidedCells(rows)
          }}
          total={list.total?.toLocaleString('en-US')}
          counted
          disabled={list.rows.length === 0}
        />
        <Button onClick={() => change({ ...NO_FILTERS, view: 'decisions', peek: undefined })}>Single decisions</Button>
        <Button onClick={() => change({ view: 'disputes', peek: undefined })}>Second opinions</Button>
      </CandidateBar>
      <div className="list-body">
        <CandidateTable
          label="Candidates that are decided"
          list={list}
          columns={doneColumns({ project, search, gone, narrow })}
          search={search}
          change={change}
          news={news.join(', ')}
          nothing={<Empty>Nothing has been decided yet. What is decided in review stands here.</Empty>}
        />
        {search.peek !== undefined && <CandidatePanel id={search.peek} onClose={() => change({ peek: undefined })} />}
      </div>
    </>
  )
}

const DECIDED_HEADER = [
  ...['id', 'decision', 'category', 'by', 'action', 'decided_at', 'source', 'model_name', 'task_type'],
  ...['quality_score', 'request', 'correction'],
]

function listDecidedCells(rows: Candidate[]): Cell[][] {
  return rows.map(row => [
    ...[row.id, STATUS_WORDS[row.status].word, row.failure_category, row.decided_by, row.decided_as, row.decided_at],
    ...[row.source, row.model_name, row.task_type, row.quality_score, row.request, row.correction],
  ])
}
