import type { EvaluatedSession, ShownTrial, TrialRequest } from '#client.ts'
import { countOf, formatCount, formatDollars } from '../ui/numbers.ts'

/** What is to be tried, as the form has it. */
export interface TrialWish {
  session: string
  backend: string
  model: string
}

export interface TriedVersion {
  kind: 'panels' | 'rubrics'
  version: string
}

/** Null where it cannot be asked for like this. Pure. */
export function toTrialRequest({ kind, version }: TriedVersion, wish: TrialWish): TrialRequest | null {
  const { session, backend, model } = wish
  const baseline = backend === 'baseline'
  if (session === '' || (!baseline && model.trim() === '')) return null
  return {
    ...{ session_id: session, backend },
    ...(baseline ? {} : { model: model.trim() }),
    ...(kind === 'panels' ? { panel: version } : { rubric: version }),
  }
}

interface Expected {
  judge_version: string
  rubric_version: string
  calls: number
  tokens_in: number
  tokens_out: number
  cost_usd: number | null
}

/** "Try · 3 calls · ≈ $0.02". Pure. */
export function describeTrialBill({ calls, cost_usd }: Expected): string {
  if (calls === 0) return 'Try · no calls'
  const cost = cost_usd === null ? 'no price' : cost_usd === 0 ? 'free' : `≈ ${formatDollars(cost_usd)}`
  return `Try · ${calls} ${calls === 1 ? 'call' : 'calls'} · ${cost}`
}

/** What goes with the version on trial, and what it reads. Pure. */
export function describeTrialMeans(found: Expected, kind: TriedVersion['kind']): string {
  const other = kind === 'panels' ? `rubric ${found.rubric_version}` : `panel ${found.judge_version}`
  if (found.calls === 0)
    return `With ${other}. Computed without a model${kind === 'rubrics' ? ', which does not read the rubric' : ''}.`
  const tokens = `About ${formatCount(found.tokens_in)} tokens in and ${formatCount(found.tokens_out)} out`
  return `With ${other}. ${tokens}; what was asked before costs nothing again.`
}

type Stored = Pick<EvaluatedSession['evaluations'][number], 'judge_version' | 'rubric_version' | 'judge_model'>

/** What else than chance may stand behind a difference to a stored pass. Pure. */
export function describeContrast(said: Stored, stored: Stored, since: number): string {
  const apart = [
    said.judge_version === stored.judge_version ? '' : 'the panel',
    said.rubric_version === stored.rubric_version ? '' : 'the rubric',
    said.judge_model === stored.judge_model ? '' : 'the model',
    since === 0 ? '' : `${countOf(since, 'message')} since`,
  ].filter(part => part !== '')
  const what = apart.length === 0 ? 'Same panel, rubric and model' : `Different: ${apart.join(', ')}`
  return `${what}. This is one session: a difference may be chance.`
}

/** "now · 3 answers paid": what was paid for a trial itself. Pure. */
export function describeCalls({ calls, backend, experts }: Pick<ShownTrial, 'calls' | 'backend' | 'experts'>): string {
  if (backend === 'baseline') return 'now · computed without a model'
  if (calls === 0 && experts.some(one => one.error !== null)) return 'now · nothing paid'
  if (calls === 0) return 'now · every answer was known, nothing paid'
  return `now · ${calls} ${calls === 1 ? 'answer' : 'answers'} paid`
}
