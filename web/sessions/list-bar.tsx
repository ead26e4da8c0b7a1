import { NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { formatBounded } from '../ui/numbers.ts'
import { SearchField } from '../ui/search-field.tsx'
import { offerRows } from './list-csv.ts'
import type { SessionRow } from './list-query.ts'
import { countFilters, readSessionSearch, type SearchChange, type SessionSearch } from './list-search.ts'

interface BarProps {
  search: SessionSearch
  change: (to: SearchChange, how?: 'push' | 'replace') => void
  count: { n: number; exact: boolean } | undefined
  rows: SessionRow[]
}

/** What the list is narrowed by, how it is ordered, and how many there are. */
export function ListBar({ search, change, count, rows }: BarProps) {
  const set = (name: keyof SessionSearch) => (event: { currentTarget: { value: string } }) =>
    change({ [name]: readSessionSearch({ [name]: event.currentTarget.value })[name] })
  return (
    <search className="list-bar" aria-label="Filter sessions">
      <SearchField
        id="session-search"
        label="Search names and first requests"
        text={search.search ?? ''}
        onSearch={text => change({ search: text || undefined }, 'replace')}
      />
      <Choice label="Status" value={search.status} onChange={set('status')} options={STATUS} />
      <ProfileChoice value={search.profile} onChange={set('profile')} />
      <Choice label="Active" value={search.since} onChange={set('since')} options={SINCE} />
      <Choice label="Thumbs" value={search.thumbs} onChange={set('thumbs')} options={THUMBS} />
      <Choice label="Sort" value={search.sort} onChange={set('sort')} options={SORT} />
      <TextInput
        type="date"
        size="xs"
        aria-label="Jump to date"
        title="Jump to date"
        value={search.at ?? ''}
        onChange={set('at')}
        disabled={search.sort === 'judged'}
      />
      {countFilters(search) > 0 && (
        <button
          type="button"
          className="plain-button"
          onClick={() =>
            change({
              status: undefined,
              profile: undefined,
              thumbs: undefined,
              since: undefined,
              search: undefined,
              at: undefined,
            })
          }
        >
          Clear
        </button>
      )}
      <span className="list-count" role="status">
        {count === undefined ? '' : `${formatBounded(count)} ${count.n === 1 ? 'session' : 'sessions'}`}
      </span>
      <button
        type="button"
        className="plain-button wide-only"
        aria-pressed={search.display === 'numbers'}
        onClick={() => change({ display: search.display === 'numbers' ? undefined : 'numbers' })}
      >
        {search.display === 'numbers' ? 'Bars' : 'Numbers'}
      </button>
      <button
        type="button"
        className="plain-button wide-only"
        disabled={rows.length === 0}
        onClick={() => offerRows(rows)}
      >
        CSV
      </button>
    </search>
  )
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

interface ChoiceProps {
  label: string
  value: string | undefined
  onChange: (event: { currentTarget: { value: string } }) => void
  options: [string, string][]
}

function Choice({ label, value, onChange, options }: ChoiceProps) {
  return (
    <NativeSelect
      size="xs"
      aria-label={label}
      value={value ?? ''}
      onChange={onChange}
      data={options.map(([of, text]) => ({ value: of, label: text }))}
      data-set={value !== undefined || undefined}
    />
  )
}

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
