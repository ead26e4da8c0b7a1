import { Button } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useCallback } from 'react'
import type { PromptSummary } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import type { ListChange } from '../ui/list-search.ts'
import type { Column } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { timeColumn } from '../ui/time-column.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { useNarrow } from '../ui/use-narrow.ts'
import { WholeList } from '../ui/whole-list.tsx'
import { Labels } from './labels.tsx'
import { PromptPeek } from './prompt-peek.tsx'
import { usePrompts } from './prompt-query.ts'
import './prompts-page.css'
import { digitsOf, readPromptsSearch } from './prompts-search.ts'
import { WritePrompt } from './write-prompt.tsx'

const route = getRouteApi('/p/$project/prompts')

/** Which prompts are there, and which version does each label mean? */
export function PromptsPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { project } = useProject()
  const narrow = useNarrow()
  const change = useCallback(
    (to: ListChange & { new?: string | undefined }, how: 'push' | 'replace' = 'push') =>
      void navigate({ search: former => readPromptsSearch({ ...former, ...to }), replace: how === 'replace' }),
    [navigate],
  )
  const write = (on: boolean) => change({ new: on ? '1' : undefined })
  useKeys([{ keys: ['n'], label: 'New prompt', group: 'Prompts', run: () => write(search.new === undefined) }])
  return (
    <WholeList
      noun="prompt"
      title="Prompts"
      query={usePrompts()}
      search={search}
      change={change}
      columns={listColumns(project, narrow)}
      peekSays={PEEK_SAYS}
      narrow={narrow}
      onCsv={offerPrompts}
      tools={
        <Button variant="filled" onClick={() => write(true)} disabled={search.new === '1'}>
          New prompt
        </Button>
      }
      empty={{
        words: 'No prompts yet. An agent fetches one by its label; an experiment compares versions.',
        action: search.new === undefined && <Button onClick={() => write(true)}>Write one</Button>,
      }}
      renderPeek={(name, row, onClose) => <PromptPeek name={name} row={row} onClose={onClose} />}
    >
      {search.new === '1' && <WritePrompt onClose={() => write(false)} />}
    </WholeList>
  )
}

const PEEK_SAYS = new Set(['labels', 'version', 'count'])

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
    timeColumn('changed', 'Changed', row => row.changed_at),
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
