import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { Conflict } from '#errors.ts'

/** A lock between processes that is held until it is released or its process ends, however it ends. */
export interface HomeLock {
  release(): void
}

const SQLITE_BUSY = 5
const NOTICE_MS = 5000

/**
 * Takes a lock on a file, or answers null where another process (or another holder in this one) stands against it:
 * `shared` stands against `exclusive`, `exclusive` against both.
 *
 * Node offers no file locks of its own; an empty SQLite database has them on every platform (fcntl, LockFileEx). The
 * operating system lets them go with the process, so there is no stale lock and no process id to mistrust. Nothing is
 * ever written to the file. Never open it by other means in the same process: closing it would drop the fcntl lock.
 */
export function tryHomeLock(file: string, mode: 'shared' | 'exclusive'): HomeLock | null {
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    database.exec(mode === 'exclusive' ? 'BEGIN EXCLUSIVE' : 'BEGIN')
    // A deferred transaction takes its shared lock with the first read.
    if (mode === 'shared') database.prepare('SELECT count(*) FROM sqlite_schema').get()
  } catch (error) {
    database.close()
    if (isBusy(error)) return null
    throw error
  }
  return { release: () => database.isOpen && database.close() }
}

/**
 * Waits for an exclusive lock.
 *
 * @param patienceMs how long to wait, in milliseconds
 * @param onWait called every five seconds of waiting
 * @throws Conflict when another process still holds it then.
 */
export async function waitForHomeLock(file: string, patienceMs: number, onWait = () => {}): Promise<HomeLock> {
  const deadline = performance.now() + patienceMs
  let noticed = performance.now()
  for (;;) {
    const lock = tryHomeLock(file, 'exclusive')
    if (lock) return lock
    if (performance.now() > deadline) {
      throw new Conflict(
        `Another process has been starting or stopping the database for ${Math.round(patienceMs / 1000)} s (it holds ${file}). End that process and try again.`,
      )
    }
    if (performance.now() - noticed > NOTICE_MS) {
      noticed = performance.now()
      onWait()
    }
    await sleep(20)
  }
}

function isBusy(error: unknown): boolean {
  // Extended result codes carry the primary one in their lowest byte, see sqlite.org/rescode.html.
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY
}
