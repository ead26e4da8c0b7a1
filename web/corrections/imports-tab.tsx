import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { readAnswer, type ShownImport } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { CsvButton } from '../ui/csv-button.tsx'
import { countOf } from '../ui/numbers.ts'
import { Empty, Failure, Skeleton } from '../ui/states.tsx'
import { Time } from '../ui/time.tsx'
import { Tone } from '../ui/tone.tsx'
import { MalformedLines } from './malformed-lines.tsx'
import { useCorrectionsAddress } from './use-address.ts'

const route = getRouteApi('/p/$project/corrections')
const FOLLOW_MS = 500
/** So many imports are listed, the newest. */
const LISTED = 200

/** Benchmark folders: where they lie, what is in them, and how their imports went. */
export function ImportsTab() {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const imports = useQuery({
    queryKey: [project, 'imports', 'list'],
    queryFn: ({ signal }) =>
      readAnswer(client.api.corrections.imports.$get({ query: { limit: String(LISTED) } }, { init: { signal } })),
    refetchInterval: query => (query.state.data?.some(one => one.state === 'running') ? FOLLOW_MS : false),
    staleTime: 0,
  })
  const refresh = () => void queries.invalidateQueries({ queryKey: [project, 'imports'] })
  useFollowing([project, 'imports'], ['corrections'], 2_000)
  return (
    <div className="scrolled">
      <Folder onChange={refresh} />
      <Runs imports={imports.data ?? []} onChange={refresh} />
      <div className="section-head imports-head">
        <h2>Imports</h2>
        <CsvButton
          rows={imports.data?.length ?? 0}
          more={imports.data?.length === LISTED}
          onPress={() => offerImports(imports.data ?? [])}
        />
      </div>
      {imports.isPending && <Skeleton lines={4} />}
      {imports.isError && (
        <Failure what="Couldn't load imports" error={imports.error} onRetry={() => void imports.refetch()} />
      )}
      {imports.isSuccess && <ImportList imports={imports.data} />}
    </div>
  )
}

/** Where benchmark results lie; the operator says below which roots that may be. */
function Folder({ onChange }: { onChange: () => void }) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const config = useQuery({
    queryKey: [project, 'imports', 'config'],
    queryFn: () => readAnswer(client.api.corrections.config.$get()),
    staleTime: 0,
  })
  const [typed, setTyped] = useState<string | null>(null)
  const save = useMutation({
    mutationFn: (bench_results_dir: string) =>
      readAnswer(client.api.corrections.config.$post({ json: { bench_results_dir } })),
    onSuccess: () => {
      setTyped(null)
      onChange()
      void queries.invalidateQueries({ queryKey: [project, 'benchmark runs'] })
    },
  })
  if (config.isError) {
    return <Failure what="Couldn't load the folder" error={config.error} onRetry={() => void config.refetch()} />
  }
  const folder = config.data?.bench_results_dir ?? ''
  return (
    <form
      className="folder-form"
      onSubmit={event => {
        event.preventDefault()
        if (typed !== null) save.mutate(typed.trim())
      }}
    >
      <TextInput
        size="xs"
        label="Folder of benchmark results"
        description="A run is a folder with sft_candidates.jsonl, directly below this one."
        placeholder="/srv/bench/results"
        spellCheck={false}
        value={typed ?? folder}
        onChange={event => setTyped(event.currentTarget.value)}
      />
      <Button type="submit" disabled={typed === null || typed.trim() === folder} loading={save.isPending}>
        Set the folder
      </Button>
      {save.isError && <Failure what="The folder was not set" error={save.error} />}
    </form>
  )
}

function Runs({ imports, onChange }: { imports: ShownImport[]; onChange: () => void }) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const runs = useQuery({
    queryKey: [project, 'benchmark runs'],
    queryFn: ({ signal }) => readAnswer(client.api.corrections.runs.$get({}, { init: { signal } })),
    staleTime: 0,
  })
  const start = useMutation({
    mutationFn: (run_id: string) => {
      setTimeout(onChange, 100)
      return readAnswer(client.api.corrections.import.$post({ json: { run_id } }))
    },
    onSettled: () => {
      onChange()
      void queries.invalidateQueries({ queryKey: [project, 'benchmark runs'] })
      void queries.invalidateQueries({ queryKey: [project, 'candidate-kinds'] })
    },
  })
  if (runs.isPending) return <Skeleton lines={3} />
  if (runs.isError) {
    return <Failure what="Couldn't look into the folder" error={runs.error} onRetry={() => void runs.refetch()} />
  }
  const running = new Set(imports.filter(one => one.state === 'running').map(one => one.run_id))
  return (
    <section aria-labelledby="benchmark-runs">
      <div className="section-head">
        <h2 id="benchmark-runs">Runs in the folder</h2>
        <button type="button" className="plain-button" onClick={() => void runs.refetch()}>
          Look again
        </button>
      </div>
      {start.isError && <Failure what={`${start.variables} was not imported`} error={start.error} />}
      {runs.data.length === 0 ? (
        <Empty>No run lies there. Set a folder that holds some, or wait for a benchmark to end.</Empty>
      ) : (
        <table className="plain-table cards">
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">From</th>
              <th scope="col" className="end">
                Lines
              </th>
              <th scope="col">Import</th>
            </tr>
          </thead>
          <tbody>
            {runs.data.map(run => (
              <tr key={run.run_id}>
                <th scope="row">{run.run_id}</th>
                <td data-label="From">
                  <Time at={run.timestamp} focusable />
                </td>
                <td className="end">{countOf(run.candidate_count, 'line')}</td>
                <td>
                  {run.already_imported && <span className="quiet">● imported </span>}
                  <Button
                    variant={run.already_imported ? 'subtle' : 'default'}
                    disabled={running.has(run.run_id)}
                    loading={start.isPending && start.variables === run.run_id}
                    onClick={() => start.mutate(run.run_id)}
                    aria-label={`Import ${run.run_id}${run.already_imported ? ' again' : ''}`}
                  >
                    {run.already_imported ? 'Again' : 'Import'}
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

const STATES = {
  running: { sign: '◔', word: 'running', tone: 'meta' },
  done: { sign: '●', word: 'done', tone: 'ok' },
  failed: { sign: '✗', word: 'failed', tone: 'error' },
  broken_off: { sign: '✗', word: 'broken off', tone: 'error' },
} as const

function ImportList({ imports }: { imports: ShownImport[] }) {
  const search = route.useSearch()
  const change = useCorrectionsAddress()
  if (imports.length === 0) return <Empty>Nothing has been imported yet.</Empty>
  return (
    <>
      <table className="plain-table cards">
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">State</th>
            <th scope="col">Progress</th>
            <th scope="col" className="end">
              New
            </th>
            <th scope="col" className="end">
              Skipped
            </th>
            <th scope="col" className="end">
              Malformed
            </th>
            <th scope="col">By</th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {imports.map(one => (
            <ImportLine key={one.import_id} one={one} onOpen={() => change({ import: one.import_id })} />
          ))}
        </tbody>
      </table>
      {search.import !== undefined && (
        <MalformedLines id={search.import} onClose={() => change({ import: undefined })} />
      )}
    </>
  )
}

function ImportLine({ one, onOpen }: { one: ShownImport; onOpen: () => void }) {
  const { sign, word, tone } = STATES[one.state]
  const share = one.size === 0 ? 1 : Math.min(1, one.bytes_read / one.size)
  const percent = Math.floor(share * 100)
  return (
    <tr>
      <th scope="row">{one.run_id}</th>
      <td>
        <Tone sign={sign} words={word} tone={tone} />
        {one.error !== null && <div className="import-error">{one.error}</div>}
        {one.state === 'broken_off' && <div className="quiet">Start it again: what is there is skipped.</div>}
      </td>
      <td>
        <progress max={100} value={one.state === 'done' ? 100 : percent} aria-label={`Read of ${one.run_id}`} />{' '}
        {one.state === 'done' ? '100' : percent} %
      </td>
      <td data-label="New" className="end">
        {one.imported.toLocaleString('en-US')}
      </td>
      <td data-label="Skipped" className="end">
        {one.skipped.toLocaleString('en-US')}
      </td>
      <td data-label="Malformed" className="end">
        {one.malformed_count === 0 ? (
          '0'
        ) : (
          <button type="button" className="plain-button" onClick={onOpen} disabled={one.state === 'running'}>
            {countOf(one.malformed_count, 'line')}
          </button>
        )}
      </td>
      <td data-label="By">{one.author}</td>
      <td data-label="When">
        <Time at={one.started_at} focusable />
      </td>
    </tr>
  )
}

function offerImports(imports: ShownImport[]): void {
  const header = ['run_id', 'state', 'imported', 'skipped', 'malformed', 'by', 'started_at', 'ended_at', 'error']
  const lines = imports.map(one => [
    ...[one.run_id, one.state, one.imported, one.skipped, one.malformed_count],
    ...[one.author, one.started_at, one.ended_at, one.error],
  ])
  offerFile('imports.csv', writeCsv(header, lines))
}
