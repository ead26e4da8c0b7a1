import { Link } from '@tanstack/react-router'
import type { ShownTrends } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { LineFigure } from '../trends/line-figure.tsx'
import { drawLines, type Figure, findBreaks, formatPoint, type LinePoint } from '../trends/trend-lines.ts'
import { WeekTable } from '../trends/week-table.tsx'
import { SHOWN_AXES } from '../ui/axes.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { formatDay } from '../ui/days.ts'

interface SparklinesProps {
  data: ShownTrends | undefined
  failed: boolean
  asTable: boolean
  onToggle: () => void
}

/** Seven axes over eight weeks: the line, its band, and the newest mean with interval and n. */
export function Sparklines({ data, failed, asTable, onToggle }: SparklinesProps) {
  const { project } = useProject()
  const none = data !== undefined && data.points.length === 0
  const figures = data === undefined ? [] : listFigures(data)
  return (
    <section className="home-trends" aria-labelledby="home-trends">
      <div className="home-section-head">
        <h2 id="home-trends">
          <Link to="/p/$project/trends" params={{ project }} search={{ weeks: 8 }}>
            Trends, 8 weeks
          </Link>
        </h2>
        <button
          type="button"
          className="plain-button"
          aria-pressed={asTable}
          disabled={data === undefined || none}
          onClick={onToggle}
        >
          {asTable ? 'As lines' : 'As a table'}
        </button>
        <button
          type="button"
          className="plain-button"
          aria-label="Trends as CSV"
          disabled={data === undefined || none}
          onClick={() => offerTrends(figures)}
        >
          CSV
        </button>
      </div>
      {!none && asTable && data !== undefined ? (
        <WeekTable
          label="Trends"
          className="home-table"
          columns={figures.map(({ title, lines }) => ({ name: title, head: title, lines }))}
          weeks={data.weeks}
          breaks={figures[0]?.breaks ?? []}
        />
      ) : (
        !(failed && data === undefined) && (
          <div className="home-sparks-box">
            <ul className="home-sparks" {...(none ? { 'aria-hidden': true, 'data-none': true } : {})}>
              {SHOWN_AXES.map(({ axis, label }, index) => (
                <li key={axis}>
                  <h3>{label}</h3>
                  <Spark figure={none ? undefined : figures[index]} />
                </li>
              ))}
            </ul>
            {none && <NotJudged />}
          </div>
        )
      )}
    </section>
  )
}

/** Stands where the lines will be, so that nothing moves when the first session is judged. */
function NotJudged() {
  const { project } = useProject()
  return (
    <p className="home-none">
      No session of these 8 weeks is judged by the pinned judge.{' '}
      <Link to="/p/$project/runs" params={{ project }} search={{ new: '1' }}>
        See what judging would take
      </Link>
    </p>
  )
}

function Spark({ figure }: { figure: Figure | undefined }) {
  const newest = figure?.lines.flatMap(line => line.runs.flatMap(run => run.points)).at(-1)
  return (
    <>
      <div className="home-spark">
        {figure && <LineFigure figure={figure} domain={[0, 100]} width={160} height={56} bare />}
      </div>
      <p>{figure && newest ? <Newest figure={figure} point={newest} /> : figure ? 'not used' : ' '}</p>
    </>
  )
}

function Newest({ figure, point }: { figure: Figure; point: LinePoint }) {
  const isOpen = point.index === figure.weeks.length - 1
  const [mean = '', ...rest] = formatPoint(point, false).split(/(?=[ ,])/)
  return (
    <>
      <strong>{mean}</strong>
      {rest.join('')}{' '}
      <span className="quiet">{isOpen ? 'this week' : `week of ${formatDay(figure.weeks[point.index] ?? '')}`}</span>
    </>
  )
}

function listFigures(data: ShownTrends): Figure[] {
  const breaks = findBreaks(data)
  return SHOWN_AXES.map(({ axis, label }) => ({
    title: label,
    lines: drawLines(data, axis),
    breaks,
    weeks: data.weeks,
  }))
}

function offerTrends(figures: Figure[]): void {
  const rows = figures.flatMap(({ title, lines, weeks }) =>
    lines.flatMap(line =>
      line.runs.flatMap(run =>
        run.points.map(({ index, value, low, high, n }) => [weeks[index] ?? '', title, value, low, high, n]),
      ),
    ),
  )
  offerFile('trends.csv', writeCsv(['week_start', 'axis', 'mean', 'low', 'high', 'n'], rows))
}
