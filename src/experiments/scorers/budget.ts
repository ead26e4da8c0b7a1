import { z } from '@hono/zod-openapi'
import { defineScorer, type Grade } from './scorer.ts'

const amountSchema = z.number().nonnegative()

/** Latency: 1 up to `target_ms`, 0 from `limit_ms` on, a straight line between them. Null when it was not measured. */
export const latencyScorer = defineScorer({
  kind: 'latency',
  revision: 1,
  settings: { target_ms: amountSchema.default(0), limit_ms: amountSchema },
  check: config => requireOrder('limit_ms', config.target_ms, config.limit_ms),
  compile: config => (_scored, output) =>
    gradeAmount(output.duration_ms, config.target_ms, config.limit_ms, ['ms', 'ms']),
})

/** Cost in dollars: 1 up to `target_usd`, 0 from `limit_usd` on, a straight line between. Null without a known price. */
export const costScorer = defineScorer({
  kind: 'cost',
  revision: 1,
  settings: { target_usd: amountSchema.default(0), limit_usd: amountSchema },
  check: config => requireOrder('limit_usd', config.target_usd, config.limit_usd),
  compile: config => (_scored, output) =>
    gradeAmount(output.cost_usd, config.target_usd, config.limit_usd, ['dollar', 'dollars']),
})

function requireOrder(field: string, target: number, limit: number): { field: string; message: string } | null {
  return limit > target ? null : { field, message: `expected more than the target, ${target}` }
}

function gradeAmount(amount: number | null, target: number, limit: number, [one, many]: [string, string]): Grade {
  if (amount === null) return { value: null, explanation: `It is not known how many ${many} it took.` }
  const value = Math.min(1, Math.max(0, (limit - amount) / (limit - target)))
  return { value, explanation: `${amount} ${amount === 1 ? one : many}; ${target} is full marks, ${limit} none.` }
}
