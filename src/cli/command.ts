import type { Command } from 'commander'
import { openService, type Service, type ServiceOptions } from './service.ts'
import { listenForEnd } from './signals.ts'

/** Options that every command has, wherever on the line they stand. */
export interface GlobalOptions extends ServiceOptions {
  json?: boolean
}

/** A signal ended a command before its work was done. */
export class Interrupted extends Error {
  override name = 'Interrupted'
}

/** A command ends with this exit code; the message, or that of its cause, says why. Both empty: it was said already. */
export class EndedWith extends Error {
  override name = 'EndedWith'
  readonly code: number

  constructor(code: number, message: string, options: ErrorOptions = {}) {
    super(message, options)
    this.code = code
  }
}

/** By custom of shells: 128 and the number of SIGINT. */
export const INTERRUPTED = 130

/** What a command does: its service, its own options with the global ones, and what is to happen when a signal comes. */
export interface CommandContext<Options> {
  service: Service
  options: Options & GlobalOptions
  /** Aborted by the first signal. */
  ended: AbortSignal
}

export interface Manner {
  /** Whether the application may do background work in this process; see `openService`. */
  worker?: boolean
  /** The work looks at `ended` itself and comes to an end by it. */
  heedsSignals?: boolean
}

/**
 * Runs a command's work against a service that is closed afterwards, also when a signal comes: a database that was
 * started for the command must not be left behind.
 *
 * @returns what the work returns: the exit code; nothing means 0. @throws Interrupted
 */
export async function withService<Options>(
  command: Command,
  work: (context: CommandContext<Options>) => Promise<number | undefined>,
  manner: Manner = {},
): Promise<void> {
  const options = command.optsWithGlobals<Options & GlobalOptions>()
  const wish = listenForEnd()
  const service = await openService({ ...options, worker: manner.worker ?? false })
  try {
    const working = wish.signal.aborted ? Promise.resolve(undefined) : work({ service, options, ended: wish.signal })
    const code = await (manner.heedsSignals ? working : Promise.race([working, wish.first.then(refuseToWait)]))
    if (wish.signal.aborted && code === undefined) throw new Interrupted()
    process.exitCode = code ?? 0
  } finally {
    await service.close()
    wish.release()
  }
}

function refuseToWait(): never {
  throw new Interrupted()
}
