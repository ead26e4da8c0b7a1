import { NativeSelect } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo, useRef } from 'react'
import type { EvaluationRun, RunUnit } from '#client.ts'
import { nameSession } from '../sessions/session-name.ts'
import { useProject } from '../shell/api.ts'
import { SHOWN_AXES } from '../ui/axes.ts'
import { AxisBars, AxisLetters } from '../ui/axis-bars.tsx'
import type { Cell } from '../ui/csv.ts'
import { PagedCsv } from '../ui/csv-button.tsx'
import '../ui/plain.css'
import { useRowKeys } from '../ui/row-keys.ts'
import { Empty, Failure, Skeleton } from '../ui/states.tsx'
import { type Column, Table, type TableControl } from '../ui/table.tsx'
import { Tone } from '../ui/tone.tsx'
import { useNarrow } from '../ui/use-narrow.ts'
import { useRunUnits } from './run-query.ts'
import { readRunSearch } from './runs-search.ts'

const route = getRouteApi('/p/$project/runs/$run')
type Unit = RunUnit

const STATES = {
  ok: { sign: '●', words: 'judged', tone: 'ok' },
  failed: { sign: '✗', words: 'failed', tone: 'error' },
  running: { sign: '◔', words: 'running', tone: 'meta' },
  pending: { sign: '○', words: 'waiting', tone: 'meta' },
} as const
const keyOf = (unit: Unit) => String(unit.unit_no)

/** The sessions of a run, in the order in which they are taken up. */
export function RunUnits({ run }: { run: EvaluationRun }) {
  const { project } = useProject()
  const search = route.useSearch()
  const { state } = search
  const { units, walkUnits } = useRunUnits(run.run_id, search)
  const navigate = route.useNavigate()
  const narrow = useNarrow()
  const control = useRef<TableControl>(null)
  const rows = useMemo(() => units.data?.pages.flatMap(page => page.items) ?? [], [units.data])
  useRowKeys({ noun: 'session', group: 'Run', count: rows.length, control })
  const choose = (to: string) => void navigate({ search: readRunSearch({ state: to }) })
  return (
    <section className="run-units" aria-labelledby="run-units">
      <div className="run-units-head">
        <h2 id="run-units">Sessions</h2>
        <NativeSelect
          size="xs"
          aria-label="State"
          value={state ?? ''}
          onChange={event => choose(event.currentTarget.value)}
          data={[
            { value: '', label: 'Any state' },
            ...Object.entries(STATES).map(([value, { sign, words }]) => ({ value, label: `${sign} ${words}` })),
          ]}
        />
        <PagedCsv
          key={state ?? 'any'}
          name="run-sessions.csv"
          header={UNIT_HEADER}
          pages={async function* (stop) {
            for await (const found of walkUnits(stop)) yield listUnitCells(found)
          }}
          total={countUnits(run, state).toLocaleString('en-US')}
          disabled={rows.length === 0}
        />
      </div>
      {units.isError && (
        <Failure what="Couldn't load the sessions" error={units.error} onRetry={() => void units.refetch()} />
      )}
      {units.isPending && <Skeleton lines={8} />}
      {units.isSuccess && rows.length === 0 ? (
        <Nothing run={run} state={state} onClear={() => choose('')} />
      ) : (
        rows.length > 0 && (
          <Table
            label="Sessions of the run"
            columns={listColumns(project, narrow)}
            rows={rows}
            rowKey={keyOf}
            rowHeight={narrow ? 72 : 32}
            control={control}
            onNearEnd={units.hasNextPage && !units.isFetching ? () => void units.fetchNextPage() : undefined}
          />
        )
      )}
    </section>
  )
}

function Nothing({ run, state, onClear }: { run: EvaluationRun; state: string | undefined; onClear: () => void }) {
  if (state !== undefined)
    return (
      <Empty
        action={
          <button type="button" className="plain-button" onClick={onClear}>
            Clear
          </button>
        }
      >
        Nothing matches this filter.
      </Empty>
    )
  return (
    <Empty>
      {run.state === 'running'
        ? 'Its sessions are being looked up.'
        : 'No session that was asked for lacked a pass by this judge.'}
    </Empty>
  )
}

function listColumns(project: string, narrow: boolean): Column<Unit>[] {
  const link = (unit: Unit) => (
    <Link to="/p/$project/sessions/$id" params={{ project, id: unit.session_id }} data-row>
      {nameSession(unit)}
    </Link>
  )
  const scores = (unit: Unit) =>
    unit.avg && (
      <span className="above">
        <AxisBars scores={unit.avg} stale={false} />
      </span>
    )
  if (narrow) {
    return [
      {
        id: 'session',
        header: 'Session',
        width: '1fr',
        render: unit => (
          <>
            <div className="card-line">
              {link(unit)} <Tone {...STATES[unit.state]} />
            </div>
            {scores(unit) ?? <div className="unit-error">{unit.error}</div>}
          </>
        ),
      },
    ]
  }
  return [
    { id: 'state', header: 'State', width: '96px', render: unit => <Tone {...STATES[unit.state]} /> },
    { id: 'session', header: 'Session', width: 'minmax(160px, 1fr)', render: link },
    {
      id: 'scores',
      header: <AxisLetters />,
      width: '120px',
      render: scores,
    },
    {
      id: 'error',
      header: 'Error',
      width: 'minmax(120px, 1fr)',
      render: unit => (
        <span className="unit-error" title={unit.error ?? undefined}>
          {unit.error}
        </span>
      ),
    },
  ]
}

function countUnits({ counts }: EvaluationRun, state: Unit['state'] | undefined): number {
  return state === undefined ? counts.ok + counts.failed + counts.running + counts.pending : counts[state]
}

const UNIT_AXES = SHOWN_AXES.map(({ axis }) => axis)
const UNIT_HEADER = ['session_id', 'name', 'first_request', 'state', 'error', ...UNIT_AXES]

function listUnitCells(rows: Unit[]): Cell[][] {
  return rows.map(unit => [
    ...[unit.session_id, unit.name, unit.first_request, unit.state, unit.error],
    ...UNIT_AXES.map(axis => unit.avg?.[axis] ?? null),
  ])
}
