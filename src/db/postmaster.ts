import { execFileSync, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Conflict } from '#errors.ts'
import type { ServerBinaries } from './binaries.ts'
import { buildServerCommand, explainSpawnError, type ServerUser } from './privileges.ts'

/** A running server: the process that all its others descend from, and the port on 127.0.0.1. */
export interface Postmaster {
  pid: number
  port: number
}

/** A server that was just started; `failure` answers how it ended, or null while it runs. */
export interface StartedPostmaster extends Postmaster {
  failure: () => string | null
}

/** `busy`: it starts, recovers or shuts down. */
export type PostmasterPhase = 'busy' | 'ready' | 'ended'

const FAST_SHUTDOWN_MS = 20_000
const IMMEDIATE_SHUTDOWN_MS = 10_000

/**
 * The server that runs on this data folder, or null. Its lock file `postmaster.pid` is believed only if the process in
 * it lives and really is a server of this folder: after a kill it may be a zombie that nobody reaps (PID 1 of a
 * container), or the number may belong to another program by now.
 */
export function findPostmaster(dataFolder: string): Postmaster | null {
  const lines = readLockFile(dataFolder)?.split('\n') ?? []
  const pid = Number(lines[0])
  const port = Number(lines[3])
  if (!(Number.isSafeInteger(pid) && pid > 1 && port > 0 && port < 65_536)) return null
  return isPostmasterAlive(pid, dataFolder) ? { pid, port } : null
}

/** Whether this process lives and is the server of this data folder. */
export function isPostmasterAlive(pid: number, dataFolder: string): boolean {
  if (!isProcessAlive(pid)) return false
  if (process.platform === 'linux') return isServerOnLinux(pid, dataFolder)
  if (process.platform === 'win32') return true
  return isServerByName(pid)
}

/**
 * How far a server is, by the eighth line of its lock file. Nobody needs to connect to find out, so neither does the
 * password go to another program that has taken the port meanwhile.
 */
export function readPostmasterPhase(pid: number, dataFolder: string): PostmasterPhase {
  if (!isProcessAlive(pid)) return 'ended'
  const lines = readLockFile(dataFolder)?.split('\n') ?? []
  if (lines[0] === String(pid)) return lines[7]?.trim() === 'ready' ? 'ready' : 'busy'
  // Before it has written the file it may still be another program on its way to become the server.
  return 'busy'
}

/**
 * Removes a lock file that no running server stands behind. PostgreSQL itself refuses to start over garbage, a zombie
 * or a foreign process. That leftover backends of a killed server still use its memory, it finds out without the file,
 * by the shared memory segment whose key is the folder's inode.
 */
export function removeStaleLockFile(dataFolder: string): void {
  rmSync(join(dataFolder, 'postmaster.pid'), { force: true })
}

/** The port of the last start, so that pools find the server again after it was restarted; null if none is known. */
export function readLastPort(dataFolder: string): number | null {
  try {
    const port = Number(/"port=(\d+)"/.exec(readFileSync(join(dataFolder, 'postmaster.opts'), 'utf8'))?.[1])
    return port > 0 && port < 65_536 ? port : null
  } catch {
    return null
  }
}

/**
 * Starts the server in a session of its own, so that neither Ctrl-C nor the end of the terminal reaches it before this
 * process has ended its work, and without keeping this process from ending. It is not ready yet on return.
 */
export async function startPostmaster(
  dataFolder: string,
  port: number,
  logFile: string,
  binaries: ServerBinaries,
  user: ServerUser | null,
): Promise<StartedPostmaster> {
  const settings = Object.entries(chooseSettings(port)).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const command = buildServerCommand(user, binaries.postgres, ['-D', dataFolder, ...settings])
  const { file, args, ...rest } = command
  const log = openSync(logFile, 'a', 0o600)
  let failure: string | null = null
  try {
    const child = spawn(file, args, { ...rest, detached: true, windowsHide: true, stdio: ['ignore', log, log] })
    child.on('exit', (code, signal) => {
      failure = `ended with ${signal ?? `exit code ${code}`}`
    })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    child.on('spawn', resolve)
    child.on('error', cause => reject(explainSpawnError(command, cause)))
    await promise
    child.unref()
    if (child.pid === undefined) throw new Error('a spawned process has no id')
    return { pid: child.pid, port, failure: () => failure }
  } finally {
    closeSync(log)
  }
}

/**
 * Ends a server: fast shutdown (clients are cut off, everything is written out), and after 20 s an immediate one, from
 * which the next start recovers. Does nothing if it has ended already.
 *
 * @throws Conflict when it is still there 10 s after that.
 */
export async function stopPostmaster(
  postmaster: Postmaster,
  dataFolder: string,
  binaries: ServerBinaries,
): Promise<void> {
  // Windows knows no signals: there Node would end the process at once, without a shutdown.
  if (process.platform === 'win32') {
    const args = ['stop', '-D', dataFolder, '-m', 'fast', '-t', String(FAST_SHUTDOWN_MS / 1000)]
    if (isPostmasterAlive(postmaster.pid, dataFolder)) execFileSync(binaries.pg_ctl, args, { stdio: 'ignore' })
    return
  }
  const ended = async (signal: NodeJS.Signals, patienceMs: number) => {
    const deadline = performance.now() + patienceMs
    if (isPostmasterAlive(postmaster.pid, dataFolder)) sendSignal(postmaster.pid, signal)
    while (isPostmasterAlive(postmaster.pid, dataFolder)) {
      if (performance.now() > deadline) return false
      await sleep(10)
    }
    return true
  }
  if (await ended('SIGINT', FAST_SHUTDOWN_MS)) return
  if (await ended('SIGQUIT', IMMEDIATE_SHUTDOWN_MS)) return
  throw new Conflict(`PostgreSQL (process ${postmaster.pid}) does not end. Its data folder is ${dataFolder}.`)
}

/**
 * Settings on the command line, so that they follow the version of Whetstone and not the day the folder was made.
 * What keeps committed data safe (fsync, full_page_writes, synchronous_commit) is named, although it is the default.
 */
function chooseSettings(port: number): Record<string, string | number> {
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
  const megabytes = Math.floor(memory / 2 ** 20)
  return {
    port,
    listen_addresses: '127.0.0.1',
    // Paths of sockets are limited to about 100 bytes, a home may be deeper.
    unix_socket_directories: '',
    max_connections: 100,
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    // An eighth of the memory, at most 512 MB: the rest is left to models on the same machine.
    shared_buffers: `${Math.min(512, Math.max(64, Math.floor(megabytes / 8)))}MB`,
    effective_cache_size: `${Math.max(128, Math.floor(megabytes / 2))}MB`,
    work_mem: '16MB',
    maintenance_work_mem: '128MB',
    max_parallel_workers_per_gather: Math.min(2, availableParallelism() - 1),
    wal_compression: 'on',
    min_wal_size: '128MB',
    max_wal_size: '2GB',
    checkpoint_timeout: '10min',
    random_page_cost: 1.1,
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    logging_collector: 'off',
    log_destination: 'stderr',
    log_checkpoints: 'off',
    lc_messages: 'C',
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

function readLockFile(dataFolder: string): string | null {
  try {
    return readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it lives and belongs to someone else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  return process.platform !== 'linux' || !isZombie(pid)
}

function isZombie(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The state follows the program's name, which may itself hold brackets and spaces, see proc(5).
    const state = status.charAt(status.lastIndexOf(')') + 2)
    return state === 'Z' || state === 'X'
  } catch {
    return true
  }
}

function isServerOnLinux(pid: number, dataFolder: string): boolean {
  try {
    // Its working folder would tell as well, but in a container root may not read that of another user's process.
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    const folder = args[args.indexOf('-D') + 1]
    return args.includes('-D') && folder !== undefined && isSameFolder(folder, dataFolder)
  } catch {
    return false
  }
}

/** Compares by inode, so that links and different names of the same place do not matter. */
function isSameFolder(one: string, other: string): boolean {
  const first = statSync(one, { throwIfNoEntry: false, bigint: true })
  const second = statSync(other, { throwIfNoEntry: false, bigint: true })
  return first !== undefined && second !== undefined && first.dev === second.dev && first.ino === second.ino
}

function isServerByName(pid: number): boolean {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,comm=', '-p', String(pid)], { encoding: 'utf8' })
    return !line.startsWith('Z') && line.includes('postgres')
  } catch {
    return false
  }
}
