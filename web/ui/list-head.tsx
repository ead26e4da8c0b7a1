import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { Choice } from './choice.tsx'
import { JumpToDate } from './jump-to-date.tsx'
import './list.css'
import { type ListChange, type ListSearch, NO_FILTER } from './list-search.ts'
import { describeNoMatch, formatBounded } from './numbers.ts'
import { SearchField } from './search-field.tsx'
import { Empty } from './states.tsx'

interface HeadProps {
  title: string
  /** What a row is, and several. */
  nouns: [string, string]
  /** What is searched, as in "Search names". */
  searches: string
  /** Values with their words. */
  states: [string, string][]
  search: ListSearch
  change: (to: ListChange, how?: 'push' | 'replace') => void
  count: { n: number; exact: boolean } | undefined
  /** What can be done with the list. */
  children: ReactNode
}

/** The head of a list, newest first: how many there are, and what they are narrowed by. */
export function ListHead({ title, nouns, searches, states, search, change, count, children }: HeadProps) {
  return (
    <div className="list-head">
      <h1>{title}</h1>
      <search className="list-bar" aria-label={`Filter ${nouns[1]}`}>
        <SearchField
          label={searches}
          text={search.search ?? ''}
          onSearch={text => change({ search: text || undefined }, 'replace')}
        />
        <Choice
          label="State"
          value={search.state}
          onChange={event => change({ state: event.currentTarget.value })}
          options={[['', 'In any state'], ...states]}
        />
        <JumpToDate at={search.at} onJump={at => change({ at })} />
        {countFilters(search) > 0 && (
          <button type="button" className="plain-button" onClick={() => change(NO_FILTER)}>
            Clear
          </button>
        )}
      </search>
      <span className="list-count" role="status">
        {count === undefined ? '' : `${formatBounded(count)} ${count.n === 1 ? nouns[0] : nouns[1]}`}
      </span>
      {children}
    </div>
  )
}

/** In the place of a list that nothing is in: because of its filters, or because there is nothing yet. */
export function NothingListed(props: {
  search: ListSearch
  change: (to: ListChange) => void
  /** As in "No run started on 2026-01-31 or before."; left out where no date can be chosen. */
  before?: string
  /** What is said when there is nothing yet. */
  children: ReactNode
}) {
  const { search, change, before, children } = props
  const { state, search: text, at } = search
  const filters = [state, text].filter(one => one !== undefined).length
  if (countFilters(search) === 0) return children
  return (
    <Empty action={<Button onClick={() => change(NO_FILTER)}>Clear</Button>}>
      {filters === 0 ? `${before} on ${at} or before.` : describeNoMatch(filters)}
    </Empty>
  )
}

function countFilters({ state, search, at }: ListSearch): number {
  return [state, search, at].filter(one => one !== undefined).length
}
