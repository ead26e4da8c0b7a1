import { Button } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useRef } from 'react'
import type { PromptSummary } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import '../ui/list.css'
import '../ui/plain.css'
import { useRowKeys } from '../ui/row-keys.ts'
import { Empty, Failure, Skeleton } from '../ui/states.tsx'
import { type Column, Table, type TableControl } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { useNarrow } from '../ui/use-narrow.ts'
import { Labels } from './labels.tsx'
import { usePrompts } from './prompt-query.ts'
import './prompts-page.css'
import { digitsOf } from './prompts-search.ts'
import { WritePrompt } from './write-prompt.tsx'

const route = getRouteApi('/p/$project/prompts')

/** Which prompts are there, and which version does each label mean? */
export function PromptsPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { project } = useProject()
  const narrow = useNarrow()
  const control = useRef<TableControl>(null)
  const prompts = usePrompts()
  const rows = prompts.data ?? []
  const write = (on: boolean) => void navigate({ search: on ? { new: '1' } : {} })
  useRowKeys({ noun: 'prompt', group: 'Prompts', count: rows.length, control })
  useKeys([{ keys: ['n'], label: 'New prompt', group: 'Prompts', run: () => write(search.new === undefined) }])
  return (
    <div className="list-page">
      <div className="list-head">
        <h1>Prompts</h1>
        <Button variant="filled" onClick={() => write(true)} disabled={search.new === '1'}>
          New prompt
        </Button>
        <button type="button" className="plain-button" disabled={rows.length === 0} onClick={() => offerPrompts(rows)}>
          CSV
        </button>
      </div>
      {search.new === '1' && <WritePrompt onClose={() => write(false)} />}
      {prompts.isError && (
        <Failure
          what="Couldn't load the prompts"
          error={prompts.error}
          onRetry={() => void prompts.refetch()}
          dataFrom={rows.length > 0 ? prompts.dataUpdatedAt : undefined}
        />
      )}
      {prompts.isPending && <Skeleton lines={8} height={24} />}
      {prompts.isSuccess && rows.length === 0 && (
        <Empty action={search.new === undefined && <Button onClick={() => write(true)}>Write one</Button>}>
          No prompts yet. An agent fetches one by its label; an experiment compares versions.
        </Empty>
      )}
      {rows.length > 0 && (
        <Table
          label="Prompts"
          columns={listColumns(project, narrow)}
          rows={rows}
          rowKey={row => row.name}
          rowCount={rows.length}
          rowHeight={narrow ? 64 : 32}
          control={control}
        />
      )}
    </div>
  )
}

function listColumns(project: string, narrow: boolean): Column<PromptSummary>[] {
  const link = (row: PromptSummary) => (
    <Link to="/p/$project/prompts/$name/$v" params={{ project, name: row.name, v: 'latest' }} data-row>
      {row.name}
    </Link>
  )
  if (narrow) {
    return [
      {
        id: 'prompt',
        header: 'Prompt',
        width: '1fr',
        render: row => (
          <>
            <div className="card-line spread">
              {link(row)} <Time at={row.changed_at} />
            </div>
            <Labels labels={row.labels} />
          </>
        ),
      },
    ]
  }
  return [
    { id: 'name', header: 'Prompt', width: 'minmax(160px, 1fr)', render: link },
    { id: 'labels', header: 'Labels', width: 'minmax(200px, 1fr)', render: row => <Labels labels={row.labels} /> },
    {
      id: 'version',
      header: 'Newest',
      width: '96px',
      render: row => <span className="mono">{digitsOf(row.version)}</span>,
    },
    { id: 'count', header: 'Versions', width: '80px', align: 'end', render: row => row.version_count },
    {
      id: 'changed',
      header: 'Changed',
      width: '88px',
      render: row => (
        <span className="above">
          <Time at={row.changed_at} />
        </span>
      ),
    },
  ]
}

function offerPrompts(rows: PromptSummary[]): void {
  const header = ['name', 'version', 'version_count', 'labels', 'created_at', 'changed_at']
  const lines = rows.map(row => [
    ...[row.name, row.version, row.version_count],
    Object.entries(row.labels)
      .map(([label, version]) => `${label}=${digitsOf(version)}`)
      .join(' '),
    ...[row.created_at, row.changed_at],
  ])
  offerFile('prompts.csv', writeCsv(header, lines))
}
