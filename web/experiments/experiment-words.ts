import type { ListedRun, ShownExperiment } from '#client.ts'
import { formatDollars } from '../ui/numbers.ts'

type Tone = 'ok' | 'warn' | 'error' | 'meta'

const STATES: { [state in ShownExperiment['status']]: { sign: string; words: string; tone: Tone } } = {
  draft: { sign: '○', words: 'draft', tone: 'meta' },
  running: { sign: '◔', words: 'running', tone: 'meta' },
  paused: { sign: '‖', words: 'paused', tone: 'warn' },
  completed: { sign: '●', words: 'done', tone: 'ok' },
  stopped: { sign: '■', words: 'stopped', tone: 'warn' },
  failed: { sign: '✗', words: 'failed', tone: 'error' },
}

/** How an experiment stands, as a sign and words. */
export function describeExperimentState({ status, failed }: Pick<ShownExperiment, 'status' | 'failed'>) {
  if (status !== 'completed' || failed === 0) return STATES[status]
  return { sign: '◑', words: 'done, with failures', tone: 'warn' as const }
}

/** How large it is: `3 × 120 × 2`; of a guided sweep, whose variants see different numbers of cases, its runs. */
export function describeSize(experiment: Pick<ShownExperiment, 'status' | 'variants' | 'cells' | 'sweep'>): string {
  const { status, variants, cells } = experiment
  if (status === 'draft' || variants === 0) return '–'
  if (readField(experiment.sweep, 'method') === 'guided') return `${variants} variants, ${count(cells)} runs`
  const given = readField(experiment.sweep, 'repeats')
  const repeats = typeof given === 'number' ? given : 1
  return `${count(variants)} × ${count(Math.round(cells / (variants * repeats)))} × ${count(repeats)}`
}

/** What was paid, and the ceiling if there is one. */
export function describeBill({
  status,
  cost_usd,
  sweep,
}: Pick<ShownExperiment, 'status' | 'cost_usd' | 'sweep'>): string {
  const ceiling = readField(sweep, 'max_cost_usd')
  const most = typeof ceiling === 'number' ? ` of ${formatDollars(ceiling)}` : ''
  return status === 'draft' ? (most === '' ? '' : `–${most}`) : `${formatDollars(cost_usd)}${most}`
}

/** Runs that ended, of those that are planned. */
export function describeDone({
  completed,
  failed,
  cells,
}: Pick<ShownExperiment, 'completed' | 'failed' | 'cells'>): string {
  const failures = failed === 0 ? '' : `, ${count(failed)} failed`
  return `${count(completed + failed)} of ${count(cells)}${failures}`
}

/** What stays when it is stopped. */
export function describeStopping({
  completed,
  failed,
  cells,
}: Pick<ShownExperiment, 'completed' | 'failed' | 'cells'>): string {
  const done = completed + failed
  const left = Math.max(0, cells - done)
  const kept = done === 1 ? '1 run is kept' : `${count(done)} runs are kept`
  return `${kept}; ${left === 1 ? '1 does' : `${count(left)} do`} not take place.`
}

/** A score with its interval and the cases that it is over: `0.82 [0.79, 0.84] n=120`. */
export function describeEstimate(given: {
  estimate: number
  low: number | null
  high: number | null
  cases: number
}): string {
  const { estimate, low, high, cases } = given
  if (low === null || high === null || cases < 5) return `${formatShare(estimate)} n=${cases}, too few for an interval`
  const digits = (high - low) / 2 < 0.01 ? 3 : 2
  return `${estimate.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}] n=${count(cases)}`
}

/** Characters of an input that a name has room for. */
const NAMED = 60

/** What a case is called: its own id and how its input begins, as far as it has them; else the beginning of the id by chance. */
export function nameCase(of: { case_id: string | null; name: string | null; preview: string | null }): string {
  const { case_id, name, preview } = of
  const words = (preview ?? '').replace(/\s+/g, ' ').trim()
  const characters = [...words]
  const short = characters.length > NAMED ? `${characters.slice(0, NAMED - 1).join('')}…` : words
  return [name ?? '', short].filter(part => part !== '').join(' · ') || `case ${case_id?.slice(0, 8) ?? ''}`
}

/** What the case of a run is called. */
export function nameRunCase(run: Pick<ListedRun, 'case_id' | 'case_name' | 'case_preview'>): string {
  return nameCase({ case_id: run.case_id, name: run.case_name, preview: run.case_preview })
}

/** A score of 0 to 1 by itself. */
export function formatShare(value: number): string {
  return value.toFixed(2)
}

/** A field of an object that nobody has checked yet. */
export function readField(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}
