import { useQuery } from '@tanstack/react-query'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { Choice, type ChoiceProps } from '../ui/choice.tsx'
import { PagedCsv } from '../ui/csv-button.tsx'
import { JumpToDate } from '../ui/jump-to-date.tsx'
import { formatBounded } from '../ui/numbers.ts'
import { SearchField } from '../ui/search-field.tsx'
import { listSessionCells, SESSION_HEADER } from './list-csv.ts'
import type { useSessionList } from './list-query.ts'
import { countFilters, NO_FILTERS, readSessionSearch, type SearchChange, type SessionSearch } from './list-search.ts'

interface BarProps {
  search: SessionSearch
  change: (to: SearchChange, how?: 'push' | 'replace') => void
  list: ReturnType<typeof useSessionList>
}

/** What the list is narrowed by, how it is ordered, and how many there are. */
export function ListBar({ search, change, list }: BarProps) {
  const { count, searched, rows } = list
  const set = (name: keyof SessionSearch) => (event: { currentTarget: { value: string } }) =>
    change({ [name]: readSessionSearch({ [name]: event.currentTarget.value })[name] })
  return (
    <search className="list-bar session-bar" aria-label="Filter sessions">
      <SearchField
        label="Search names and first requests"
        hint="Search names"
        text={search.search ?? ''}
        onSearch={text => change({ search: text || undefined }, 'replace')}
      />
      <Choice label="Status" value={search.status} onChange={set('status')} options={STATUS} />
      <ProfileChoice value={search.profile} onChange={set('profile')} />
      <Choice label="Active" value={search.since} onChange={set('since')} options={SINCE} />
      <Choice label="Thumbs" value={search.thumbs} onChange={set('thumbs')} options={THUMBS} />
      <Choice label="Sort" value={search.sort} onChange={set('sort')} options={SORT} />
      <JumpToDate at={search.at} onJump={at => change({ at })} disabled={search.sort === 'judged'} />
      {/* Its place is kept, so that no filter moves the list. */}
      <button
        type="button"
        className="plain-button"
        style={{ visibility: countFilters(search) > 0 ? 'visible' : 'hidden' }}
        onClick={() => change(NO_FILTERS)}
      >
        Clear
      </button>
      <span className="list-count" role="status">
        {describeCount(list)}
      </span>
      <button
        type="button"
        className="plain-button wide-only"
        aria-pressed={search.display === 'numbers'}
        onClick={() => change({ display: search.display === 'numbers' ? undefined : 'numbers' })}
      >
        {search.display === 'numbers' ? 'Bars' : 'Numbers'}
      </button>
      <PagedCsv
        key={list.asked}
        name="sessions.csv"
        header={SESSION_HEADER}
        pages={async function* (stop) {
          for await (const rows of list.walkRows(stop)) yield listSessionCells(rows)
        }}
        total={count ? formatBounded(count) : searched?.all ? rows.length.toLocaleString('en-US') : undefined}
        counted
        disabled={rows.length === 0}
      />
    </search>
  )
}

/** A search says how far it has looked, as long as that is not to the end. */
function describeCount({ count, searched, rows, pages }: BarProps['list']): string {
  if (searched !== null && !pages.isPlaceholderData) {
    const where = searched.all ? '' : ` in the newest ${searched.looked.toLocaleString('en-US')}`
    return `${rows.length.toLocaleString('en-US')} found${where}`
  }
  return count === undefined ? '' : `${formatBounded(count)} ${count.n === 1 ? 'session' : 'sessions'}`
}

const STATUS: [string, string][] = [
  ['', 'Any status'],
  ['evaluated', '● judged'],
  ['stale', '◐ stale'],
  ['pending', '○ pending'],
]
const SINCE: [string, string][] = [
  ['', 'Any time'],
  ['1d', 'Last 24 hours'],
  ['7d', 'Last 7 days'],
  ['14d', 'Last 14 days'],
  ['30d', 'Last 30 days'],
  ['56d', 'Last 8 weeks'],
  ['84d', 'Last 12 weeks'],
  ['90d', 'Last 90 days'],
  ['182d', 'Last 26 weeks'],
  ['364d', 'Last 52 weeks'],
]
const THUMBS: [string, string][] = [
  ['', 'Any thumbs'],
  ['any', 'With thumbs'],
  ['up', '▲ up'],
  ['down', '▼ down'],
]
const SORT: [string, string][] = [
  ['', 'By activity'],
  ['judged', 'By judging'],
]

function ProfileChoice({ value, onChange }: Pick<ChoiceProps, 'value' | 'onChange'>) {
  const { project, client } = useProject()
  const profiles = useQuery({
    queryKey: [project, 'profiles'],
    queryFn: () => readAnswer(client.api['profiles-in-use'].$get()),
  })
  const names = new Set([...(profiles.data ?? []), ...(value === undefined ? [] : [value])])
  const options = [...names].map((name): [string, string] => [name, name])
  return <Choice label="Profile" value={value} onChange={onChange} options={[['', 'Any profile'], ...options]} />
}
