import { NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { PagedCsv } from '../ui/csv-button.tsx'
import { formatBounded } from '../ui/numbers.ts'
import { listSessionCells, SESSION_HEADER } from './list-csv.ts'
import type { useSessionList } from './list-query.ts'
import { countFilters, readSessionSearch, type SearchChange, type SessionSearch } from './list-search.ts'

interface BarProps {
  search: SessionSearch
  change: (to: SearchChange, how?: 'push' | 'replace') => void
  list: ReturnType<typeof useSessionList>
}

const TYPING_MS = 250

/** What the list is narrowed by, how it is ordered, and how many there are. */
export function ListBar({ search, change, list }: BarProps) {
  const { count, searched, rows } = list
  const set = (name: keyof SessionSearch) => (event: { currentTarget: { value: string } }) =>
    change({ [name]: readSessionSearch({ [name]: event.currentTarget.value })[name] })
  return (
    <search className="list-bar" aria-label="Filter sessions">
      <SearchField text={search.search ?? ''} onSearch={text => change({ search: text || undefined }, 'replace')} />
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

/** Searches a moment after the typing stops. */
function SearchField({ text, onSearch }: { text: string; onSearch: (text: string) => void }) {
  const [typed, setTyped] = useState(text)
  useEffect(() => setTyped(text), [text])
  useEffect(() => {
    if (typed.trim() === text) return
    const timer = setTimeout(() => onSearch(typed.trim()), TYPING_MS)
    return () => clearTimeout(timer)
  }, [typed, text, onSearch])
  return (
    <TextInput
      id="session-search"
      type="search"
      size="xs"
      className="search-field"
      aria-label="Search names and first requests"
      placeholder="Search names and first requests  /"
      value={typed}
      onChange={event => setTyped(event.currentTarget.value)}
      onKeyDown={event => {
        if (event.key === 'Enter') onSearch(typed.trim())
        if (event.key === 'Escape') event.currentTarget.blur()
      }}
    />
  )
}
