/** One piece of work as it follows the larger one that it belongs to. */
export interface Following {
  /** Aborted once that has ended: nothing more is sent for it. */
  ended: AbortSignal
  /** Ends it for the work of this process at once, before the database knows. */
  halt: () => void
  leave: () => void
}

/** Tells the work in hand that what it belongs to has ended, in whatever process that happened. */
export interface Watch {
  follow: (key: string) => Following
  /** Spares the work of this process the wait for the next look. */
  halt: (key: string) => void
}

export interface WatchOptions {
  /** Which of the followed have ended. */
  findEnded: (keys: string[]) => Promise<string[]>
  /** How often they are looked up, in milliseconds. */
  lookMs: number
  /** Whether what has ended can run again later, while the last work of the time before is still in hand. */
  resumable: boolean
}

/** A watch that looks at the database while there is work in hand, and not otherwise. */
export function createWatch({ findEnded, lookMs, resumable }: WatchOptions): Watch {
  const followed = new Map<string, Followed>()
  let looking = false
  const look = async () => {
    // A database that is away says nothing; the next look is soon.
    for (const key of await findEnded([...followed.keys()]).catch(() => [])) followed.get(key)?.controller.abort()
    looking = false
    plan()
  }
  const plan = () => {
    if (looking || followed.size === 0) return
    looking = true
    setTimeout(look, lookMs).unref()
  }
  return {
    halt: key => followed.get(key)?.controller.abort(),
    follow: key => {
      const known = followed.get(key)
      const over = resumable && known?.controller.signal.aborted
      const one = known && !over ? known : { controller: new AbortController(), followers: 0 }
      one.followers++
      followed.set(key, one)
      plan()
      return {
        ended: one.controller.signal,
        halt: () => one.controller.abort(),
        leave: () => {
          one.followers--
          if (one.followers === 0 && followed.get(key) === one) followed.delete(key)
        },
      }
    },
  }
}

interface Followed {
  controller: AbortController
  followers: number
}
