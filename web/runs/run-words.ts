import type { EvaluationRun } from '#client.ts'
import { formatCount, formatDollars } from '../ui/numbers.ts'
import { formatClock } from '../ui/time.tsx'

type Run = Pick<
  EvaluationRun,
  'state' | 'counts' | 'ended_because' | 'scope' | 'cost_usd' | 'max_cost_usd' | 'resolved'
>

const BECAUSE: { [because: string]: string } = {
  cancelled: 'cancelled',
  over_budget: 'ended at its ceiling',
  cost_unknown: 'ended: cost unknown',
  unresolved: 'did not start',
}

/** The state of a run as a sign and words. */
export function describeState(run: Run): { sign: string; words: string; tone: 'ok' | 'warn' | 'error' | 'meta' } {
  if (run.state === 'running') return { sign: '◔', words: run.resolved ? 'running' : 'looking up', tone: 'meta' }
  if (run.state === 'failed')
    return { sign: '✗', words: BECAUSE[run.ended_because ?? ''] ?? 'ended early', tone: 'error' }
  if (run.counts.failed > 0) return { sign: '◑', words: 'done, with failures', tone: 'warn' }
  return { sign: '●', words: 'done', tone: 'ok' }
}

/** What a run is called: `Run of 14 Nov, 12:03`, with the year where it is another one. */
export function nameRun({ started_at }: Pick<EvaluationRun, 'started_at'>, now = Date.now()): string {
  const started = new Date(started_at)
  const isThisYear = started.getFullYear() === new Date(now).getFullYear()
  const year = isThisYear ? {} : { year: 'numeric' as const }
  const day = started.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', ...year })
  return `Run of ${day}, ${formatClock(started.getTime())}`
}

/** Which sessions a run is about, in words. */
export function describeScope(scope: EvaluationRun['scope']): string {
  const since = scope.since ? ` since ${scope.since.slice(0, 10)}` : ''
  const limit = scope.limit ? `, at most ${formatCount(scope.limit)}` : ''
  if (scope.scope === 'session') return scope.session_id ?? 'one session'
  if (scope.scope === 'sessions') {
    const n = scope.session_ids?.length ?? 0
    return n === 1 ? '1 named session' : `${formatCount(n)} named sessions`
  }
  return `${scope.scope === 'all' ? 'all, judged again' : 'not judged before'}${since}${limit}`
}

/** Cost, and the ceiling if there is one: `$0.42 of $2.00`. */
export function describeCost(run: Run): string {
  return `${formatDollars(run.cost_usd)}${run.max_cost_usd === null ? '' : ` of ${formatDollars(run.max_cost_usd)}`}`
}

/** The counts in a sentence: `41 judged, 2 failed, 57 left`. */
export function describeCounts({ ok, failed, running, pending }: EvaluationRun['counts']): string {
  const left = running + pending
  return [
    `${ok.toLocaleString('en-US')} judged`,
    ...(failed > 0 ? [`${failed.toLocaleString('en-US')} failed`] : []),
    ...(left > 0 ? [`${left.toLocaleString('en-US')} left`] : []),
  ].join(', ')
}

/** What stays when the run is cancelled. */
export function describeStay({ ok, running, pending }: EvaluationRun['counts']): string {
  const left = running + pending
  const kept = ok === 1 ? '1 judged session is kept' : `${ok.toLocaleString('en-US')} judged sessions are kept`
  return `${kept}; ${left === 1 ? '1 is' : `${left.toLocaleString('en-US')} are`} not judged any more.`
}

/** A time in seconds as a rough length: `20 s`, `4 min`, `2 h 10 min`. */
export function formatRough(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
