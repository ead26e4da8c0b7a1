import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, type EvaluationRun, watchRun } from '#client.ts'
import { AWAY_MS, isPassing, measurePace, showProgress } from './progress.ts'

const AGAIN_MS = 1_000

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
          const [done, left] = [ok + failed, pending + running]
          if (status.resolved && done + left > 0)
            progress.update(done, done + left, pace({ done, failed, left, cost_usd: status.cost_usd }))
        }
      } catch (error) {
        if (ended.aborted) break
        if (!isPassing(error) || performance.now() - heardAt > AWAY_MS) throw error
      }
      if (status.state === 'running') await sleep(AGAIN_MS, undefined, { signal: ended }).catch(() => {})
    }
    return status
  } finally {
    progress.stop()
  }
}
