import { createApi } from '#api.ts'
import type { Config } from '#config.ts'
import { Conflict } from '#errors.ts'
import { type Listening, serve } from '#http/serve.ts'
import { openApp, requireAccounts } from '#open.ts'
import { startTasks } from '#tasks.ts'
import { removeServerFile, writeServerFile } from './server-file.ts'
import { isHealthy } from './service.ts'

/** Server and worker in this process. */
export interface RunningWhetstone {
  url: string
  fetch: (request: Request) => Response | Promise<Response>
  /** Stops in order: no more requests, no more work, then the database. */
  stop: () => Promise<void>
  /** Stops the database without waiting for requests and work. */
  abandon: () => Promise<void>
}

/**
 * Opens the application, serves it and works for it. It is ready on return, and commands on the same home find it.
 *
 * @param options.freePort takes another port when the one of the configuration is taken.
 * @throws Conflict when the port is taken, or when other machines could reach a server without accounts.
 */
export async function startWhetstone(config: Config, options: { freePort?: boolean } = {}): Promise<RunningWhetstone> {
  const { app, close } = await openApp(config, { supervise: true })
  let closing: Promise<void> | null = null
  const closeOnce = () => {
    closing ??= close()
    return closing
  }
  const abandon = () => {
    removeServerFile(config.home)
    return closeOnce()
  }
  try {
    await requireAccounts(app)
    const api = createApi(app)
    const handle = (request: Request) => api.fetch(request)
    const listening = await listen(handle, config, options.freePort ?? false)
    const worker = startTasks(app)
    const stop = async () => {
      removeServerFile(config.home)
      await listening.close()
      await worker.stop()
      await closeOnce()
    }
    const local = toLocalAddress(listening.url)
    if (!(await isHealthy(local))) {
      await stop()
      throw new Conflict(`The server does not answer at ${local}, although it listens there.`)
    }
    writeServerFile(config.home, { url: local, pid: process.pid, started_at: new Date().toISOString() })
    app.log.info({ url: listening.url }, 'ready')
    return { url: listening.url, fetch: handle, stop, abandon }
  } catch (error) {
    await closeOnce()
    throw error
  }
}

async function listen(fetch: RunningWhetstone['fetch'], config: Config, freePort: boolean): Promise<Listening> {
  try {
    return await serve(fetch, config.host, config.port)
  } catch (error) {
    if (!freePort || !(error instanceof Conflict)) throw error
    return serve(fetch, config.host, 0)
  }
}

/** "All addresses" is nothing that a client can connect to everywhere. */
function toLocalAddress(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}
