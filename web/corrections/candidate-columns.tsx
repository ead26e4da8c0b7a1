import { Link } from '@tanstack/react-router'
import { type Selecting, selectColumn } from '../ui/select-column.tsx'
import type { Column } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { TIME_WIDTH } from '../ui/time-column.tsx'
import { Tone } from '../ui/tone.tsx'
import type { Candidate } from './candidate-query.ts'
import { nameAction, nameCategory, STATUS_WORDS } from './correction-words.ts'
import type { CorrectionsSearch } from './corrections-search.ts'

interface ColumnSetting {
  project: string
  search: CorrectionsSearch
  /** Left the list since it was loaded. */
  gone: Set<string>
  narrow: boolean
}

/** What a candidate is called: what was asked, else its task, else the answer. */
function nameCandidate(row: Pick<Candidate, 'request' | 'task_name' | 'response' | 'id'>): string {
  return row.request ?? row.task_name ?? (row.response.trim() || row.id)
}

/** The columns of the queue; in a narrow page one of them is a card. */
export function queueColumns(setting: ColumnSetting & Selecting): Column<Candidate>[] {
  const { narrow, search } = setting
  const select = selectColumn<Candidate>(setting, narrow, row => row.id, nameCandidate)
  if (narrow) return [select, cardColumn(setting, row => <Held row={row} gone={setting.gone} />)]
  const columns: Column<Candidate>[] = [
    select,
    askedColumn(setting),
    {
      id: 'answer',
      header: 'Answer',
      width: 'minmax(120px, 1fr)',
      render: row => <span className="quiet">{row.response}</span>,
    },
    ...kindColumns(),
    { id: 'assigned', header: 'Reviewer', width: '110px', render: row => <Held row={row} gone={setting.gone} /> },
    ageColumn('Waits', row => row.created_at),
  ]
  return search.peek === undefined ? columns : columns.filter(({ id }) => !BESIDE_PEEK.has(id))
}

/** The columns of what is decided. */
export function doneColumns(setting: ColumnSetting): Column<Candidate>[] {
  const { narrow, search, gone } = setting
  if (narrow) return [cardColumn(setting, row => <Decision row={row} gone={gone} />)]
  const columns: Column<Candidate>[] = [
    { id: 'status', header: 'Decision', width: '112px', render: row => <Decision row={row} gone={gone} /> },
    askedColumn(setting),
    {
      id: 'correction',
      header: 'Correction',
      width: 'minmax(120px, 1fr)',
      render: row => <span className="person-text">{row.correction}</span>,
    },
    ...kindColumns(),
    {
      id: 'author',
      header: 'By',
      width: '110px',
      render: row => <span title={nameAction(row.decided_as ?? '')}>{row.decided_by}</span>,
    },
    ageColumn('When', row => row.decided_at),
  ]
  return search.peek === undefined ? columns : columns.filter(({ id }) => !BESIDE_PEEK.has(id))
}

/** What the panel says anyway gives its place to the rest. */
const BESIDE_PEEK = new Set(['answer', 'correction', 'source', 'task', 'quality', 'model'])

function askedColumn(setting: ColumnSetting): Column<Candidate> {
  return {
    id: 'asked',
    header: 'Asked',
    width: 'minmax(160px, 1.2fr)',
    render: row => <Asked row={row} setting={setting} />,
  }
}

function kindColumns(): Column<Candidate>[] {
  return [
    { id: 'model', header: 'Model', width: 'minmax(80px, 140px)', render: row => row.model_name },
    { id: 'source', header: 'Source', width: 'minmax(70px, 120px)', render: row => row.source },
    { id: 'task', header: 'Task type', width: 'minmax(70px, 120px)', render: row => row.task_type },
    {
      id: 'category',
      header: 'Category',
      width: '96px',
      render: row => (row.failure_category === null ? null : nameCategory(row.failure_category)),
    },
    { id: 'quality', header: 'Quality', width: '60px', align: 'end', render: row => formatQuality(row.quality_score) },
  ]
}

function ageColumn(header: string, read: (row: Candidate) => string | null): Column<Candidate> {
  return {
    id: 'age',
    header,
    width: TIME_WIDTH,
    render: row => {
      const at = read(row)
      return (
        at && (
          <span className="above">
            <Time at={at} />
          </span>
        )
      )
    },
  }
}

function cardColumn(setting: ColumnSetting, state: (row: Candidate) => React.ReactNode): Column<Candidate> {
  return {
    id: 'card',
    header: 'Candidate',
    width: '1fr',
    render: row => (
      <>
        <div className="card-line">
          <span className="card-name">
            <Asked row={row} setting={setting} />
          </span>
          {state(row)}
        </div>
        <div className="card-line card-facts">
          <span>{row.model_name || row.source}</span>
          {row.failure_category !== null && <span>{nameCategory(row.failure_category)}</span>}
          {row.quality_score !== null && <span>q {formatQuality(row.quality_score)}</span>}
          <Time at={row.decided_at ?? row.created_at} />
          {row.decided_by !== null && <span>{row.decided_by}</span>}
        </div>
      </>
    ),
  }
}

function Asked({ row, setting }: { row: Candidate; setting: ColumnSetting }) {
  const { project, search, gone } = setting
  return (
    <Link
      to="/p/$project/corrections"
      params={{ project }}
      search={{ ...search, peek: row.id }}
      data-row
      preload={false}
      data-gone={gone.has(row.id) || undefined}
    >
      {nameCandidate(row)}
    </Link>
  )
}

/** Who it is for, or who is looking at it now. */
function Held({ row, gone }: { row: Candidate; gone: Set<string> }) {
  if (gone.has(row.id)) return <span className="quiet">decided</span>
  if (row.held_by !== null) return <span title="Is looking at it now">◔ {row.held_by}</span>
  return row.assigned_to === null ? null : <span title="Assigned">→ {row.assigned_to}</span>
}

function Decision({ row, gone }: { row: Candidate; gone: Set<string> }) {
  if (gone.has(row.id)) return <span className="quiet">changed since</span>
  const { sign, word, tone } = STATUS_WORDS[row.status]
  return <Tone sign={sign} words={word} tone={tone} />
}

/** 0 to 1 with two decimals; nothing where there is none. */
export function formatQuality(score: number | null): string {
  return score === null ? '' : score.toFixed(2)
}
