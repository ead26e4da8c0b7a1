/** Time as the limiter, the breaker and the retries see it, so that tests can run minutes in no time. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls back after so many milliseconds; the answer takes it back. */
  schedule(ms: number, callback: () => void): () => void
}

/** The machine's time. Durations come from its monotonic clock, so setting the machine's date does not move them. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  schedule: (ms, callback) => {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
}
