import { type FailureKind, ModelFailure } from './model.ts'

/**
 * The provider refuses this one request (it is too long, say); other requests may well be answered. Asking it again
 * cannot help, so its kind is `configuration`, but it is no reason to stop a run.
 */
export class RequestRefused extends ModelFailure {
  override name = 'RequestRefused'
}

/** Whether a failure would meet every other call as well, so that a run ends after the first (401, unknown model, …). */
export function isFatalFailure(failure: ModelFailure): boolean {
  if (failure instanceof CallFailure) return failure.fatal
  return failure.kind === 'configuration' && !(failure instanceof RequestRefused)
}

/** One sending of a request, as it is recorded. */
export interface Attempt {
  kind: FailureKind | 'answered'
  /** HTTP status of a failure, where there was one. */
  status: number | null
  /** The failure in a sentence; null when it was answered. */
  message: string | null
  /** ISO time at which it was sent. */
  started_at: string
  duration_ms: number
}

/** A call that a backend gave up: the last failure, with all its attempts. */
export class CallFailure extends ModelFailure {
  override name = 'CallFailure'
  /** Every sending, in order; empty when the call was never sent. */
  readonly attempts: Attempt[]
  /** Every other call would fail the same way (401, unknown model, …): a run ends here. */
  readonly fatal: boolean
  /** The breaker holds the backend's calls back: a run ends here, too. */
  readonly stopped: boolean

  constructor(failure: ModelFailure, message: string, attempts: Attempt[], stopped: boolean) {
    super(failure.kind, message, { status: failure.status, retryAfterMs: failure.retryAfterMs, cause: failure })
    this.attempts = attempts
    this.fatal = isFatalFailure(failure)
    this.stopped = stopped
  }
}
