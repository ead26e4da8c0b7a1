import type { Clock } from './clock.ts'

/** How many calls may be in flight, as experience has it. */
export interface AdaptiveLimit {
  /** 1 to the cap. */
  calls(): number
  /** Milliseconds from now for which nothing may be sent; 0 when nothing is held back. */
  pauseMs(): number
  /** Counts a call as sent; what came of it is told by its number. */
  countSent(): number
  /** A call was answered, while so many were in flight. */
  learnAnswer(inFlight: number): void
  /** A call met an overload. */
  learnOverload(call: number, inFlight: number, retryAfterMs: number | null): void
}

const MAX_PAUSE_MS = 300_000
const FIRST_PAUSE_MS = 500
const LONGEST_OWN_PAUSE_MS = 30_000

/**
 * Additive increase, multiplicative decrease (Chiu and Jain 1989).
 *
 * - It starts at `cap`. An overload (429, 503, 529) halves what was allowed or in flight, whichever is less, but not
 *   below 1; and only once per burst: calls that were sent before the last decrease say nothing new.
 * - Each answer raises it by `max(1, cap / 16) / limit`, while the limit is used up: at most 18 rounds of answers from
 *   1 back to the cap.
 * - After `Retry-After` nothing is sent until then, at most 5 minutes. Overloads without one pause it as well once the
 *   limit is down to 1: 0.5 s, doubling to 30 s, until an answer comes. That turns a limit of calls into a rate.
 */
export function createAdaptiveLimit(cap: number, clock: Clock): AdaptiveLimit {
  let limit = cap
  let sent = 0
  let sentAtDecrease = 0
  let ownPauseMs = 0
  let pausedUntil = 0

  const pause = (ms: number) => {
    pausedUntil = Math.max(pausedUntil, clock.now() + Math.min(ms, MAX_PAUSE_MS))
  }

  return {
    calls: () => Math.floor(limit),
    pauseMs: () => Math.max(0, pausedUntil - clock.now()),
    countSent: () => ++sent,
    learnAnswer: inFlight => {
      ownPauseMs = 0
      if (inFlight >= Math.floor(limit)) limit = Math.min(cap, limit + Math.max(1, cap / 16) / limit)
    },
    learnOverload: (call, inFlight, retryAfterMs) => {
      const news = call > sentAtDecrease
      const lowest = Math.floor(limit) === 1
      if (news) {
        limit = Math.max(1, Math.min(limit, inFlight) / 2)
        sentAtDecrease = sent
      }
      if (retryAfterMs !== null) pause(retryAfterMs)
      else if (news && lowest) {
        ownPauseMs = Math.min(LONGEST_OWN_PAUSE_MS, ownPauseMs * 2 || FIRST_PAUSE_MS)
        pause(ownPauseMs)
      }
    },
  }
}
