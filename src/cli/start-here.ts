import { createApi } from '#api.ts'
import type { Config } from '#config.ts'
import { openApp } from '#open.ts'
import { startTasks } from '#tasks.ts'

/** The application in this process, without a port. */
export interface LocalWhetstone {
  fetch: (request: Request) => Response | Promise<Response>
  close: () => Promise<void>
}

/** Opens the application for one command, with a worker if it wants one. */
export async function openLocally(config: Config, withWorker: boolean): Promise<LocalWhetstone> {
  // Whoever can read the home is its owner, wherever a server of it would listen.
  const { app, close } = await openApp({ ...config, host: '127.0.0.1' }, { supervise: withWorker })
  const worker = withWorker ? startTasks(app) : null
  const api = createApi(app)
  return {
    fetch: request => api.fetch(request),
    close: async () => {
      await worker?.stop()
      await close()
    },
  }
}
