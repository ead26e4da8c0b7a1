import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { AppEnv } from '#http/context.ts'
import type { RunStatus } from './runs.ts'

/** How often a watched run is looked at: a row by its key, so that nobody else pays for the watching. */
const LOOK_MS = 400

/** Sends a run's status whenever it changes, until the run or the listener ends. */
export function streamProgress(c: Context<AppEnv>, first: RunStatus, look: () => Promise<RunStatus>): Response {
  // What goes wrong after the listener left, or while the server stops, is nobody's news; without a handler it is printed.
  const report = async (error: Error) => c.var.app.log.info({ err: error }, 'a run is no longer watched')
  return streamSSE(
    c,
    async stream => {
      let shown = ''
      for (let status = first; !stream.aborted; status = await look()) {
        const data = JSON.stringify(status)
        const ended = status.state !== 'running'
        if (data !== shown || ended) await stream.writeSSE({ event: ended ? 'end' : 'progress', data })
        if (ended) return
        shown = data
        await stream.sleep(LOOK_MS)
        if (stream.aborted) return
      }
    },
    report,
  )
}
