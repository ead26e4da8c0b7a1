import { Button } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useCallback } from 'react'
import type { ShownDataset } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import type { ListChange } from '../ui/list-search.ts'
import { countNoun, formatCount } from '../ui/numbers.ts'
import type { Column } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { timeColumn } from '../ui/time-column.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { useNarrow } from '../ui/use-narrow.ts'
import { WholeList } from '../ui/whole-list.tsx'
import { Collect } from './collect.tsx'
import { DatasetPeek } from './dataset-peek.tsx'
import { useDatasets } from './dataset-query.ts'
import './datasets-page.css'
import { readDatasetsSearch } from './datasets-search.ts'
import { Upload } from './upload.tsx'

const route = getRouteApi('/p/$project/datasets')

/** Which cases are there? */
export function DatasetsPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { project } = useProject()
  const narrow = useNarrow()
  const change = useCallback(
    (to: ListChange & { new?: string | undefined }, how: 'push' | 'replace' = 'push') =>
      void navigate({ search: former => readDatasetsSearch({ ...former, ...to }), replace: how === 'replace' }),
    [navigate],
  )
  const upload = (on: boolean) => change({ new: on ? '1' : undefined })
  const collect = (on: boolean) => change({ new: on ? 'collect' : undefined })
  useKeys([
    { keys: ['n'], label: 'Upload a dataset', group: 'Datasets', run: () => upload(search.new !== '1') },
    { keys: ['c'], label: 'Collect cases', group: 'Datasets', run: () => collect(search.new !== 'collect') },
  ])
  const action = search.new === undefined && (
    <>
      <Button onClick={() => upload(true)}>Upload a file</Button>
      <p>or collect cases of corrections, ratings and sessions.</p>
    </>
  )
  return (
    <WholeList
      noun="dataset"
      title="Datasets"
      query={useDatasets()}
      search={search}
      change={change}
      columns={listColumns(project, narrow)}
      peekSays={PEEK_SAYS}
      narrow={narrow}
      onCsv={offerDatasets}
      tools={
        <>
          <Button variant="filled" onClick={() => upload(true)} disabled={search.new === '1'}>
            Upload
          </Button>
          <Button onClick={() => collect(true)} disabled={search.new === 'collect'}>
            Collect cases …
          </Button>
        </>
      }
      empty={{ words: 'No datasets yet. A dataset holds the cases that experiments run on, in versions.', action }}
      renderPeek={(name, row, onClose) => <DatasetPeek name={name} row={row} onClose={onClose} />}
    >
      {search.new === '1' && <Upload onClose={() => upload(false)} />}
      {search.new === 'collect' && <Collect onClose={() => collect(false)} />}
    </WholeList>
  )
}

const PEEK_SAYS = new Set(['cases', 'number', 'version', 'made'])

function listColumns(project: string, narrow: boolean): Column<ShownDataset>[] {
  const link = (row: ShownDataset) => (
    <Link to="/p/$project/datasets/$name/$v" params={{ project, name: row.name, v: 'newest' }} data-row>
      {row.name}
    </Link>
  )
  if (narrow) {
    return [
      {
        id: 'dataset',
        header: 'Dataset',
        width: '1fr',
        render: row => (
          <>
            <div className="card-line spread">
              {link(row)} <Time at={row.changed_at} />
            </div>
            <div className="quiet">
              {countNoun(row.case_count, 'case')}, version {row.version_no}
            </div>
          </>
        ),
      },
    ]
  }
  return [
    { id: 'name', header: 'Dataset', width: 'minmax(160px, 1fr)', render: link },
    { id: 'cases', header: 'Cases', width: '96px', align: 'end', render: row => formatCount(row.case_count) },
    { id: 'number', header: 'Version', width: '80px', align: 'end', render: row => row.version_no },
    { id: 'version', header: 'Content', width: '130px', render: row => <span className="mono">{row.version}</span> },
    timeColumn('changed', 'Changed', row => row.changed_at),
    timeColumn('made', 'Made', row => row.created_at),
  ]
}

function offerDatasets(rows: ShownDataset[]): void {
  const header = ['name', 'case_count', 'version_no', 'version', 'created_at', 'changed_at']
  const lines = rows.map(row => [
    ...[row.name, row.case_count, row.version_no, row.version, row.created_at, row.changed_at],
  ])
  offerFile('datasets.csv', writeCsv(header, lines))
}
