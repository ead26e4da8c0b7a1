import type { LedgerAnswer } from '#models/ledger.ts'
import type { Usage } from './units.ts'

/** The use of what was there already. */
export const NO_USAGE: Usage = { calls: 0, unpriced: 0, tokens_in: 0, tokens_out: 0, cost_usd: 0 }

/** Counts what is on this run's bill, also answers that it paid for before a crash and that were replayed now. */
export function sumUsage(calls: LedgerAnswer[], runId: string): Usage {
  const paid = calls.filter(call => call.paid_by === runId)
  return {
    calls: paid.length,
    unpriced: paid.filter(call => call.cost_usd === null).length,
    tokens_in: paid.reduce((total, call) => total + (call.answer.tokens_in ?? 0), 0),
    tokens_out: paid.reduce((total, call) => total + (call.answer.tokens_out ?? 0), 0),
    cost_usd: paid.reduce((total, call) => total + (call.cost_usd ?? 0), 0),
  }
}

/** What the answers behind one verdict took, whoever paid for them; null where a part of it is not known. */
export interface AnswersUse {
  response_model: string | null
  tokens_in: number | null
  tokens_out: number | null
  cost_usd: number | null
  duration_ms: number | null
}

/** Sums the answers behind one verdict; the model is the one that gave the last of them. */
export function sumAnswers(calls: LedgerAnswer[]): AnswersUse {
  return {
    response_model: calls.at(-1)?.answer.response_model ?? null,
    tokens_in: sumKnown(calls.map(call => call.answer.tokens_in)),
    tokens_out: sumKnown(calls.map(call => call.answer.tokens_out)),
    cost_usd: sumKnown(calls.map(call => call.cost_usd)),
    duration_ms: sumKnown(calls.map(call => call.duration_ms)),
  }
}

/** Null when any part is unknown: a sum of what happens to be known would be a wrong number. */
export function sumKnown(values: (number | null)[]): number | null {
  return values.reduce<number | null>((total, value) => (total === null || value === null ? null : total + value), 0)
}
