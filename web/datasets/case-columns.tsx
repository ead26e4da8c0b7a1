import { Link } from '@tanstack/react-router'
import type { ShownCaseRow } from '#client.ts'
import { type Selecting, selectColumn } from '../ui/select-column.tsx'
import type { Column } from '../ui/table.tsx'
import { nameSplit } from './dataset-words.ts'
import { type DatasetSearch, readDatasetSearch } from './datasets-search.ts'

interface CaseColumnSetting extends Selecting {
  project: string
  name: string
  v: string
  search: DatasetSearch
  share: string
  narrow: boolean
}

/** The columns of the cases; in a narrow page one of them, a card. Beside an open case, what the panel says anyway is left out. */
export function listCaseColumns(setting: CaseColumnSetting): Column<ShownCaseRow>[] {
  const { project, search, share, narrow } = setting
  const select = selectColumn<ShownCaseRow>(
    setting,
    narrow,
    row => row.case_id,
    row => row.id ?? row.input,
  )
  const split: Column<ShownCaseRow> = {
    id: 'split',
    header: 'Split',
    width: '56px',
    render: row => <Split row={row} share={share} />,
  }
  const expected: Column<ShownCaseRow> = {
    id: 'expected',
    header: 'Expected',
    width: 'minmax(100px, 0.6fr)',
    render: row =>
      row.expected === null ? <span className="quiet">–</span> : <span className="mono">{row.expected}</span>,
  }
  if (narrow) {
    return [
      select,
      {
        id: 'case',
        header: 'Case',
        width: '1fr',
        render: row => (
          <>
            <CaseLink row={row} setting={setting} />
            <div className="quiet case-card">
              <Split row={row} share={share} /> {row.id ?? ''} {row.expected !== null && `→ ${row.expected}`}
            </div>
          </>
        ),
      },
    ]
  }
  const columns: Column<ShownCaseRow>[] = [
    select,
    split,
    {
      id: 'id',
      header: 'Id',
      width: search.case === undefined ? 'minmax(60px, 140px)' : '72px',
      render: row => row.id ?? <span className="quiet">–</span>,
    },
    {
      id: 'input',
      header: 'Input',
      width: 'minmax(160px, 1fr)',
      render: row => <CaseLink row={row} setting={setting} />,
    },
  ]
  if (search.case !== undefined) return columns
  return [
    ...columns,
    expected,
    {
      id: 'metadata',
      header: 'Metadata',
      width: 'minmax(80px, 0.4fr)',
      render: row => (row.metadata === '{}' ? '' : <span className="mono quiet">{row.metadata}</span>),
    },
    {
      id: 'source',
      header: 'Source',
      width: 'minmax(80px, 160px)',
      render: row => <Source row={row} project={project} />,
    },
  ]
}

function CaseLink({ row, setting }: { row: ShownCaseRow; setting: CaseColumnSetting }) {
  const { project, name, v, search } = setting
  return (
    <Link
      to="/p/$project/datasets/$name/$v"
      params={{ project, name, v }}
      search={readDatasetSearch({ ...search, case: row.case_id })}
      data-row
      preload={false}
      className="mono"
    >
      {row.input}
    </Link>
  )
}

function Split({ row, share }: { row: Pick<ShownCaseRow, 'split'>; share: string }) {
  const part = nameSplit(row.split, share)
  return (
    <span className={part === 'test' ? 'tag' : 'quiet'} title={`${row.split} of 10,000`}>
      {part}
    </span>
  )
}

/** A session that is here is a link; what else keeps cases together is a name. */
function Source({ row, project }: { row: ShownCaseRow; project: string }) {
  if (row.session_id === null) return row.source
  return (
    <Link to="/p/$project/sessions/$id" params={{ project, id: row.session_id }} className="above" preload={false}>
      {row.session_id}
    </Link>
  )
}
