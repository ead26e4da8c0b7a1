import { NativeSelect } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ShownTrends } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { SHOWN_AXES } from '../ui/axes.ts'
import '../ui/plain.css'
import { formatDay } from '../ui/days.ts'
import { Empty, Failure, Skeleton } from '../ui/states.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { offerFigure } from './figure-csv.ts'
import { LineFigure, SeriesMark } from './line-figure.tsx'
import { drawLines, type Figure, findBreaks } from './trend-lines.ts'
import { useTrendSeries } from './trend-query.ts'
import { WeekTable } from './week-table.tsx'
import './trends-page.css'
import { DEFAULT_WEEKS, readTrendsSearch, type TrendsChange, type TrendsSearch } from './trends-search.ts'

const route = getRouteApi('/p/$project/trends')

/** Is it getting better? */
export function TrendsPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const weeks = search.weeks ?? DEFAULT_WEEKS
  const trends = useTrendSeries({ weeks, by: search.by, time: search.time })
  const change = (to: TrendsChange) => void navigate({ search: former => readTrendsSearch({ ...former, ...to }) })
  useKeys([
    {
      keys: ['t'],
      label: 'Figures as tables, and back',
      group: 'Trends',
      run: () => change({ as: search.as ? undefined : 'table' }),
    },
    {
      keys: ['z'],
      label: 'Zoom to the values, and back to 0–100',
      group: 'Trends',
      run: () => change({ zoom: search.zoom ? undefined : '1' }),
    },
  ])
  return (
    <div className="trends-page">
      <TrendsBar search={search} change={change} />
      {trends.isError && (
        <Failure
          what="Couldn't load trends"
          error={trends.error}
          onRetry={() => void trends.refetch()}
          dataFrom={trends.data && trends.dataUpdatedAt}
        />
      )}
      {trends.isPending && <Skeleton lines={8} height={80} />}
      {trends.data && trends.data.points.length === 0 && <Nothing weeks={weeks} change={change} />}
      {trends.data && trends.data.points.length > 0 && (
        <>
          <Legend data={trends.data} search={search} />
          <div className="panels" data-faded={trends.isPlaceholderData || undefined}>
            {listFigures(trends.data).map(figure => (
              <Panel key={figure.title} figure={figure} search={search} />
            ))}
          </div>
          <Notes data={trends.data} />
        </>
      )}
    </div>
  )
}

interface BarProps {
  search: TrendsSearch
  change: (to: TrendsChange) => void
}

function TrendsBar({ search, change }: BarProps) {
  // What is not to be set, as the default, is taken out.
  const set = (name: 'by' | 'weeks' | 'time', value: string) =>
    change({ [name]: readTrendsSearch({ [name]: value })[name] })
  return (
    <div className="trends-bar">
      <h1>Trends</h1>
      <NativeSelect
        size="xs"
        aria-label="Series"
        value={search.by ?? ''}
        onChange={event => set('by', event.currentTarget.value)}
        data={[
          { value: '', label: 'All sessions' },
          { value: 'profile', label: 'By profile' },
          { value: 'model', label: 'By judge model' },
          { value: 'complexity', label: 'By complexity' },
        ]}
      />
      <NativeSelect
        size="xs"
        aria-label="Weeks"
        value={String(search.weeks ?? DEFAULT_WEEKS)}
        onChange={event => set('weeks', event.currentTarget.value)}
        data={['8', '12', '26', '52'].map(value => ({ value, label: `${value} weeks` }))}
      />
      <NativeSelect
        size="xs"
        aria-label="Date that counts"
        value={search.time ?? ''}
        onChange={event => set('time', event.currentTarget.value)}
        data={[
          { value: '', label: 'By last activity' },
          { value: 'judged', label: 'By day of judging' },
        ]}
      />
      <button
        type="button"
        className="plain-button"
        aria-pressed={search.zoom === '1'}
        onClick={() => change({ zoom: search.zoom ? undefined : '1' })}
      >
        {search.zoom ? '0–100' : 'Zoom'}
      </button>
      <button
        type="button"
        className="plain-button"
        aria-pressed={search.as === 'table'}
        onClick={() => change({ as: search.as ? undefined : 'table' })}
      >
        {search.as ? 'As figures' : 'As tables'}
      </button>
    </div>
  )
}

function Nothing({ weeks, change }: { weeks: number; change: BarProps['change'] }) {
  const { project } = useProject()
  return (
    <Empty
      action={
        <p>
          {weeks < 52 && (
            <button type="button" className="plain-button" onClick={() => change({ weeks: 52 })}>
              Look at 52 weeks
            </button>
          )}
          <Link to="/p/$project/runs" params={{ project }} search={{ new: '1' }}>
            Judge sessions
          </Link>
        </p>
      }
    >
      No session of these {weeks} weeks is judged by the pinned judge.
    </Empty>
  )
}

/** The seven axes, and the number of sessions as the eighth. */
function listFigures(data: ShownTrends): (Figure & { counts: boolean })[] {
  const { weeks } = data
  const breaks = findBreaks(data)
  const axes = SHOWN_AXES.map(({ axis, label }) => ({
    title: label,
    lines: drawLines(data, axis),
    ...{ breaks, weeks, counts: false },
  }))
  return [...axes, { title: 'Sessions judged', lines: drawLines(data, null), breaks: [], weeks, counts: true }]
}

const nameSeries = ({ name, place }: { name: string; place: number }) => (
  <>
    <SeriesMark place={place} /> {name}
  </>
)

function Legend({ data, search }: { data: ShownTrends; search: TrendsSearch }) {
  const { project } = useProject()
  if (search.by === undefined) return null
  return (
    <ul className="trends-legend" aria-label="Series">
      {data.series.map(({ name, sessions }, place) => (
        <li key={name}>
          <SeriesMark place={place} />{' '}
          {search.by === 'profile' ? (
            <Link to="/p/$project/sessions" params={{ project }} search={{ profile: name }}>
              {name}
            </Link>
          ) : (
            name
          )}{' '}
          <span className="quiet">n={sessions.toLocaleString('en-US')}</span>
        </li>
      ))}
      {data.series_count > data.series.length && (
        <li className="quiet">
          {data.series.length} of {data.series_count.toLocaleString('en-US')}, by sessions
        </li>
      )}
    </ul>
  )
}

/** The filter of sessions that goes as far back. */
const SINCE = { 8: '56d', 12: '84d', 26: '182d', 52: '364d' } as const

function Panel({ figure, search }: { figure: Figure & { counts: boolean }; search: TrendsSearch }) {
  const { project } = useProject()
  const domain = chooseDomain(figure, search.zoom === '1')
  const weeks = search.weeks ?? DEFAULT_WEEKS
  const zoomed = !figure.counts && search.zoom === '1'
  return (
    <section className="panel" aria-label={figure.title}>
      <div className="panel-head">
        <h2>
          <Link to="/p/$project/sessions" params={{ project }} search={{ status: 'evaluated', since: SINCE[weeks] }}>
            {figure.title}
          </Link>
        </h2>
        {zoomed && (
          <span className="panel-zoom">
            zoom {domain[0]}–{domain[1]}
          </span>
        )}
        <button
          type="button"
          className="plain-button"
          aria-label={`${figure.title} as CSV`}
          onClick={() => offerFigure(figure)}
        >
          CSV
        </button>
      </div>
      {search.as === 'table' ? (
        <WeekTable
          label={figure.title}
          className="figure-table"
          columns={figure.lines.map(line => ({
            name: line.name,
            head: figure.lines.length > 1 ? nameSeries(line) : figure.counts ? 'n' : 'Mean',
            lines: [line],
          }))}
          weeks={figure.weeks}
          breaks={figure.breaks}
          counts={figure.counts}
        />
      ) : (
        <LineFigure figure={figure} domain={domain} counts={figure.counts} />
      )}
    </section>
  )
}

/** 0 to 100 for means; with zoom the tens around what is drawn. Counts begin at 0. */
function chooseDomain(figure: Figure & { counts: boolean }, zoom: boolean): [number, number] {
  const points = figure.lines.flatMap(line => line.runs.flatMap(run => run.points))
  const high = Math.max(...points.map(point => point.high ?? point.value))
  if (figure.counts) return [0, niceCeiling(high)]
  if (!zoom || points.length === 0) return [0, 100]
  const low = Math.min(...points.map(point => point.low ?? point.value))
  const floor = Math.min(90, Math.max(0, Math.floor(low / 10) * 10))
  return [floor, Math.max(floor + 10, Math.min(100, Math.ceil(high / 10) * 10))]
}

/** Even, as half of it is written too. */
function niceCeiling(value: number): number {
  if (!(value > 4)) return 4
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 4, 6, 10].find(step => step * power >= value) ?? 10) * power
}

function Notes({ data }: { data: ShownTrends }) {
  const breaks = findBreaks(data)
  const last = data.points.at(-1)
  const mixed = data.points.some(point => point.judge_models.length > 1)
  return (
    <div className="trends-notes quiet">
      <p>
        Means over sessions with 95 % intervals as bands, where a week has 5 sessions or more; weeks begin on Monday,
        UTC. Dotted: the week that still goes on.
        {last &&
          ` Now judged by ${last.judge_models.join(' + ')} under ${last.judge_version} and ${last.rubric_version}.`}
        {mixed && ' Some weeks mix judge models, which need not score alike.'}
      </p>
      {breaks.length > 0 && (
        <p>
          Lines break where the judge or the rubric changed, since scores on both sides are not comparable:{' '}
          {breaks
            .map(
              ({ index, judge_version, rubric_version }) =>
                `week of ${formatDay(data.weeks[index] ?? '')}: ${judge_version}, ${rubric_version}`,
            )
            .join('; ')}
          .
        </p>
      )}
    </div>
  )
}
