import type { ShownDelivery } from '#client.ts'

/** What a webhook can be told of. */
export const EVENTS = ['run.started', 'cache_hit', 'run.completed', 'run.failed', 'new_best_found'] as const

const STATES = {
  delivered: { tone: 'ok', sign: '●' },
  failing: { tone: 'warn', sign: '◔' },
  skipped: { tone: 'error', sign: '✗' },
} as const

/** The state of a delivery as a sign and a word; `skipped` is what is not tried any more. */
export function describeState({ status }: Pick<ShownDelivery, 'status'>): { tone: string; sign: string; word: string } {
  return { ...STATES[status], word: status === 'skipped' ? 'given up' : status }
}

/** What came of one attempt, in a sentence. */
export function describeAttempt(delivery: ShownDelivery): { tone: 'ok' | 'error'; words: string } {
  const { status, http_status, duration_ms, error, response } = delivery
  if (status === 'delivered') return { tone: 'ok', words: `It answered ${http_status} in ${duration_ms} ms.` }
  const said = response === null || response === '' ? '' : ` It said: ${response}`
  return { tone: 'error', words: `${error ?? 'It did not take it.'}${said}` }
}
