import { Button, TextInput } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useRef } from 'react'
import { useProject } from '../shell/api.ts'
import { ListTable } from '../shell/list-table.tsx'
import { Choice } from '../ui/choice.tsx'
import type { Cell } from '../ui/csv.ts'
import { PagedCsv } from '../ui/csv-button.tsx'
import { useListKeys } from '../ui/list-keys.ts'
import { describeFresh, describeNoMatch, formatDuration } from '../ui/numbers.ts'
import { Empty } from '../ui/states.tsx'
import type { Column, TableControl } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { TIME_WIDTH } from '../ui/time-column.tsx'
import { useNarrow } from '../ui/use-narrow.ts'
import { ListEnd } from './candidate-bar.tsx'
import { CandidatePanel } from './candidate-panel.tsx'
import { useKinds } from './candidate-query.ts'
import { CATEGORY_WORDS, nameAction, nameCategory, STATUS_WORDS } from './correction-words.ts'
import {
  CATEGORIES,
  type CorrectionsSearch,
  DECISION_ACTIONS,
  NO_DECISION_FILTERS,
  readCorrectionsSearch,
  toDecisionQuery,
} from './corrections-search.ts'
import { type DecisionLine, useDecisions } from './decision-query.ts'
import { useCorrectionsAddress } from './use-address.ts'

const route = getRouteApi('/p/$project/corrections')
const keyOf = (row: DecisionLine) => row.place

/** Every single decision, those that were taken back too: what the statistics count. */
export function DecisionsView({ onBack }: { onBack: () => void }) {
  const search = route.useSearch()
  const change = useCorrectionsAddress()
  const { project } = useProject()
  const narrow = useNarrow()
  const list = useDecisions(search)
  const control = useRef<TableControl>(null)
  const filters = Object.keys(toDecisionQuery(search)).length
  useListKeys({
    ...{ noun: 'decision', opens: 'candidate beside the list', group: 'Corrections', control, peek: search.peek },
    keys: list.rows.map(row => row.candidate.id),
    onPeek: (peek, how) => change({ peek }, how),
  })
  const nothing =
    filters === 0 ? (
      <Empty>Nobody has decided anything yet.</Empty>
    ) : (
      <Empty
        action={
          <button type="button" className="plain-button" onClick={() => change(NO_DECISION_FILTERS)}>
            Clear
          </button>
        }
      >
        {describeNoMatch(filters)}
      </Empty>
    )
  return (
    <>
      <DecisionBar search={search} list={list} onBack={onBack} />
      <div className="list-body">
        <ListTable
          list={list}
          label="Decisions"
          nouns="decisions"
          columns={narrow ? [cardColumn(project, search)] : listColumns(project, search)}
          rowKey={keyOf}
          rowCount={list.count?.n}
          rowHeight={narrow ? 72 : 32}
          control={control}
          current={list.rows.find(row => row.candidate.id === search.peek)?.place}
          nothing={nothing}
          news={describeFresh(list.fresh)}
          onNews={list.showFresh}
        />
        {search.peek !== undefined && <CandidatePanel id={search.peek} onClose={() => change({ peek: undefined })} />}
      </div>
    </>
  )
}

interface BarProps {
  search: CorrectionsSearch
  list: ReturnType<typeof useDecisions>
  onBack: () => void
}

function DecisionBar({ search, list, onBack }: BarProps) {
  const total = list.count?.n
  const change = useCorrectionsAddress()
  const kinds = useKinds('decided')
  const set = (name: keyof CorrectionsSearch) => (event: { currentTarget: { value: string } }) =>
    change({ [name]: readCorrectionsSearch({ [name]: event.currentTarget.value })[name] })
  const known = kinds.data?.reviewers ?? []
  const reviewers =
    search.reviewer === undefined || known.includes(search.reviewer) ? known : [...known, search.reviewer]
  return (
    <div className="list-top">
      <search className="list-bar" aria-label="Filter decisions">
        <Choice
          label="Reviewer"
          value={search.reviewer}
          onChange={set('reviewer')}
          options={[['', 'Any reviewer'], ...reviewers.map((one): [string, string] => [one, one])]}
        />
        <Choice
          label="What was done"
          value={search.action}
          onChange={set('action')}
          options={[['', 'Any decision'], ...DECISION_ACTIONS.map((one): [string, string] => [one, nameAction(one)])]}
        />
        <Choice
          label="Category"
          value={search.failure_category}
          onChange={set('failure_category')}
          options={[['', 'Any category'], ...CATEGORIES.map((one): [string, string] => [one, CATEGORY_WORDS[one]])]}
        />
        <Choice
          label="Timed"
          value={search.timed}
          onChange={set('timed')}
          options={[
            ['', 'Timed or not'],
            ['1', 'timed'],
          ]}
        />
        {(['since', 'until'] as const).map(end => (
          <TextInput
            key={end}
            type="date"
            size="xs"
            aria-label={end === 'since' ? 'From the day, UTC' : 'To the day, UTC'}
            title={end === 'since' ? 'From the day, UTC' : 'To the day, UTC'}
            value={search[end] ?? ''}
            onChange={set(end)}
          />
        ))}
        {Object.keys(toDecisionQuery(search)).length > 0 && (
          <button type="button" className="plain-button" onClick={() => change(NO_DECISION_FILTERS)}>
            Clear
          </button>
        )}
      </search>
      <ListEnd total={total} word={total === 1 ? 'decision' : 'decisions'}>
        <PagedCsv
          key={list.asked}
          name="decisions.csv"
          header={DECISION_HEADER}
          pages={async function* (stop) {
            for await (const rows of list.walkRows(stop)) yield listDecisionCells(rows)
          }}
          total={total?.toLocaleString('en-US')}
          counted
          disabled={list.rows.length === 0}
        />
        <Button onClick={onBack}>What is decided</Button>
      </ListEnd>
    </div>
  )
}

function nameAsked({ candidate }: DecisionLine): string {
  return candidate.request ?? candidate.task_name ?? (candidate.response.trim() || candidate.id)
}

function listColumns(project: string, search: CorrectionsSearch): Column<DecisionLine>[] {
  const columns: Column<DecisionLine>[] = [
    { id: 'author', header: 'By', width: '120px', render: row => row.author },
    { id: 'action', header: 'Decision', width: '170px', render: row => nameAction(row.action) },
    {
      id: 'category',
      header: 'Category',
      width: '96px',
      render: row => (row.failure_category === null ? null : nameCategory(row.failure_category)),
    },
    {
      id: 'asked',
      header: 'Asked',
      width: 'minmax(160px, 1fr)',
      render: row => <Asked row={row} project={project} search={search} />,
    },
    { id: 'now', header: 'Now', width: '104px', render: row => <Now row={row} /> },
    {
      id: 'took',
      header: 'Took',
      width: '88px',
      align: 'end',
      render: row => (row.duration_ms === null ? '' : formatDuration(row.duration_ms)),
    },
    {
      id: 'age',
      header: 'When',
      width: TIME_WIDTH,
      render: row => (
        <span className="above">
          <Time at={row.created_at} />
        </span>
      ),
    },
  ]
  return search.peek === undefined ? columns : columns.filter(({ id }) => id !== 'took' && id !== 'category')
}

function cardColumn(project: string, search: CorrectionsSearch): Column<DecisionLine> {
  return {
    id: 'card',
    header: 'Decision',
    width: '1fr',
    render: row => (
      <>
        <div className="card-line">
          <span className="card-name">
            <Asked row={row} project={project} search={search} />
          </span>
          <Now row={row} />
        </div>
        <div className="card-line card-facts">
          <span>
            {row.author} {nameAction(row.action)}
          </span>
          {row.failure_category !== null && <span>{nameCategory(row.failure_category)}</span>}
          {row.duration_ms !== null && <span>{formatDuration(row.duration_ms)}</span>}
          <Time at={row.created_at} />
        </div>
      </>
    ),
  }
}

function Asked({ row, project, search }: { row: DecisionLine; project: string; search: CorrectionsSearch }) {
  return (
    <Link
      to="/p/$project/corrections"
      params={{ project }}
      search={{ ...search, peek: row.candidate.id }}
      data-row
      preload={false}
    >
      {nameAsked(row)}
    </Link>
  )
}

/** What the candidate is by now. */
function Now({ row }: { row: DecisionLine }) {
  const { sign, word, tone } = STATUS_WORDS[row.candidate.status]
  return (
    <span className="tone" data-tone={tone} title="What it is now">
      <span aria-hidden="true">{sign}</span> {word}
    </span>
  )
}

const DECISION_HEADER = 'author action category created_at duration_ms candidate_id asked status_now'.split(' ')

function listDecisionCells(rows: DecisionLine[]): Cell[][] {
  return rows.map(row => [
    ...[row.author, row.action, row.failure_category, row.created_at, row.duration_ms],
    ...[row.candidate.id, nameAsked(row), STATUS_WORDS[row.candidate.status].word],
  ])
}
