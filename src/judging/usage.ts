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
