import { TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import { Choice, type ChoiceProps } from '../ui/choice.tsx'
import { JumpToDate } from '../ui/jump-to-date.tsx'
import { SearchField } from '../ui/search-field.tsx'
import { useKinds } from './candidate-query.ts'
import { AGE_WORDS, CATEGORY_WORDS, nameAge, nameOrNone, STATUS_WORDS } from './correction-words.ts'
import {
  CATEGORIES,
  type CorrectionsChange,
  type CorrectionsSearch,
  countQueueFilters,
  MISSING,
  NO_FILTERS,
  readCorrectionsSearch,
} from './corrections-search.ts'

interface BarProps {
  list: 'waiting' | 'decided'
  search: CorrectionsSearch
  change: (to: CorrectionsChange, how?: 'push' | 'replace') => void
  /** Of the decided, as `children`; the queue has a line of its own for both. */
  total?: number | undefined
  children?: ReactNode
}

/** What a list of candidates is narrowed by, and exactly how many there are. */
export function CandidateBar({ list, search, change, total, children }: BarProps) {
  const kinds = useKinds(list)
  const set = (name: keyof CorrectionsSearch) => (event: { currentTarget: { value: string } }) =>
    change({ [name]: readCorrectionsSearch({ [name]: event.currentTarget.value })[name] })
  const categories = CATEGORIES.map((one): [string, string] => [one, CATEGORY_WORDS[one]])
  const filters = countQueueFilters(search)
  const bar = (
    <search className="list-bar" aria-label="Filter candidates">
      <SearchField
        label="Search the list"
        text={search.search ?? ''}
        onSearch={words => change({ search: words || undefined }, 'replace')}
      />
      {list === 'decided' && (
        <Choice
          label="Decision"
          value={search.ready === '1' ? 'ready' : search.status}
          onChange={({ currentTarget: { value } }) =>
            change({
              status: readCorrectionsSearch({ status: value }).status,
              ready: value === 'ready' ? '1' : undefined,
            })
          }
          options={[['', 'Any decision'], ...DECISIONS, ['ready', 'ready to export']]}
        />
      )}
      <NameChoice label="Source" kinds={kinds.data?.sources} value={search.source} onChange={set('source')} />
      <NameChoice
        label="Model"
        kinds={kinds.data?.model_names}
        value={search.model_name}
        onChange={set('model_name')}
      />
      <NameChoice
        label="Task type"
        kinds={kinds.data?.task_types}
        value={search.task_type}
        onChange={set('task_type')}
      />
      <Choice
        label="Category"
        value={search.failure_category}
        onChange={set('failure_category')}
        options={[['', 'Any category'], ...categories]}
      />
      {list === 'waiting' && (
        <Choice label="Waits" value={search.min_age_days} onChange={set('min_age_days')} options={listAges(search)} />
      )}
      <fieldset className="quality-range">
        <legend className="unseen">Quality</legend>
        <QualityField label="Quality from" value={search.min_quality} onChange={set('min_quality')} />
        <QualityField label="Quality to" value={search.max_quality} onChange={set('max_quality')} />
      </fieldset>
      {list === 'decided' && <JumpToDate at={search.at} onJump={at => change({ at })} />}
      {(filters > 0 || search.at !== undefined) && (
        <button type="button" className="plain-button" onClick={() => change(NO_FILTERS)}>
          Clear
        </button>
      )}
    </search>
  )
  if (list === 'waiting') return bar
  return (
    <div className="list-top">
      {bar}
      <ListEnd total={total} word="decided">
        {children}
      </ListEnd>
    </div>
  )
}

/** Exactly how many there are, and what can be done with the list. */
export function ListEnd({ total, word, children }: { total: number | undefined; word: string; children: ReactNode }) {
  return (
    <div className="list-end">
      <span className="list-count" role="status">
        {total === undefined ? '' : `${total.toLocaleString('en-US')} ${word}`}
      </span>
      {children}
    </div>
  )
}

const DECISIONS = (['approved', 'discarded', 'model_rejected'] as const).map((status): [string, string] => [
  status,
  `${STATUS_WORDS[status].sign} ${STATUS_WORDS[status].word}`,
])

function listAges({ min_age_days: chosen }: CorrectionsSearch): [string, string][] {
  const days = Object.keys(AGE_WORDS).filter(day => day !== '0')
  const all = chosen === undefined || days.includes(chosen) ? days : [...days, chosen]
  return [['', 'Any age'], ...all.map((day): [string, string] => [day, nameAge(Number(day))])]
}

interface NameProps extends Omit<ChoiceProps, 'options'> {
  kinds: { name: string; n: number }[] | undefined
}

/** A name among those that there are, with how many have it; a missing one too. */
function NameChoice({ label, kinds = [], value, onChange }: NameProps) {
  const options = kinds.map(({ name, n }): [string, string] => [
    name === '' ? MISSING : name,
    `${nameOrNone(name)} · ${n.toLocaleString('en-US')}`,
  ])
  const gone = value !== undefined && !options.some(([name]) => name === value)
  return (
    <Choice
      label={label}
      value={value}
      onChange={onChange}
      options={[
        ['', `Any ${label.toLowerCase().replace('task ', '')}`],
        ...options,
        ...(gone ? [[value, value] as [string, string]] : []),
      ]}
    />
  )
}

function QualityField({ label, value, onChange }: Omit<ChoiceProps, 'options'>) {
  return (
    <TextInput
      type="number"
      size="xs"
      min={0}
      max={1}
      step={0.05}
      aria-label={label}
      title={label}
      placeholder={label.endsWith('from') ? 'q ≥' : 'q ≤'}
      value={value ?? ''}
      onChange={onChange}
    />
  )
}
