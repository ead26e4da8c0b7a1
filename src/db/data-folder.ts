import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Conflict } from '#errors.ts'
import type { ServerBinaries } from './binaries.ts'
import { buildServerCommand, explainSpawnError, type ServerUser } from './privileges.ts'

/** It lies in the data folder, so that folder and password appear together, in one rename. */
const PASSWORD_FILE = 'whetstone.password'
const WORKSHOP = '.init-'

/** A superuser of PostgreSQL can read files and run programs on the machine, so Whetstone works as an ordinary role. */
const SETUP_SQL = [
  // The role gets the superuser's stored verifier (which holds no user name), so no password appears in a statement.
  "DO $$ BEGIN EXECUTE format('CREATE ROLE whetstone LOGIN CREATEDB PASSWORD %L', (SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres')); END $$",
  'GRANT pg_monitor, pg_checkpoint TO whetstone',
  'CREATE DATABASE whetstone OWNER whetstone',
]

// Long enough for a slow disk; what takes longer hangs.
const TOOL_PATIENCE_MS = 300_000

/**
 * Looks at a data folder without touching it: whether it is there and can be used by this major version.
 *
 * @throws Conflict when it belongs to another major version, or is no data folder but holds something.
 */
export function inspectDataFolder(dataFolder: string, major: number): 'absent' | 'present' {
  const version = readIfThere(join(dataFolder, 'PG_VERSION'))?.trim()
  if (version === undefined) {
    if (!existsSync(dataFolder) || readdirSync(dataFolder).length === 0) return 'absent'
    throw new Conflict(
      `${dataFolder} is no PostgreSQL data folder and not empty. Move it away, or set WHETSTONE_HOME to another folder.`,
    )
  }
  if (version === String(major)) return 'present'
  const age = Number(version) > major ? 'newer' : 'older'
  throw new Conflict(
    `The data folder ${dataFolder} belongs to PostgreSQL ${version}, ${age} than the PostgreSQL ${major} of this ` +
      'Whetstone; nothing was changed. Use the version of Whetstone that made it, point DATABASE_URL at a ' +
      `PostgreSQL ${version} server that runs on this folder, or set WHETSTONE_HOME to another folder.`,
  )
}

/**
 * Makes a data folder with the role and the database `whetstone`, and a random password for both roles. It is made
 * beside its place and then renamed, so that a kill at any moment leaves either nothing or a whole one. Only one process
 * may do this at a time.
 */
export async function createDataFolder(
  dataFolder: string,
  binaries: ServerBinaries,
  user: ServerUser | null,
): Promise<void> {
  const workshop = mkdtempSync(`${dataFolder}${WORKSHOP}`)
  try {
    giveToServer(workshop, user)
    const passwordFile = join(workshop, PASSWORD_FILE)
    writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx', flush: true })
    giveToServer(passwordFile, user)
    const fresh = join(workshop, 'data')
    await runServerTool(user, binaries.initdb, initialArguments(fresh, passwordFile))
    const single = ['--single', '-D', fresh, '-c', 'exit_on_error=on', '-c', 'log_checkpoints=off', 'postgres']
    await runServerTool(user, binaries.postgres, single, `${SETUP_SQL.join('\n')}\n`)
    renameSync(passwordFile, join(fresh, PASSWORD_FILE))
    syncFolder(fresh)
    rmSync(dataFolder, { recursive: true, force: true })
    renameSync(fresh, dataFolder)
    syncFolder(dirname(dataFolder))
  } finally {
    rmSync(workshop, { recursive: true, force: true })
  }
}

/** Removes what interrupted attempts to make a data folder left beside its place. To be called before any new attempt. */
export function removeUnfinishedFolders(dataFolder: string): void {
  for (const name of readdirSync(dirname(dataFolder))) {
    if (!name.startsWith(basename(dataFolder) + WORKSHOP)) continue
    try {
      rmSync(join(dirname(dataFolder), name), { recursive: true, force: true })
    } catch {
      // An initdb whose starter was killed may still be writing there; the next start removes the rest.
    }
  }
}

/** The password of the roles `whetstone` and `postgres`. */
export function readServerPassword(dataFolder: string): string {
  const password = readIfThere(join(dataFolder, PASSWORD_FILE))?.trim()
  if (password) return password
  throw new Conflict(
    `The password of the embedded database is missing: ${join(dataFolder, PASSWORD_FILE)}. Put the file back from a ` +
      'backup, or set WHETSTONE_HOME to another folder.',
  )
}

function initialArguments(folder: string, passwordFile: string): string[] {
  return [
    ...['-D', folder, '--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--data-checksums'],
    // Code point order and Unicode case rules that are part of PostgreSQL, so an update of the system changes no index.
    ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ...['--no-instructions'],
  ]
}

function runServerTool(user: ServerUser | null, file: string, args: string[], input = ''): Promise<void> {
  const command = buildServerCommand(user, file, args)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const { args: commandArgs, file: commandFile, ...rest } = command
  const child = spawn(commandFile, commandArgs, { ...rest, timeout: TOOL_PATIENCE_MS, windowsHide: true })
  let output = ''
  const keep = (part: string) => {
    output = (output + part).slice(-4000)
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  // A child that ends early closes its input; its exit code tells the story.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  child.on('error', cause => reject(explainSpawnError(command, cause)))
  child.on('close', (code, signal) => {
    if (code === 0) resolve()
    else reject(new Conflict(`${basename(file)} failed (${signal ?? `exit code ${code}`}): ${output.trim()}`))
  })
  return promise
}

function giveToServer(path: string, user: ServerUser | null): void {
  if (user) chownSync(path, user.uid, user.gid)
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (code !== 'EACCES' && code !== 'EPERM') throw error
    throw new Conflict(
      `${file} cannot be read by this user. Start Whetstone as the user who owns it, or set WHETSTONE_HOME to another folder.`,
      { cause: error },
    )
  }
}

/** A rename is only durable once its folder is. Windows cannot open folders. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
