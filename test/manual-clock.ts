import type { Clock } from '#models/clock.ts'

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Goes on by so many milliseconds, calling back on the way whatever is due, each with time for promises to settle. */
  advance(ms: number): Promise<void>
  /** Callbacks that wait. */
  pending(): number
}

export const createManualClock = (start = 1_750_000_000_000): ManualClock => {
  const timers = new Set<{ at: number; callback: () => void }>()
  let now = start
  return {
    now: () => now,
    schedule: (ms, callback) => {
      const timer = { at: now + ms, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    pending: () => timers.size,
    advance: async ms => {
      const until = now + ms
      for (;;) {
        await settle()
        const [next] = [...timers].filter(timer => timer.at <= until).sort((a, b) => a.at - b.at)
        if (!next) break
        now = next.at
        timers.delete(next)
        next.callback()
      }
      now = until
      await settle()
    },
  }
}

const settle = () => new Promise(resolve => setImmediate(resolve))
