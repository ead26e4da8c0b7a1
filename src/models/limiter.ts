import { waitAbortably } from './abort.ts'
import { type AdaptiveLimit, createAdaptiveLimit } from './adaptive-limit.ts'
import { type Clock, systemClock } from './clock.ts'

/** The right to have one call in flight. */
export interface Slot {
  /** Gives the slot back, with what came of the call; only the first time counts. */
  release(outcome: 'answered' | 'neutral' | 'overloaded', retryAfterMs?: number | null): void
}

export interface Limiter {
  /**
   * Waits for a free slot: first come, first served, except that calls asked `again` go before new ones. Rejects with
   * `ModelFailure` (`cancelled` or `deadline`) when the signal is aborted while it waits.
   */
  acquire(options?: { signal?: AbortSignal | undefined; again?: boolean }): Promise<Slot>
  state(): LimiterState
}

export interface LimiterState {
  cap: number
  /** Calls that may be in flight now, 1 to `cap`. */
  limit: number
  in_flight: number
  waiting: number
  /** Milliseconds for which nothing is sent; 0 when nothing is held back. */
  pause_ms: number
}

/** Shares out the calls that a backend may have in flight; how many that are, `createAdaptiveLimit` decides. */
export function createLimiter(cap: number, clock: Clock = systemClock): Limiter {
  const limit = createAdaptiveLimit(cap, clock)
  const queue = createQueue()
  const timer = createWakeUp(clock)
  let inFlight = 0

  const admitWaiting = () => {
    timer.cancel()
    const pauseMs = limit.pauseMs()
    if (pauseMs > 0 && queue.size() > 0) timer.start(pauseMs, admitWaiting)
    while (pauseMs === 0 && inFlight < limit.calls()) {
      const waiter = queue.take()
      if (!waiter) return
      inFlight++
      waiter(
        openSlot(
          limit,
          () => {
            inFlight--
            admitWaiting()
          },
          () => inFlight,
        ),
      )
    }
  }

  const acquire: Limiter['acquire'] = ({ signal, again = false } = {}) =>
    waitAbortably<Slot>(signal, done => {
      queue.put(done, again)
      admitWaiting()
      return () => {
        queue.remove(done)
        if (queue.size() === 0) timer.cancel()
      }
    })

  return {
    acquire,
    state: () => ({
      cap,
      limit: limit.calls(),
      in_flight: inFlight,
      waiting: queue.size(),
      pause_ms: limit.pauseMs(),
    }),
  }
}

function openSlot(limit: AdaptiveLimit, giveBack: () => void, countInFlight: () => number): Slot {
  const call = limit.countSent()
  let open = true
  return {
    release: (outcome, retryAfterMs = null) => {
      if (!open) return
      open = false
      if (outcome === 'overloaded') limit.learnOverload(call, countInFlight(), retryAfterMs)
      else if (outcome === 'answered') limit.learnAnswer(countInFlight())
      giveBack()
    },
  }
}

type Waiter = (slot: Slot) => void

/** Sets keep the order of insertion, and leaving them from the middle is as quick as from the front. */
function createQueue() {
  const repeated = new Set<Waiter>()
  const fresh = new Set<Waiter>()
  return {
    put: (waiter: Waiter, again: boolean) => (again ? repeated : fresh).add(waiter),
    remove: (waiter: Waiter) => repeated.delete(waiter) || fresh.delete(waiter),
    size: () => repeated.size + fresh.size,
    take: (): Waiter | undefined => {
      const waiters = repeated.size > 0 ? repeated : fresh
      const [waiter] = waiters
      if (waiter) waiters.delete(waiter)
      return waiter
    },
  }
}

/** At most one timer, and none while nobody waits: it would keep the process alive. */
function createWakeUp(clock: Clock) {
  let cancelTimer: (() => void) | null = null
  return {
    cancel: () => {
      cancelTimer?.()
      cancelTimer = null
    },
    start: (ms: number, callback: () => void) => {
      cancelTimer = clock.schedule(ms, callback)
    },
  }
}
