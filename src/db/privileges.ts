import { readFileSync, statSync } from 'node:fs'
import { Conflict } from '#errors.ts'

/** The user that the server runs as when this process is root; PostgreSQL refuses to run as root itself. */
export interface ServerUser {
  uid: number
  gid: number
  /** Options of `setpriv` that let the server pass folders that are closed to it, as far as this process may grant it. */
  grants: string[]
}

/** A program call that is ready for `spawn`. */
export interface ServerCommand {
  file: string
  args: string[]
  uid?: number
  gid?: number
  env: NodeJS.ProcessEnv
}

// Bits in the capability sets of /proc/<pid>/status, see capabilities(7).
const CAP_DAC_OVERRIDE = 1n << 1n
const CAP_SETPCAP = 1n << 8n

/**
 * Which user the server runs as: `null` (this one) unless this process is root. Root takes the owner of the existing
 * data folder, else the owner of the home, else the account `postgres`, else `nobody`.
 *
 * @throws Conflict when the data folder belongs to root, or to someone else and this process is not root, or when the
 *   machine has none of these accounts.
 */
export function chooseServerUser(home: string, dataFolder: string): ServerUser | null {
  const uid = process.getuid?.()
  if (uid === undefined) return null
  const data = statSync(dataFolder, { throwIfNoEntry: false })
  if (uid !== 0) {
    if (data && data.uid !== uid) {
      throw new Conflict(
        `The data folder ${dataFolder} belongs to user ${data.uid}, and this is user ${uid}. Start Whetstone as its owner or as root, or set WHETSTONE_HOME.`,
      )
    }
    return null
  }
  const grants = chooseGrants()
  if (data?.uid === 0) {
    throw new Conflict(
      `PostgreSQL does not run as root, but its data folder ${dataFolder} belongs to root. Give it to an unprivileged user: chown -R postgres ${dataFolder}`,
    )
  }
  if (data) return { uid: data.uid, gid: data.gid, grants }
  const { uid: homeUid, gid: homeGid } = statSync(home)
  if (homeUid !== 0) return { uid: homeUid, gid: homeGid, grants }
  return { ...findUnprivilegedAccount(), grants }
}

/**
 * Wraps a call of a PostgreSQL program so that it runs as `user` (as this one where it is null).
 *
 * On Linux `setpriv` (util-linux) leaves the program the one capability CAP_DAC_OVERRIDE, because the home or the npm
 * package often lies below a folder that only root may enter, such as /root.
 *
 * The environment is a short list, so that API keys of this process are not handed to the server.
 */
export function buildServerCommand(user: ServerUser | null, file: string, args: string[]): ServerCommand {
  const env = buildServerEnvironment()
  if (user === null) return { file, args, env }
  const { uid, gid } = user
  if (process.platform !== 'linux') return { file, args, uid, gid, env }
  const drop = ['--reuid', String(uid), '--regid', String(gid), '--clear-groups', ...user.grants]
  return { file: 'setpriv', args: [...drop, '--', file, ...args], env }
}

/** Says what to do when a program of PostgreSQL could not even be started. */
export function explainSpawnError(command: ServerCommand, cause: Error): Conflict {
  if (command.file === 'setpriv' && 'code' in cause && cause.code === 'ENOENT') {
    return new Conflict(
      'As root, the embedded PostgreSQL needs the program setpriv to run unprivileged, and it is not in PATH. Install ' +
        'util-linux, start Whetstone as an ordinary user, or set DATABASE_URL.',
      { cause },
    )
  }
  return new Conflict(`${command.file} cannot be started: ${cause.message}`, { cause })
}

function buildServerEnvironment(): NodeJS.ProcessEnv {
  // English messages, because the reasons of a failed start are read from the log.
  const fixed = { LC_ALL: 'C', TZ: 'UTC' }
  if (process.platform === 'win32') return { ...process.env, ...fixed }
  return { ...fixed, PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: '/' }
}

function chooseGrants(): string[] {
  if (process.platform !== 'linux') return []
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  const holds = (capability: bigint) => (BigInt(`0x${effective}`) & capability) !== 0n
  if (!holds(CAP_DAC_OVERRIDE)) return []
  const grants = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override']
  // access(2), with which PostgreSQL looks for its own programs, ignores the capabilities of an unprivileged real user
  // unless this bit is set.
  return holds(CAP_SETPCAP) ? ['--securebits=+no_setuid_fixup', ...grants] : grants
}

/** `initdb` looks its user up by name, so the user has to have an account; any number would not do. */
function findUnprivilegedAccount(): { uid: number; gid: number } {
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map(line => line.split(':'))
  for (const wanted of ['postgres', '_postgres', 'nobody']) {
    const account = accounts.find(([name]) => name === wanted)
    const uid = Number(account?.[2])
    const gid = Number(account?.[3])
    if (uid > 0 && gid >= 0) return { uid, gid }
  }
  throw new Conflict(
    'PostgreSQL does not run as root, and there is no account postgres or nobody to run it as. Add one with: useradd --system postgres',
  )
}
