import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useProject } from '../shell/api.ts'
import { SHOWN_AXES } from '../ui/axes.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { formatDay } from '../ui/days.ts'
import { type KeptRegressions, nameRegression } from './home-query.ts'

type Regression = KeptRegressions['regressions'][number]

const SHOWN = 8

/** What got worse beyond chance; nothing is listed whose adjusted interval holds 0. */
export function Regressions({ data, failed }: { data: KeptRegressions | undefined; failed: boolean }) {
  const [all, setAll] = useState(false)
  const rows = data?.regressions ?? []
  return (
    <section className="home-regressions" aria-labelledby="home-regressions">
      <div className="home-section-head">
        <h2 id="home-regressions">Regressions</h2>
        {rows.length > 0 && (
          <button
            type="button"
            className="plain-button"
            aria-label="Regressions as CSV"
            onClick={() => offerRegressions(rows.filter(row => !row.isOver))}
          >
            CSV
          </button>
        )}
      </div>
      {data === undefined && !failed && <p className="home-none"> </p>}
      {data !== undefined && data.compared > 0 && (
        <p className="home-note quiet">
          Sessions active since {formatDay(data.recent_from)} against the six weeks before
          {data.judge_model !== null && `, judged by ${data.judge_model}`}. Intervals hold at 95 % for all{' '}
          {data.compared} {data.compared === 1 ? 'comparison' : 'comparisons'} together.
        </p>
      )}
      {data !== undefined && rows.length === 0 && (
        <p className="home-none">
          {data.compared === 0
            ? 'Nothing to compare yet: that takes 5 judged sessions in the last two weeks and 5 in the six before.'
            : 'Nothing got worse beyond chance.'}
        </p>
      )}
      {rows.length > 0 && <Rows rows={all ? rows : rows.slice(0, SHOWN)} />}
      {rows.length > SHOWN && (
        <button type="button" className="plain-button" onClick={() => setAll(!all)}>
          {all ? `Show the first ${SHOWN}` : `Show all ${rows.length.toLocaleString('en-US')}`}
        </button>
      )}
    </section>
  )
}

function Rows({ rows }: { rows: Regression[] }) {
  const { project } = useProject()
  return (
    <table className="home-list">
      <thead>
        <tr>
          <th scope="col">Axis</th>
          <th scope="col">Profile</th>
          <th scope="col">Difference</th>
          <th scope="col">n / before</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(row => (
          <tr key={nameRegression(row)}>
            <th scope="row">
              <span className="worse" aria-hidden="true" style={{ visibility: row.isOver ? 'hidden' : 'visible' }}>
                ▼
              </span>{' '}
              <Link
                to="/p/$project/sessions"
                params={{ project }}
                search={{
                  status: 'evaluated',
                  since: '14d',
                  ...(row.profile === null ? {} : { profile: row.profile }),
                }}
              >
                {nameAxis(row)}
              </Link>
            </th>
            <td>{row.profile ?? 'all'}</td>
            <td>{row.isOver ? <span className="quiet">no longer beyond chance</span> : <Difference row={row} />}</td>
            <td>{!row.isOver && <Counts row={row} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Difference({ row: { difference, low, high } }: { row: Regression }) {
  return (
    <>
      {formatSigned(difference)}{' '}
      <span className="quiet">
        [{formatSigned(low)}, {formatSigned(high)}]
      </span>
    </>
  )
}

function Counts({ row: { n, n_earlier } }: { row: Regression }) {
  return (
    <>
      {n.toLocaleString('en-US')} <span className="quiet">/ {n_earlier.toLocaleString('en-US')}</span>
    </>
  )
}

function nameAxis({ axis }: Regression): string {
  return SHOWN_AXES.find(one => one.axis === axis)?.label ?? axis
}

function formatSigned(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`
}

function offerRegressions(rows: Regression[]): void {
  const header = ['axis', 'profile', 'difference', 'low', 'high', 'n', 'n_earlier']
  const lines = rows.map(({ axis, profile, difference, low, high, n, n_earlier }) => [
    ...[axis, profile, difference, low, high, n, n_earlier],
  ])
  offerFile('regressions.csv', writeCsv(header, lines))
}
