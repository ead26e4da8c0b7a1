import { waitAbortably } from './abort.ts'
import { type Clock, systemClock } from './clock.ts'
import type { FailureKind, ModelFailure } from './model.ts'

export interface BreakerState {
  state: 'closed' | 'open' | 'half_open'
  /** The failure that opened it, in words; null while closed. */
  reason: string | null
  /** Milliseconds since 1970 when the next call is let through to try; null while closed. */
  retry_at: number | null
}

export interface Breaker {
  /** Why no call may be sent now; null when one may, or when one is out to try. */
  refusal(): { reason: string; kind: FailureKind } | null
  /** While a call tries a stopped backend, waits until its outcome is known. */
  waitForTrial(signal?: AbortSignal): Promise<void>
  /** Counts a call as sent; null when none may be sent now. After a pause the first one that comes is the trial. */
  admit(): Trial | null
  state(): BreakerState
}

/** What a call that was let through tells the breaker; once per attempt, later words have no effect. */
export interface Trial {
  /** The backend answered, be it with a refusal of the request. */
  alive(): void
  /** An attempt failed. `final` when the call has no attempt left. */
  failed(failure: ModelFailure, final: boolean): void
  /** It ended without telling anything about the backend. */
  undecided(): void
}

const CALLS = 10
const STREAK_MS = 5_000
const PAUSE_MS = 30_000
const MAX_PAUSE_MS = 300_000

/**
 * Stops a backend that fails throughout, so that a run ends instead of trying each of its calls in vain.
 *
 * - It opens when 10 calls in a row failed for good (all their retries used up) and 5 s or more have passed since the
 *   first failed attempt of that row. Any answer in between ends the row, an error of configuration as well: the
 *   backend is there. Calls that the caller gave up do not count.
 * - While it is open no call is sent. After 30 s one call is let through (half open) and others wait for it: an answer
 *   closes it; a failed attempt opens it again, for twice as long as before, at most 5 minutes.
 */
export function createBreaker(clock: Clock = systemClock): Breaker {
  let failedCalls = 0
  let streakSince: number | null = null
  let reason: { reason: string; kind: FailureKind } | null = null
  let retryAt = 0
  let pauseMs = PAUSE_MS
  let probing = false
  const waiting = new Set<() => void>()

  const close = () => {
    failedCalls = 0
    streakSince = null
    reason = null
    pauseMs = PAUSE_MS
  }

  const endProbe = () => {
    probing = false
    for (const done of waiting) done()
    waiting.clear()
  }

  const joinWaiting = (done: () => void) => {
    waiting.add(done)
    return () => waiting.delete(done)
  }

  const open = (failure: ModelFailure) => {
    reason = { reason: failure.message, kind: failure.kind }
    retryAt = clock.now() + pauseMs
    pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)
  }

  const countFailure = (failure: ModelFailure, final: boolean) => {
    streakSince ??= clock.now()
    if (final) failedCalls++
    if (!reason && failedCalls >= CALLS && clock.now() - streakSince >= STREAK_MS) open(failure)
  }

  return {
    refusal: () => (reason && !probing && clock.now() < retryAt ? reason : null),
    waitForTrial: async signal => {
      while (probing) await waitAbortably(signal, joinWaiting)
    },
    admit: () => {
      if (probing || (reason && clock.now() < retryAt)) return null
      const probe = reason !== null
      if (probe) probing = true
      return createTrial(close, probe ? open : countFailure, probe ? endProbe : () => {})
    },
    state: () => ({
      state: !reason ? 'closed' : probing || clock.now() >= retryAt ? 'half_open' : 'open',
      reason: reason?.reason ?? null,
      retry_at: reason ? retryAt : null,
    }),
  }
}

function createTrial(alive: () => void, failed: Trial['failed'], end: () => void): Trial {
  let told = false
  const tellOnce = (consequence: () => void) => {
    if (told) return
    told = true
    consequence()
    end()
  }
  return {
    alive: () => tellOnce(alive),
    failed: (failure, final) => tellOnce(() => failed(failure, final)),
    undecided: () => tellOnce(() => {}),
  }
}
