import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, Refusal, readAnswer, type ShownExperiment, Unreachable } from '#client.ts'
import { formatDollars, formatSeconds } from './amounts.ts'
import { showProgress } from './progress.ts'

const LOOK_MS = 400
/** How long a server may be away (a restart, say) before its experiment is no longer followed. */
const PATIENCE_MS = 60_000

/**
 * Shows how far an experiment is until it is no longer running, or until `ended` says to stop looking.
 *
 * @returns how it stood last.
 */
export async function followExperiment(
  client: Client,
  first: ShownExperiment,
  ended: AbortSignal,
): Promise<ShownExperiment> {
  const progress = showProgress('Running')
  const pace = measureRuns()
  const param = { experiment_id: first.id }
  let shown = first
  let heardAt = performance.now()
  try {
    while (!ended.aborted) {
      if (shown.cells > 0) progress.update(shown.completed + shown.failed, shown.cells, pace(shown))
      if (shown.status !== 'running') break
      await sleep(LOOK_MS, undefined, { signal: ended }).catch(() => {})
      if (ended.aborted) break
      try {
        shown = await readAnswer(client.api.experiments[':experiment_id'].$get({ param }))
        heardAt = performance.now()
      } catch (error) {
        if (!isPassing(error) || performance.now() - heardAt > PATIENCE_MS) throw error
      }
    }
    return shown
  } finally {
    progress.stop()
  }
}

function isPassing(error: unknown): boolean {
  if (error instanceof Refusal) return error.status === 502 || error.status === 503
  return error instanceof Unreachable || error instanceof TypeError
}

/** Words for failures, rate, cost, the best score and the time left, from what was done since the first look. */
function measureRuns(): (shown: ShownExperiment) => string {
  let start: { at: number; done: number } | null = null
  return ({ completed, failed, cells, cost_usd, best }) => {
    const done = completed + failed
    start ??= { at: performance.now(), done }
    const seconds = (performance.now() - start.at) / 1000
    const rate = seconds > 0.5 ? (done - start.done) / seconds : 0
    const parts = [
      failed > 0 ? `${failed} failed` : null,
      rate > 0 ? `${rate >= 10 ? Math.round(rate) : rate.toPrecision(2)}/s` : null,
      cost_usd === null ? 'cost unknown' : cost_usd > 0 ? `${formatDollars(cost_usd)} so far` : null,
      best === null ? null : `best run ${best.toFixed(3)}`,
      rate > 0 && cells > done ? `${formatSeconds((cells - done) / rate)} left` : null,
    ]
    return parts.filter(part => part !== null).join(', ')
  }
}
