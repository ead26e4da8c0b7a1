import { locateBinaries } from './binaries.ts'
import { type EmbeddedHome, prepareHome } from './embedded-home.ts'
import { tryHomeLock, waitForHomeLock } from './home-lock.ts'
import { findPostmaster, isPostmasterAlive, stopPostmaster } from './postmaster.ts'
import { ensureRunningServer, type RunningServer } from './running-server.ts'
import { boundServerLog, measureServerLog, SERVER_LOG_LIMIT } from './server-log.ts'

/** The embedded database as one process has it open. */
export interface EmbeddedServer {
  /** Address with password. The server keeps its port over restarts; only if another program took it, this changes. */
  readonly url: string
  /** Whether this process started the server, or adopted it because nobody else had it open. */
  readonly owned: boolean
  /** Leaves the database; the last process to leave stops the server. To be called on every orderly end, owned or not. */
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  log: (message: string) => void
  /** Whether to take care of a server that this process did not start: restart it after a crash, stop it at the end (true). */
  adopt?: boolean
}

const MUTEX_PATIENCE_MS = 600_000
const WATCH_MS = 1000
const WAITING = 'Waiting for another process that starts or stops the embedded PostgreSQL'

/** One opening of a home by this process. */
interface Session {
  place: EmbeddedHome
  adopt: boolean
  started: boolean
  server: RunningServer
  leave: () => void
  log: (message: string) => void
  stopped: Promise<void> | null
}

/**
 * Opens the embedded PostgreSQL of a home: makes its data folder at first, starts the server if none runs, and answers
 * once the database `whetstone` answers.
 *
 * Any number of processes may open the same home at once; one starts the server, the others use it. The rule of its
 * life: **the last process to leave stops it.** A process that started the server alone therefore stops it; one that
 * leaves while others still use it leaves it to them; one that was killed counts as gone at once, and if it was the
 * last, the next to open the home adopts the server that was left behind (`owned`). With `adopt: false` a process only
 * stops a server that it started itself. Who uses the home is known from locks that the operating system releases with
 * their process, so no list of process ids can be out of date.
 *
 * A server that crashes or is killed is started again within about a second by one of the processes that use it.
 *
 * The server listens on 127.0.0.1 alone and asks for a password that only those who can read the home know. The role
 * `whetstone` owns its database and may create others, but is no superuser.
 *
 * @param home folder, made with mode 0700 if absent; data lie in `postgres`, the server's log in `logs/postgres.log`
 * @throws Conflict (with what to do) when the data belong to another major version or another user, when root has no
 *   way to run the server unprivileged, or when the server does not start; NotFound without programs for this platform.
 */
export async function openEmbedded(home: string, options: EmbeddedOptions): Promise<EmbeddedServer> {
  const place = prepareHome(home, locateBinaries())
  const { log, adopt = true } = options
  const mutex = await waitForHomeLock(place.mutex, MUTEX_PATIENCE_MS, () => log(WAITING))
  try {
    const alone = isUnused(place)
    const server = await ensureRunningServer(place, log)
    const owned = server.started || (alone && adopt)
    if (owned && !server.started) log('Adopted the embedded PostgreSQL, which its last user left behind')
    const share = tryHomeLock(place.users, 'shared')
    if (share === null) throw new Error('the lock of the users was held exclusively without the mutex')
    const session: Session = { place, adopt, server, started: server.started, leave: share.release, log, stopped: null }
    watchServer(session, WATCH_MS)
    return {
      get url() {
        return session.server.url
      },
      owned,
      stop: () => {
        session.stopped ??= leaveHome(session)
        return session.stopped
      },
    }
  } finally {
    mutex.release()
  }
}

/** Looks after a while, and again, whether the server still runs; starts it again, and keeps its log bounded. */
function watchServer(session: Session, delayMs: number): void {
  const timer = setTimeout(async () => {
    let nextMs = WATCH_MS
    try {
      await repairServer(session)
    } catch (error) {
      nextMs = Math.min(delayMs * 2, 30_000)
      session.log(`The embedded PostgreSQL could not be started again: ${error}`)
    }
    if (session.stopped === null) watchServer(session, nextMs)
  }, delayMs)
  timer.unref()
}

async function repairServer(session: Session): Promise<void> {
  const { place, adopt, log } = session
  const ended = adopt && !isPostmasterAlive(session.server.postmaster.pid, place.data)
  const tooLong = measureServerLog(place.log_file) > SERVER_LOG_LIMIT
  if (session.stopped || !(ended || tooLong)) return
  const mutex = await waitForHomeLock(place.mutex, MUTEX_PATIENCE_MS)
  try {
    boundServerLog(place.log_file)
    if (session.stopped || !ended) return
    const before = session.server.url
    session.server = await ensureRunningServer(place, log)
    session.started ||= session.server.started
    if (session.server.started) log('Started the embedded PostgreSQL again, which had ended')
    if (session.server.url !== before) log('The embedded PostgreSQL has another port now, because its own was taken')
  } finally {
    mutex.release()
  }
}

async function leaveHome(session: Session): Promise<void> {
  const { place, log } = session
  const mutex = await waitForHomeLock(place.mutex, MUTEX_PATIENCE_MS, () => log(WAITING))
  try {
    session.leave()
    if (!session.adopt && !session.started) return
    if (!isUnused(place)) {
      log('Other processes still use the embedded PostgreSQL; the last of them stops it')
      return
    }
    const running = findPostmaster(place.data)
    if (running) await stopPostmaster(running, place.data, place.binaries)
  } finally {
    mutex.release()
  }
}

/** Whether no process has the database open; meaningful with the mutex held. */
function isUnused(place: EmbeddedHome): boolean {
  const lock = tryHomeLock(place.users, 'exclusive')
  lock?.release()
  return lock !== null
}
