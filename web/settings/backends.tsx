import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { readAnswer, type ShownBackend } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { ShortTable } from '../ui/short-table.tsx'
import { describeError, Failure, Skeleton } from '../ui/states.tsx'
import type { Column } from '../ui/table.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { useNarrow } from '../ui/use-narrow.ts'

/** When each backend was last put to the test, by name. */
interface Tests {
  [name: string]: number
}

/** Where models run, and whether each is there. */
export function Backends() {
  const { project, client } = useProject()
  const narrow = useNarrow()
  const backends = useQuery({
    queryKey: [project, 'backends'],
    queryFn: () => readAnswer(client.api.backends.$get()),
  })
  const [tests, setTests] = useState<Tests>({})
  const rows = backends.data ?? []
  const testAll = () => setTests(Object.fromEntries(rows.map(({ name }) => [name, Date.now()])))
  const test = (name: string) => setTests(former => ({ ...former, [name]: Date.now() }))
  useKeys([{ keys: ['t'], label: 'Test all backends', group: 'Settings', run: testAll }])
  return (
    <>
      <p className="settings-lead">
        They stand in <code>whetstone.yaml</code>, keys in the environment of the server; both are read when it starts.
        A test asks for the list of models and makes no chat completion.
      </p>
      {backends.isError && (
        <Failure
          what="Couldn't load the backends"
          error={backends.error}
          onRetry={() => void backends.refetch()}
          dataFrom={rows.length > 0 ? backends.dataUpdatedAt : undefined}
        />
      )}
      {backends.isPending && <Skeleton lines={5} height={28} />}
      {rows.length > 0 && (
        <>
          <div className="settings-bar">
            <Button onClick={testAll}>Test all</Button>
            <button type="button" className="plain-button" onClick={() => offerBackends(rows)}>
              CSV
            </button>
          </div>
          <ShortTable
            label="Backends"
            columns={listColumns(narrow, test)}
            rows={rows}
            rowKey={row => row.name}
            below={row => {
              const started = tests[row.name]
              return started === undefined ? null : <TestResult key={started} name={row.name} started={started} />
            }}
          />
        </>
      )}
    </>
  )
}

function listColumns(narrow: boolean, test: (name: string) => void): Column<ShownBackend>[] {
  const button = (row: ShownBackend) => (
    <Button onClick={() => test(row.name)} aria-label={`Test ${row.name}`}>
      Test
    </Button>
  )
  if (narrow) {
    return [
      {
        id: 'backend',
        header: 'Backend',
        width: '1fr',
        render: row => (
          <div className="settings-card">
            <div className="line">
              <strong>{row.name}</strong> {button(row)}
            </div>
            <div>{row.base_url ?? row.kind}</div>
            <KeyName row={row} />
          </div>
        ),
      },
    ]
  }
  return [
    { id: 'name', header: 'Backend', width: '120px', render: row => <strong>{row.name}</strong> },
    { id: 'kind', header: 'Kind', width: '140px', render: row => row.kind },
    {
      id: 'address',
      header: 'Address',
      width: '1fr',
      render: row => row.base_url ?? <span className="quiet">none</span>,
    },
    { id: 'key', header: 'Key', width: '210px', render: row => <KeyName row={row} /> },
    { id: 'concurrency', header: 'At once', width: '72px', align: 'end', render: row => row.concurrency },
    { id: 'test', header: <span className="unseen">Test</span>, width: '64px', align: 'end', render: button },
  ]
}

function KeyName({ row }: { row: ShownBackend }) {
  if (row.key_env === null) return <span className="quiet">none needed</span>
  return (
    <span className="state-word" data-tone={row.has_key ? 'ok' : 'warn'}>
      <code>{row.key_env}</code> <span aria-hidden="true">{row.has_key ? '●' : '○'}</span>{' '}
      {row.has_key ? 'is set' : 'is not set'}
    </span>
  )
}

/** Asks once when it is shown, and says what came of it. */
function TestResult({ name, started }: { name: string; started: number }) {
  const { project, client } = useProject()
  const check = useQuery({
    queryKey: [project, 'backend check', name, started],
    queryFn: () => readAnswer(client.api.backends[':name'].check.$post({ param: { name: encodeURIComponent(name) } })),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (check.isPending) return <span role="status">Asking …</span>
  if (check.isError) return <Told tone="error">{describeError(check.error)}</Told>
  const { ok, ms, models, error } = check.data
  if (!ok) return <Told tone="error">{error ?? 'It is not there.'}</Told>
  const listed =
    models === null
      ? 'it keeps no list of models'
      : models.length === 1
        ? '1 model'
        : `${models.length.toLocaleString('en-US')} models`
  return (
    <>
      <Told tone="ok">
        Answered in {ms} ms, {listed}
      </Told>
      {models !== null && models.length > 0 && (
        <details className="test-result">
          <summary>Show {models.length === 1 ? 'it' : 'them'}</summary>
          <ul>
            {models.map(model => (
              <li key={model} className="model">
                {model}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  )
}

function Told({ tone, children }: { tone: 'ok' | 'error'; children: React.ReactNode }) {
  return (
    <span role="status" className="state-word" data-tone={tone} style={{ whiteSpace: 'normal' }}>
      <span aria-hidden="true">{tone === 'ok' ? '●' : '✗'}</span> {children}
    </span>
  )
}

function offerBackends(rows: ShownBackend[]): void {
  const header = ['name', 'kind', 'base_url', 'key_env', 'has_key', 'concurrency']
  const lines = rows.map(row => [row.name, row.kind, row.base_url, row.key_env, String(row.has_key), row.concurrency])
  offerFile('backends.csv', writeCsv(header, lines))
}
