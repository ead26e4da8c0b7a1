import { Link } from '@tanstack/react-router'
import { SHOWN_AXES } from '../ui/axes.ts'
import { AxisBars, AxisLetters } from '../ui/axis-bars.tsx'
import { formatCount, formatDollars } from '../ui/numbers.ts'
import { type Selecting, selectColumn } from '../ui/select-column.tsx'
import { Status } from '../ui/status.tsx'
import type { Column } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { TIME_WIDTH } from '../ui/time-column.tsx'
import type { SessionRow } from './list-query.ts'
import type { SessionSearch } from './list-search.ts'
import { RowMenu } from './row-menu.tsx'
import { nameSession } from './session-name.ts'

interface ColumnSetting extends Selecting {
  project: string
  sort: SessionSearch['sort']
  display: SessionSearch['display']
  /** What was searched, to be marked. */
  find: string | undefined
  narrow: boolean
  onDataset: (ids: string[]) => void
}

/** The columns of the list; in a narrow page one of them, a card. */
export function listColumns(setting: ColumnSetting): Column<SessionRow>[] {
  const { project, find, narrow, onDataset } = setting
  const select = selectColumn<SessionRow>(setting, narrow, row => row.session_id, nameSession)
  const name: Column<SessionRow> = {
    id: 'name',
    header: 'Session',
    width: 'minmax(160px, 1fr)',
    render: row => <Name row={row} project={project} find={find} />,
  }
  const menu: Column<SessionRow> = {
    id: 'menu',
    header: <span className="unseen">Menu</span>,
    width: narrow ? '44px' : '32px',
    render: row => <RowMenu row={row} name={nameSession(row)} onDataset={onDataset} />,
  }
  if (narrow) return [select, { ...name, render: row => <Card row={row} project={project} find={find} /> }, menu]
  return [
    select,
    {
      id: 'status',
      header: 'Status',
      width: '88px',
      render: row => <Status status={row.eval_status} because={row.stale_because} />,
    },
    name,
    { id: 'profile', header: 'Profile', width: '128px', render: row => row.profile_id },
    setting.sort === 'judged'
      ? {
          id: 'judged',
          header: 'Judged',
          width: TIME_WIDTH,
          render: row =>
            row.latest_eval_date && (
              <span className="above">
                <Time at={row.latest_eval_date} />
              </span>
            ),
        }
      : {
          id: 'active',
          header: 'Active',
          width: TIME_WIDTH,
          render: row => (
            <span className="above">
              <Time at={row.last_active} />
            </span>
          ),
        },
    { id: 'messages', header: 'Messages', width: '72px', align: 'end', render: row => formatCount(row.msg_count) },
    { id: 'thumbs', header: 'Thumbs', width: '76px', render: row => <Thumbs row={row} /> },
    ...(setting.display === 'numbers' ? listNumberColumns() : [BARS]),
    { id: 'cost', header: 'Cost', width: '72px', align: 'end', render: row => <Cost row={row} /> },
    menu,
  ]
}

/** What the panel beside the list says anyway gives its place to the names. */
export const SAID_BY_PEEK = new Set(['profile', 'messages', 'thumbs', 'cost'])

const BARS: Column<SessionRow> = {
  id: 'axes',
  header: <AxisLetters />,
  width: '116px',
  render: row => (
    <span className="above">
      <AxisBars scores={row.latest_avg} stale={row.eval_status === 'stale'} />
    </span>
  ),
}

function listNumberColumns(): Column<SessionRow>[] {
  return SHOWN_AXES.map(({ axis, letter, label }) => ({
    id: axis,
    header: <abbr title={label}>{letter}</abbr>,
    width: '36px',
    align: 'end',
    render: row => (row.latest_avg === null ? '–' : (row.latest_avg[axis] ?? <span title="not used">○</span>)),
  }))
}

interface NameProps {
  row: SessionRow
  project: string
  find: string | undefined
}

function Name({ row, project, find }: NameProps) {
  const shown = nameSession(row)
  const snippet = find === undefined ? null : findSnippet(row, shown, find)
  return (
    <>
      <Link to="/p/$project/sessions/$id" params={{ project, id: row.session_id }} data-row preload={false}>
        {row.pinned && <span title="Pinned">◆ </span>}
        <Marked text={shown} find={find} />
      </Link>
      {snippet !== null && (
        <span className="snippet">
          {' '}
          <Marked text={snippet} find={find} />
        </span>
      )}
    </>
  )
}

/** Two lines in the place of a row. */
function Card({ row, project, find }: NameProps) {
  return (
    <div className="card">
      <div className="card-line">
        <span className="card-name">
          <Name row={row} project={project} find={find} />
        </span>
        <AxisBars scores={row.latest_avg} stale={row.eval_status === 'stale'} />
      </div>
      <div className="card-line card-facts">
        <Status status={row.eval_status} because={row.stale_because} />
        <span>{row.profile_id}</span>
        <Time at={row.last_active} />
        <span>{formatCount(row.msg_count)} msg</span>
        <Thumbs row={row} />
      </div>
    </div>
  )
}

function Thumbs({ row }: { row: SessionRow }) {
  return (
    <>
      {row.likes > 0 && (
        <span className="like" title={`${row.likes} up`}>
          ▲{formatCount(row.likes)}{' '}
        </span>
      )}
      {row.dislikes > 0 && (
        <span className="dislike" title={`${row.dislikes} down`}>
          ▼{formatCount(row.dislikes)}
        </span>
      )}
    </>
  )
}

function Cost({ row }: { row: SessionRow }) {
  if (row.latest_avg === null) return null
  return row.cost_usd === null ? <span className="quiet">no price</span> : formatDollars(row.cost_usd)
}

/** The place of what was searched, where the name does not show it. */
function findSnippet(row: SessionRow, shown: string, find: string): string | null {
  const has = (text: string | null) => text?.toLowerCase().includes(find.toLowerCase()) ?? false
  if (has(shown)) return null
  const text = has(row.first_request) ? row.first_request : row.session_id
  if (text === null) return null
  const from = Math.max(0, text.toLowerCase().indexOf(find.toLowerCase()) - 20)
  return `${from > 0 ? '… ' : ''}${text.slice(from, from + 120)}`
}

function Marked({ text, find }: { text: string; find: string | undefined }) {
  const at = find === undefined ? -1 : text.toLowerCase().indexOf(find.toLowerCase())
  if (find === undefined || at < 0) return text
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + find.length)}</mark>
      {text.slice(at + find.length)}
    </>
  )
}
