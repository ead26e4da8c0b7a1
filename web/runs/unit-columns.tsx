import { Link } from '@tanstack/react-router'
import type { RunUnit } from '#client.ts'
import { nameSession } from '../sessions/session-name.ts'
import { SHOWN_AXES } from '../ui/axes.ts'
import { AxisBars, AxisLetters } from '../ui/axis-bars.tsx'
import type { Cell } from '../ui/csv.ts'
import { type Selecting, selectColumn } from '../ui/select-column.tsx'
import type { Column } from '../ui/table.tsx'
import { Tone } from '../ui/tone.tsx'

const STATES = {
  ok: { sign: '●', words: 'judged', tone: 'ok' },
  failed: { sign: '✗', words: 'failed', tone: 'error' },
  running: { sign: '◔', words: 'running', tone: 'meta' },
  pending: { sign: '○', words: 'waiting', tone: 'meta' },
} as const

/** The states of a run's session with their words. */
export const UNIT_CHOICES: [string, string][] = [
  ['', 'Any state'],
  ...Object.entries(STATES).map(([value, { sign, words }]): [string, string] => [value, `${sign} ${words}`]),
]

/** The columns of a run's sessions; in a narrow page one of them is a card. */
export function listUnitColumns(setting: Selecting & { project: string; narrow: boolean }): Column<RunUnit>[] {
  const { project, narrow } = setting
  const select = selectColumn<RunUnit>(setting, narrow, unit => unit.session_id, nameSession)
  const link = (unit: RunUnit) => (
    <Link to="/p/$project/sessions/$id" params={{ project, id: unit.session_id }} data-row>
      {nameSession(unit)}
    </Link>
  )
  const scores = (unit: RunUnit) =>
    unit.avg && (
      <span className="above">
        <AxisBars scores={unit.avg} stale={false} />
      </span>
    )
  if (narrow) {
    const render = (unit: RunUnit) => (
      <>
        <div className="card-line">
          {link(unit)} <Tone {...STATES[unit.state]} />
        </div>
        {scores(unit) ?? <div className="unit-error">{unit.error}</div>}
      </>
    )
    return [select, { id: 'session', header: 'Session', width: '1fr', render }]
  }
  return [
    select,
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

const UNIT_AXES = SHOWN_AXES.map(({ axis }) => axis)
export const UNIT_HEADER = ['session_id', 'name', 'first_request', 'state', 'error', ...UNIT_AXES]

/** Sessions of a run as CSV has them. */
export function listUnitCells(rows: RunUnit[]): Cell[][] {
  return rows.map(unit => [
    ...[unit.session_id, unit.name, unit.first_request, unit.state, unit.error],
    ...UNIT_AXES.map(axis => unit.avg?.[axis] ?? null),
  ])
}
