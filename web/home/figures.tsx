import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useProject } from '../shell/api.ts'
import { formatBounded, formatDollars } from '../ui/numbers.ts'
import { useNow } from '../ui/time.tsx'
import type { HomeData } from './home-page.tsx'

interface FiguresProps {
  shares: HomeData['shares']['data']
  weeks: HomeData['weeks']['data']
  queue: HomeData['queue']['data']
  runs: HomeData['runs']['data']
  experiments: HomeData['experiments']['data']
}

/** Four numbers, each the way to the list behind it. */
export function Figures({ shares, weeks, queue, runs, experiments }: FiguresProps) {
  return (
    <section className="home-figures" aria-label="At a glance">
      <SessionsFigure weeks={weeks} />
      <JudgedFigure shares={shares} />
      <QueueFigure queue={queue} />
      <RunsFigure runs={runs} experiments={experiments} />
    </section>
  )
}

/** A number that is on its way leaves its place empty, so that nothing moves when it comes. */
function Figure({ label, value, children }: { label: ReactNode; value: string | undefined; children: ReactNode }) {
  return (
    <div className="home-figure">
      <h2>{label}</h2>
      <strong>{value ?? ' '}</strong>
      <p>{value === undefined ? ' ' : children}</p>
    </div>
  )
}

function SessionsFigure({ weeks }: { weeks: FiguresProps['weeks'] }) {
  const { project } = useProject()
  const label = (
    <Link to="/p/$project/sessions" params={{ project }} search={{ since: '7d' }}>
      Sessions this week
    </Link>
  )
  return (
    <Figure label={label} value={weeks && formatBounded(weeks.present)}>
      {weeks && compareWeeks(weeks)}
    </Figure>
  )
}

/** In words, without an arrow: more sessions are neither better nor worse. */
function compareWeeks({ former }: NonNullable<FiguresProps['weeks']>): string {
  const before = former.n === 0 ? 'none' : formatBounded(former)
  return `in 7 days; last week ${before}`
}

function JudgedFigure({ shares }: { shares: FiguresProps['shares'] }) {
  const { project } = useProject()
  const all = shares === undefined ? 0 : shares.evaluated + shares.stale + shares.pending
  const label = (
    <Link to="/p/$project/sessions" params={{ project }} search={{ status: 'evaluated' }}>
      Judged
    </Link>
  )
  const part = (status: 'stale' | 'pending', n: number) =>
    n === 0 ? (
      `${n} ${status}`
    ) : (
      <Link to="/p/$project/sessions" params={{ project }} search={{ status }} className="above">
        {/* One text, or its second half would move as the number grows. */}
        {`${n.toLocaleString('en-US')} ${status}`}
      </Link>
    )
  return (
    <Figure label={label} value={shares && describeShare(shares.evaluated, all)}>
      {shares && (
        <>
          {part('stale', shares.stale)}, {part('pending', shares.pending)}
          {shares.all ? '' : '; of the newest 10,000'}
        </>
      )}
    </Figure>
  )
}

/** Neither 0 % nor 100 % is said of what is only near it. */
function describeShare(n: number, of: number): string {
  if (of === 0 || n === 0) return '0 %'
  if (n === of) return '100 %'
  return `${Math.min(99, Math.max(1, Math.round((n / of) * 100)))} %`
}

function QueueFigure({ queue }: { queue: FiguresProps['queue'] }) {
  const { project } = useProject()
  const now = useNow()
  const label = (
    <Link to="/p/$project/corrections" params={{ project }}>
      Review queue
    </Link>
  )
  return (
    <Figure label={label} value={queue?.total.toLocaleString('en-US')}>
      {queue === undefined || queue.oldest_day === null
        ? 'nothing waits for a person'
        : `the oldest has waited ${describeAge(queue.oldest_day, now)}`}
    </Figure>
  )
}

/** Counted in days of UTC, as the server counts what waits. */
function describeAge(day: string, now: number): string {
  const days = Math.floor(now / 86_400_000) - Math.floor(Date.parse(`${day}T00:00:00Z`) / 86_400_000)
  if (days <= 0) return 'since today'
  return days === 1 ? 'since yesterday' : `for ${days.toLocaleString('en-US')} days`
}

function RunsFigure({ runs, experiments }: Pick<FiguresProps, 'runs' | 'experiments'>) {
  const { project } = useProject()
  const judging = runs?.filter(run => run.state === 'running') ?? []
  const trying = experiments?.filter(one => one.status === 'running') ?? []
  const both = [...judging, ...trying]
  const label = (
    <Link to="/p/$project/runs" params={{ project }}>
      Active runs
    </Link>
  )
  return (
    <Figure label={label} value={runs && experiments && both.length.toLocaleString('en-US')}>
      {both.length === 0 ? 'nothing is under way' : describeSpent(both)}
      {trying.length > 0 && (
        <>
          {', '}
          <Link to="/p/$project/experiments" params={{ project }} search={{ state: 'running' }} className="above">
            {trying.length === 1 ? '1 experiment' : `${trying.length} experiments`}
          </Link>
        </>
      )}
    </Figure>
  )
}

function describeSpent(active: { cost_usd: number | null }[]): string {
  const known = active.flatMap(run => (run.cost_usd === null ? [] : [run.cost_usd]))
  const sum = formatDollars(known.reduce((total, cost) => total + cost, 0))
  if (known.length === active.length) return `${sum} so far`
  return known.length === 0 ? 'cost: no price' : `${sum} so far, and some without a price`
}
