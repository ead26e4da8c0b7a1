import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, type EvaluationRun, Refusal, Unreachable, watchRun } from '#client.ts'
import { formatDollars, formatSeconds } from './amounts.ts'
import { showProgress } from './progress.ts'

const AGAIN_MS = 1_000
/** How long a server may be away (a restart, say) before its run is no longer followed. */
const PATIENCE_MS = 60_000

/**
 * Follows a run by its server-sent events and shows how far it is, until it ends or `ended` says to stop looking; the run
 * itself goes on in that case. A server that is away for a moment is waited for.
 *
 * @returns the run's last known status, its sessions left out.
 */
export async function followRun(client: Client, first: EvaluationRun, ended: AbortSignal): Promise<EvaluationRun> {
  const progress = showProgress('Judging')
  const pace = measurePace()
  let status = first
  let heardAt = performance.now()
  try {
    while (!ended.aborted && status.state === 'running') {
      try {
        for await (const next of watchRun(client, first.run_id, ended)) {
          status = next
          heardAt = performance.now()
          const { ok, failed, pending, running } = status.counts
          const total = ok + failed + pending + running
          if (status.resolved && total > 0) progress.update(ok + failed, total, pace(status))
        }
      } catch (error) {
        if (ended.aborted) break
        const isPassing = error instanceof Unreachable || error instanceof TypeError || isOverload(error)
        if (!isPassing || performance.now() - heardAt > PATIENCE_MS) throw error
      }
      if (status.state === 'running') await sleep(AGAIN_MS, undefined, { signal: ended }).catch(() => {})
    }
    return status
  } finally {
    progress.stop()
  }
}

function isOverload(error: unknown): boolean {
  return error instanceof Refusal && (error.status === 502 || error.status === 503)
}

/** Words for rate, cost so far and time left, from what has been done since the first look. */
function measurePace(): (status: EvaluationRun) => string {
  let start: { at: number; done: number } | null = null
  return status => {
    const { ok, failed, pending, running } = status.counts
    const done = ok + failed
    start ??= { at: performance.now(), done }
    const seconds = (performance.now() - start.at) / 1000
    const rate = seconds > 0.5 ? (done - start.done) / seconds : 0
    const parts = [
      failed > 0 ? `${failed} failed` : null,
      rate > 0 ? `${rate >= 10 ? Math.round(rate) : rate.toPrecision(2)}/s` : null,
      status.cost_usd === null
        ? 'cost unknown'
        : status.cost_usd > 0
          ? `${formatDollars(status.cost_usd)} so far`
          : null,
      rate > 0 && pending + running > 0 ? `${formatSeconds((pending + running) / rate)} left` : null,
    ]
    return parts.filter(part => part !== null).join(', ')
  }
}
