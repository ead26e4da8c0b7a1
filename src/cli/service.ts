import { type Client, createClient } from '#client.ts'
import { type Config, loadConfig } from '#config.ts'
import { Conflict } from '#errors.ts'
import { readServerFile } from './server-file.ts'

/** What every command that talks to Whetstone can be told. */
export interface ServiceOptions {
  url?: string
  project?: string
}

/** Whetstone as a command talks to it: a server over HTTP, or the same application in this process. */
export interface Service {
  client: Client
  /** The server's address; null when the application runs in this process, until the command ends. */
  url: string | null
  close: () => Promise<void>
}

const HEALTH_MS = 5_000

/**
 * Finds the server that a command is meant for: the one at `--url`, else the one that runs on this home. Without one it
 * opens the application in this process.
 *
 * @param options.worker also does background work in this process, if the application is opened here. A command that
 *   starts none should not take up what an earlier one left: its model calls would be cut off when the command ends.
 */
export async function openService(options: ServiceOptions & { worker?: boolean }): Promise<Service> {
  const headers = buildHeaders(options)
  if (options.url !== undefined) return openRemote(options.url, headers)
  const config = await loadConfig(process.env)
  return (await findService(config, options)) ?? openHere(config, headers, options.worker ?? false)
}

/** The server that runs on this home; null without one. @throws Conflict if its process is there and does not answer. */
export async function findService(config: Config, options: ServiceOptions): Promise<Service | null> {
  const server = readServerFile(config.home)
  if (server === null) return null
  const service = openRemote(server.url, buildHeaders(options))
  if (await isHealthy(server.url)) return service
  // It may have ended in this moment.
  if (readServerFile(config.home) === null) return null
  throw new Conflict(
    `The server of this home (process ${server.pid}) does not answer at ${server.url}. Stop it, or wait.`,
  )
}

/** The headers that say who asks, and in which project. */
export function buildHeaders(options: ServiceOptions): Record<string, string> {
  const key = process.env.WHETSTONE_API_KEY
  return {
    ...(key ? { authorization: `Bearer ${key}` } : {}),
    ...(options.project === undefined ? {} : { 'x-whetstone-project': options.project }),
  }
}

/** Whether a server answers at this address and reaches its database. */
export async function isHealthy(url: string): Promise<boolean> {
  const signal = AbortSignal.timeout(HEALTH_MS)
  return fetch(`${url}/health`, { signal }).then(
    answer => answer.ok,
    () => false,
  )
}

function openRemote(url: string, headers: Record<string, string>): Service {
  return { client: createClient({ baseUrl: url.replace(/\/+$/, ''), headers }), url, close: async () => {} }
}

async function openHere(config: Config, headers: Record<string, string>, withWorker: boolean): Promise<Service> {
  const { openLocally } = await import('./start-here.ts')
  const { fetch: handle, close } = await openLocally(config, withWorker)
  return { client: createClient({ baseUrl: 'http://localhost', fetch: handle, headers }), url: null, close }
}
