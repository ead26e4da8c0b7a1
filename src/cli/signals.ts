const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** npm passes on a signal that the terminal has sent to the whole group already; that is one wish, not two. */
const ONE_WISH_MS = 1_000

/** The wish that this process ends, as signals say it. */
export interface EndWish {
  /** Resolves with the first signal. */
  first: Promise<NodeJS.Signals>
  /** Aborted with the first signal. */
  signal: AbortSignal
  /** Resolves with a second one, for a person who does not want to wait. */
  second: Promise<NodeJS.Signals>
  /** Lets signals end the process by themselves again. */
  release: () => void
}

/** Listens for the signals that ask a process to end, instead of ending at once. */
export function listenForEnd(): EndWish {
  const first = Promise.withResolvers<NodeJS.Signals>()
  const second = Promise.withResolvers<NodeJS.Signals>()
  const controller = new AbortController()
  let since: number | null = null
  const listen = (name: NodeJS.Signals) => {
    if (since === null) {
      since = performance.now()
      controller.abort()
      first.resolve(name)
    } else if (performance.now() - since > ONE_WISH_MS) second.resolve(name)
  }
  for (const name of SIGNALS) process.on(name, listen)
  return {
    first: first.promise,
    signal: controller.signal,
    second: second.promise,
    release: () => {
      for (const name of SIGNALS) process.off(name, listen)
    },
  }
}
