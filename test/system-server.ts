import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { buildServerCommand, chooseServerUser, type ServerUser } from '#db/privileges.ts'

/** The oldest version that Whetstone supports; the embedded server is the newest. */
const OLDEST = 15

/** The programs of a PostgreSQL that is installed on this machine. */
export interface SystemPrograms {
  folder: string
  /** As in `15.14`. */
  version: string
}

/** A server that was started for tests and is gone without a trace after `stop`. */
export interface SystemServer {
  url: string
  stop: () => void
}

/** The oldest usable PostgreSQL of this machine, which has most to tell beside the embedded one; null without any. */
export function findSystemPrograms(): SystemPrograms | null {
  const debian = '/usr/lib/postgresql'
  const installed = existsSync(debian) ? readdirSync(debian).map(major => join(debian, major, 'bin')) : []
  const folders = [...installed, ...(process.env.PATH ?? '').split(delimiter)]
  const found = folders
    .filter(folder => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl')))
    .map(folder => ({ folder, version: readVersion(folder) }))
  return (
    found
      .filter(({ version }) => Number.parseInt(version, 10) >= OLDEST)
      .sort((a, b) => Number.parseFloat(a.version) - Number.parseFloat(b.version))[0] ?? null
  )
}

/** Starts a server with an empty data folder in the system's temporary folder, unprivileged when this is root. */
export async function startSystemServer(programs: SystemPrograms): Promise<SystemServer> {
  const folder = mkdtempSync(join(tmpdir(), 'whetstone-system-'))
  const data = join(folder, 'data')
  const log = join(folder, 'log')
  const user = chooseServerUser(folder, data)
  if (user !== null) chownSync(folder, user.uid, user.gid)
  const port = await findFreePort()
  // What these tests write may be lost with the machine.
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=300`
  const stop = () => {
    if (existsSync(join(data, 'postmaster.pid')))
      runProgram(user, programs, 'pg_ctl', ['-D', data, '-m', 'fast', 'stop'])
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    runProgram(user, programs, 'initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C'])
    runProgram(user, programs, 'pg_ctl', ['-D', data, '-o', settings, '-l', log, '-w', 'start'])
  } catch (error) {
    stop()
    throw error
  }
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop }
}

function readVersion(folder: string): string {
  const { stdout } = spawnSync(join(folder, 'initdb'), ['--version'], { encoding: 'utf8' })
  return stdout?.match(/\d+(\.\d+)?/)?.[0] ?? '0'
}

function runProgram(user: ServerUser | null, { folder }: SystemPrograms, name: string, args: string[]): void {
  const { file, ...command } = buildServerCommand(user, join(folder, name), args)
  const { args: all, ...options } = command
  const result = spawnSync(file, all, { ...options, cwd: '/', encoding: 'utf8', timeout: 60_000 })
  if (result.status !== 0) throw new Error(`${name} ended with ${result.status}: ${result.stderr ?? result.error}`)
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no free port')
  return address.port
}
