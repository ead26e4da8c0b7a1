import { NativeSelect } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useMemo, useRef } from 'react'
import type { ShownCaseRow, ShownDatasetVersion } from '#client.ts'
import { useProject } from '../shell/api.ts'
import type { Cell } from '../ui/csv.ts'
import { PagedCsv } from '../ui/csv-button.tsx'
import { useRowKeys } from '../ui/row-keys.ts'
import { Empty, Failure, Skeleton } from '../ui/states.tsx'
import { findFocusedRow, Table, type TableControl } from '../ui/table.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { useNarrow } from '../ui/use-narrow.ts'
import { listCaseColumns } from './case-columns.tsx'
import { CasePanel } from './case-panel.tsx'
import { useCaseRows } from './dataset-query.ts'
import { nameSplit } from './dataset-words.ts'
import { type DatasetChange, type DatasetSearch, DEFAULT_SHARE, SHARES } from './datasets-search.ts'

interface CaseTableProps {
  name: string
  version: ShownDatasetVersion
  search: DatasetSearch
  change: (to: DatasetChange, how?: 'push' | 'replace') => void
}

const keyOf = (row: ShownCaseRow) => row.case_id

/** The cases of a version, and one of them beside the table. */
export function CaseTable({ name, version, search, change }: CaseTableProps) {
  const { project } = useProject()
  const narrow = useNarrow()
  const control = useRef<TableControl>(null)
  const { pages, walkRows } = useCaseRows(name, version.version_no, search)
  const rows = useMemo(() => pages.data?.pages.flatMap(page => page.rows) ?? [], [pages.data])
  const share = search.share ?? DEFAULT_SHARE
  const look = (index: number) => {
    const row = rows[index]
    if (row !== undefined) change({ case: row.case_id }, 'replace')
  }
  useRowKeys({
    noun: 'case',
    group: 'Dataset',
    count: rows.length,
    control,
    onMove: index => search.case !== undefined && look(index),
  })
  useKeys([
    {
      keys: [' '],
      label: 'Look at the case beside the table',
      group: 'Dataset',
      run: () => (search.case === undefined ? look(Math.max(0, findFocusedRow())) : change({ case: undefined })),
    },
    { keys: ['Escape'], label: 'Close the case', group: 'Dataset', run: () => change({ case: undefined }) },
  ])
  const columns = listCaseColumns({ project, name, v: String(version.version_no), search, share, narrow })
  return (
    <>
      <div className="case-bar">
        <NativeSelect
          size="xs"
          aria-label="Split"
          value={search.split ?? ''}
          onChange={event => {
            const { value } = event.currentTarget
            change({ split: value === 'train' || value === 'test' ? value : undefined })
          }}
          data={[
            { value: '', label: 'Train and test' },
            { value: 'train', label: 'Train alone' },
            { value: 'test', label: 'Test alone' },
          ]}
        />
        <NativeSelect
          size="xs"
          aria-label="Share of test"
          value={share}
          onChange={event =>
            change({ share: event.currentTarget.value === DEFAULT_SHARE ? undefined : event.currentTarget.value })
          }
          data={SHARES.map(value => ({ value, label: `${value} % test` }))}
        />
        <span className="quiet case-note">Cases of one source are never torn apart.</span>
        <PagedCsv
          key={`${version.version_no} ${search.split} ${share}`}
          name={`${name.replace(/[^\w.-]+/g, '_')}.csv`}
          header={CASE_HEADER}
          pages={async function* (stop) {
            for await (const found of walkRows(stop)) yield listCaseCells(found, share)
          }}
          total={search.split === undefined ? version.case_count.toLocaleString('en-US') : undefined}
          disabled={rows.length === 0}
        />
      </div>
      {pages.isError && (
        <Failure what="Couldn't load the cases" error={pages.error} onRetry={() => void pages.refetch()} />
      )}
      {pages.isPending && <Skeleton lines={10} height={24} />}
      {pages.isSuccess && rows.length === 0 && (
        <Empty>
          {search.split === undefined ? (
            'This version has no cases.'
          ) : (
            <>
              No case of this version is {search.split === 'test' ? 'test' : 'train'} at {share} %.{' '}
              <Link
                to="/p/$project/datasets/$name/$v"
                params={{ project, name, v: String(version.version_no) }}
                search={{}}
              >
                Clear
              </Link>
            </>
          )}
        </Empty>
      )}
      {rows.length > 0 && (
        <div className="case-body">
          <Table
            label="Cases"
            columns={columns}
            rows={rows}
            rowKey={keyOf}
            rowCount={search.split === undefined ? version.case_count : undefined}
            rowHeight={narrow ? 64 : 32}
            control={control}
            current={search.case}
            onNearEnd={pages.hasNextPage && !pages.isFetching ? () => void pages.fetchNextPage() : undefined}
          />
          {search.case !== undefined && (
            <CasePanel name={name} id={search.case} share={share} onClose={() => change({ case: undefined })} />
          )}
        </div>
      )}
    </>
  )
}

const CASE_HEADER = ['case_id', 'id', 'split', 'input', 'expected', 'metadata', 'source']

/** Cases as they are shown: long fields are cut. The export has all of it. */
function listCaseCells(rows: ShownCaseRow[], share: string): Cell[][] {
  return rows.map(row => [
    ...[row.case_id, row.id, nameSplit(row.split, share), row.input, row.expected, row.metadata, row.source],
  ])
}
