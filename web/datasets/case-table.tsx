import { Button } from '@mantine/core'
import { useMemo, useRef } from 'react'
import type { ShownCaseRow, ShownDatasetVersion } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { ListTable } from '../shell/list-table.tsx'
import { Choice } from '../ui/choice.tsx'
import { type Cell, offerFile, writeCsv } from '../ui/csv.ts'
import { PagedCsv } from '../ui/csv-button.tsx'
import { useListKeys } from '../ui/list-keys.ts'
import { describeNoMatch } from '../ui/numbers.ts'
import { SearchField } from '../ui/search-field.tsx'
import { SelectedRows } from '../ui/selected-rows.tsx'
import { useSelection } from '../ui/selection.ts'
import { Empty, useDelayed } from '../ui/states.tsx'
import type { TableControl } from '../ui/table.tsx'
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
const NO_FILTER: DatasetChange = { search: undefined, split: undefined, share: undefined }

/** The cases of a version, and one of them beside the table. */
export function CaseTable({ name, version, search, change }: CaseTableProps) {
  const { project } = useProject()
  const narrow = useNarrow()
  const control = useRef<TableControl>(null)
  const { pages, walkRows } = useCaseRows(name, version.version_no, search)
  const rows = useMemo(() => pages.data?.pages.flatMap(page => page.rows) ?? [], [pages.data])
  const { split, search: text, share = DEFAULT_SHARE } = search
  const selection = useSelection(search.selected, change)
  const { toggle } = selection
  useListKeys({
    ...{ noun: 'case', group: 'Dataset', keys: rows.map(keyOf), control, peek: search.case, onSelect: toggle },
    onPeek: (one, how) => change({ case: one }, how),
  })
  const columns = listCaseColumns({ project, name, v: String(version.version_no), search, share, narrow, toggle })
  const file = `${name.replace(/[^\w.-]+/g, '_')}.csv`
  const count = version.case_count.toLocaleString('en-US')
  const isLooking = useDelayed(text !== undefined && pages.isFetching)
  const isWhole = split === undefined && text === undefined
  return (
    <>
      <div className="list-head">
        <search className="list-bar" aria-label="Filter cases">
          <SearchField
            label="Search cases"
            text={text ?? ''}
            onSearch={typed => change({ search: typed || undefined }, 'replace')}
          />
          <Choice
            label="Split"
            value={split}
            onChange={event => change({ split: readSplit(event.currentTarget.value) })}
            options={[
              ['', 'Train and test'],
              ['train', 'Train alone'],
              ['test', 'Test alone'],
            ]}
          />
          <Choice
            label="Share of test"
            value={search.share}
            onChange={event => change({ share: event.currentTarget.value || undefined })}
            options={SHARES.map(value => [value === DEFAULT_SHARE ? '' : value, `${value} % test`])}
          />
          {!isWhole && (
            <button type="button" className="plain-button" onClick={() => change(NO_FILTER)}>
              Clear
            </button>
          )}
        </search>
        <span className="quiet case-note" role="status">
          {isLooking ? `Looking through ${count} cases …` : 'Cases of one source are never torn apart.'}
        </span>
        <PagedCsv
          key={`${version.version_no} ${split} ${share} ${text}`}
          name={file}
          header={CASE_HEADER}
          pages={async function* (stop) {
            for await (const found of walkRows(stop)) yield listCaseCells(found, share)
          }}
          total={isWhole ? count : undefined}
          disabled={rows.length === 0}
        />
      </div>
      <SelectedRows
        nouns="cases"
        selection={selection}
        rows={rows}
        keyOf={keyOf}
        onCsv={known => offerFile(file, writeCsv(CASE_HEADER, listCaseCells(known, share)))}
      />
      <div className="case-body">
        <ListTable
          list={{ rows, of: `${split} ${share} ${text}`, pages }}
          label="Cases"
          nouns="cases"
          columns={columns}
          rowKey={keyOf}
          rowCount={isWhole ? version.case_count : undefined}
          rowHeight={narrow ? 64 : 32}
          control={control}
          current={search.case}
          selected={selection.ids}
          nothing={
            isWhole ? (
              <Empty>This version has no cases.</Empty>
            ) : (
              <Empty action={<Button onClick={() => change(NO_FILTER)}>Clear</Button>}>
                {text === undefined
                  ? `No case of this version is ${split} at ${share} %.`
                  : describeNoMatch(split === undefined ? 1 : 2)}
              </Empty>
            )
          }
        />
        {search.case !== undefined && (
          <CasePanel name={name} id={search.case} share={share} onClose={() => change({ case: undefined })} />
        )}
      </div>
    </>
  )
}

function readSplit(value: string): 'train' | 'test' | undefined {
  return value === 'train' || value === 'test' ? value : undefined
}

const CASE_HEADER = ['case_id', 'id', 'split', 'input', 'expected', 'metadata', 'source']

/** Cases as they are shown: long fields are cut. The export has all of it. */
function listCaseCells(rows: ShownCaseRow[], share: string): Cell[][] {
  return rows.map(row => [
    ...[row.case_id, row.id, nameSplit(row.split, share), row.input, row.expected, row.metadata, row.source],
  ])
}
