import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Conflict } from '#errors.ts'
import { createDataFolder, inspectDataFolder, readServerPassword, removeUnfinishedFolders } from './data-folder.ts'
import type { EmbeddedHome } from './embedded-home.ts'
import {
  findPostmaster,
  type Postmaster,
  readLastPort,
  readPostmasterPhase,
  removeStaleLockFile,
  startPostmaster,
} from './postmaster.ts'
import { chooseServerUser } from './privileges.ts'
import { waitUntilReady } from './readiness.ts'
import { boundServerLog, measureServerLog, readServerLog } from './server-log.ts'

export interface RunningServer {
  postmaster: Postmaster
  url: string
  /** Whether this call started it. */
  started: boolean
}

type Log = (message: string) => void

/** How long to try again where something passing stands in the way: backends of a killed server may end late. */
const ATTEMPTS_MS = 60_000

/**
 * Finds the running server of a home or starts one, makes its data folder before if need be, and returns once the
 * database answers. To be called with the home's mutex held.
 *
 * It keeps its last port if it can. Backends of a killed server, a server that another process started in the moment
 * before it was killed, and a port that was taken meanwhile are waited for or worked around.
 *
 * @throws Conflict with the server's own words when it does not start.
 */
export async function ensureRunningServer(place: EmbeddedHome, log: Log): Promise<RunningServer> {
  removeUnfinishedFolders(place.data)
  if (inspectDataFolder(place.data, place.binaries.major) === 'absent') {
    log('Preparing the embedded PostgreSQL')
    await createDataFolder(place.data, place.binaries, chooseServerUser(place.folder, place.data))
  }
  boundServerLog(place.log_file)
  const password = readServerPassword(place.data)
  const deadline = performance.now() + ATTEMPTS_MS
  let port = readLastPort(place.data) ?? (await findFreePort())
  for (;;) {
    const found = await awaitFoundServer(place, password, log)
    if (found) return found
    const { server, reason } = await startServer(place, port, password, log)
    if (server) return server
    if (performance.now() > deadline || !isPassing(reason)) {
      throw new Conflict(`The embedded PostgreSQL did not start (its log is ${place.log_file}): ${reason}`)
    }
    if (isPortTaken(reason)) port = await findFreePort()
    else await sleep(100)
  }
}

/** The address of the server that runs on this data folder, without a connection to it; null if none runs. */
export function findServerUrl(dataFolder: string): string | null {
  const postmaster = findPostmaster(dataFolder)
  return postmaster === null ? null : buildUrl(readServerPassword(dataFolder), postmaster.port)
}

async function awaitFoundServer(place: EmbeddedHome, password: string, log: Log): Promise<RunningServer | null> {
  const postmaster = findPostmaster(place.data)
  if (postmaster === null) return null
  const url = buildUrl(password, postmaster.port)
  const ready = await waitUntilReady(url, () => readPostmasterPhase(postmaster.pid, place.data), log)
  return ready ? { postmaster, url, started: false } : null
}

async function startServer(
  place: EmbeddedHome,
  port: number,
  password: string,
  log: Log,
): Promise<{ server: RunningServer | null; reason: string }> {
  removeStaleLockFile(place.data)
  const offset = measureServerLog(place.log_file)
  const user = chooseServerUser(place.folder, place.data)
  const { failure, ...postmaster } = await startPostmaster(place.data, port, place.log_file, place.binaries, user)
  const url = buildUrl(password, port)
  const phase = () => (failure() === null ? readPostmasterPhase(postmaster.pid, place.data) : 'ended')
  if (await waitUntilReady(url, phase, log)) return { server: { postmaster, url, started: true }, reason: '' }
  return { server: null, reason: `${failure() ?? 'it ended'}\n${readServerLog(place.log_file, offset)}` }
}

function isPortTaken(reason: string): boolean {
  return /could not bind|could not create any TCP\/IP sockets/.test(reason)
}

/** Whether a failed start is worth another attempt. */
function isPassing(reason: string): boolean {
  return isPortTaken(reason) || /shared memory block .* is still in use|lock file .* already exists/.test(reason)
}

function buildUrl(password: string, port: number): string {
  return `postgres://whetstone:${password}@127.0.0.1:${port}/whetstone`
}

async function findFreePort(): Promise<number> {
  const { promise, resolve: found, reject } = Promise.withResolvers<number>()
  const server = createServer()
  server.on('error', reject)
  server.listen({ host: '127.0.0.1', port: 0 }, () => {
    const address = server.address()
    server.close(() => {
      if (address !== null && typeof address === 'object') found(address.port)
      else reject(new Error('a listening TCP server has an address'))
    })
  })
  return promise
}
