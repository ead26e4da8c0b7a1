import { setTimeout as sleep } from 'node:timers/promises'
import { INTERRUPTED } from './command.ts'
import type { EndWish } from './signals.ts'

/** What stays up until a signal comes. */
export interface Stayer {
  stop: () => Promise<void>
  /** Ends without waiting for what is under way; the database is stopped all the same. */
  abandon: () => Promise<void>
}

/** How long an end in a hurry may take, in milliseconds. */
const HURRY_MS = 5_000

/** Waits for a signal, then stops in order; a second signal cuts that short. Ends the process in the latter case. */
export async function stayUntilSignal(wish: EndWish, stayer: Stayer): Promise<void> {
  await wish.first
  const ending = stayer.stop().then(() => 'stopped')
  const outcome = await Promise.race([ending, wish.second.then(() => 'hurry')])
  if (outcome === 'stopped') return
  await Promise.race([stayer.abandon(), sleep(HURRY_MS)]).catch(() => {})
  process.exit(INTERRUPTED)
}

/** After an error that nobody caught the state of the process is unknown: it stops in order, so that nothing stays behind. */
export function stopOnBug(stayer: Stayer, report: (error: unknown) => void): void {
  process.once('uncaughtException', error => {
    report(error)
    void Promise.race([stayer.abandon(), sleep(HURRY_MS)])
      .catch(() => {})
      .then(() => process.exit(1))
  })
}
