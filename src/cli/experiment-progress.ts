import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, readAnswer, type ShownExperiment } from '#client.ts'
import { AWAY_MS, isPassing, measurePace, showProgress } from './progress.ts'

const LOOK_MS = 400

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
  const pace = measurePace()
  const param = { experiment_id: first.id }
  let shown = first
  let heardAt = performance.now()
  try {
    while (!ended.aborted) {
      const { cells, failed, cost_usd, best } = shown
      const done = shown.completed + failed
      const more = best === null ? null : `best run ${best.toFixed(3)}`
      if (cells > 0) progress.update(done, cells, pace({ done, failed, left: cells - done, cost_usd, more }))
      if (shown.status !== 'running') break
      await sleep(LOOK_MS, undefined, { signal: ended }).catch(() => {})
      if (ended.aborted) break
      try {
        shown = await readAnswer(client.api.experiments[':experiment_id'].$get({ param }))
        heardAt = performance.now()
      } catch (error) {
        if (!isPassing(error) || performance.now() - heardAt > AWAY_MS) throw error
      }
    }
    return shown
  } finally {
    progress.stop()
  }
}
