import { combineSignals, describeAbort, waitAbortably } from './abort.ts'
import type { Breaker, Trial } from './breaker.ts'
import { type Attempt, CallFailure, isFatalFailure } from './call-failure.ts'
import type { Clock } from './clock.ts'
import type { Limiter, Slot } from './limiter.ts'
import { type FailureKind, type Model, type ModelAnswer, ModelFailure, type ModelRequest } from './model.ts'

export interface RetryPolicy {
  /** Sendings at most, the first included; three more when the failure is an overload, which costs nothing. */
  max_attempts: number
  /** The longest wait before the first retry; it doubles with each. */
  base_ms: number
  /** The longest wait that is chosen here; a provider's Retry-After may be longer. */
  longest_ms: number
}

export const defaultRetry: RetryPolicy = { max_attempts: 5, base_ms: 1_000, longest_ms: 30_000 }

export interface CallAnswer {
  answer: ModelAnswer
  attempts: Attempt[]
  /** From the first sending to the answer, with the waits between, without waiting for free slots. */
  duration_ms: number
}

/** What all calls to one backend in a process share. */
export interface CallContext {
  name: string
  model: Model
  limiter: Limiter
  breaker: Breaker
  clock: Clock
  random: () => number
  retry: RetryPolicy
}

/** How one call is made. */
export interface CallOptions {
  /** Aborted: the call is given up wherever it is. */
  signal?: AbortSignal | undefined
  /** Aborted: nothing is sent any more; what was sent is waited for, since it will be paid. */
  unwanted?: AbortSignal | undefined
  /** Told of a failure that every other call would meet, before another call takes this one's place. */
  onFatal?: (() => void) | undefined
  /** What has to come first: while it is not null nothing is sent. */
  before?: (() => Promise<void> | null) | undefined
  /** Looked at right before each sending, with the slot held; what it throws ends the call. */
  last?: (() => Promise<void> | null) | undefined
  deadlineMs: number
}

interface Call {
  request: ModelRequest
  signal: AbortSignal | undefined
  /** Ends the waits before a sending. */
  waiting: AbortSignal | undefined
  onFatal: (() => void) | undefined
  before: (() => Promise<void> | null) | undefined
  last: (() => Promise<void> | null) | undefined
  deadline_ms: number
  attempts: Attempt[]
  /** Milliseconds of the deadline that are used up. */
  spent_ms: number
}

/**
 * Asks until there is an answer or no sense in asking again. Overloads, errors of the provider's own, broken and
 * refused connections are retried after a random wait of up to `base_ms · 2^retries` ("full jitter"), or as long as
 * `Retry-After` says. A wait that would pass the deadline ends the call at once. Throws `CallFailure`.
 *
 * An attempt that was sent and broke may have been answered and billed all the same; no one can know.
 */
export async function makeCall(
  context: CallContext,
  request: ModelRequest,
  { signal, unwanted, onFatal, before, last, deadlineMs }: CallOptions,
): Promise<CallAnswer> {
  const waiting = signal && unwanted ? combineSignals(signal, unwanted) : (signal ?? unwanted)
  const call: Call = {
    request,
    signal,
    waiting,
    onFatal,
    before,
    last,
    deadline_ms: deadlineMs,
    attempts: [],
    spent_ms: 0,
  }
  for (;;) {
    const { slot, trial } = await enterBackend(context, call)
    const { answer, failure, waitMs } = await sendOnce(context, call, slot, trial)
    if (answer) return { answer, attempts: call.attempts, duration_ms: Math.round(call.spent_ms) }
    if (waitMs === null) throw giveUp(call, failure)
    await waitBetween(context, call, waitMs)
  }
}

/**
 * Waits for a slot, unless the breaker holds the backend's calls back. While another call tries a stopped backend this
 * one waits for the outcome, without a slot.
 */
async function enterBackend(context: CallContext, call: Call): Promise<{ slot: Slot; trial: Trial }> {
  const { breaker, limiter } = context
  const { waiting: signal } = call
  for (;;) {
    await breaker.waitForTrial(signal).catch(error => rethrow(call, error))
    checkBreaker(context, call)
    const again = call.attempts.length > 0
    const slot = await limiter.acquire({ signal, again }).catch(error => rethrow(call, error))
    const first = call.before?.() ?? null
    if (first !== null) {
      slot.release('neutral')
      await Promise.race([first, waitForAbort(signal)]).catch(error => rethrow(call, error))
      continue
    }
    await lookLast(call, slot)
    const trial = breaker.admit()
    if (trial) return { slot, trial }
    slot.release('neutral')
  }
}

async function lookLast(call: Call, slot: Slot): Promise<void> {
  try {
    await call.last?.()
  } catch (error) {
    slot.release('neutral')
    throw error
  }
}

/** Never comes to an end by itself. */
function waitForAbort(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal === undefined) return
    if (signal.aborted) reject(describeAbort(signal))
    signal.addEventListener('abort', () => reject(describeAbort(signal)), { once: true })
  })
}

function checkBreaker({ breaker, name }: CallContext, call: Call): void {
  const refusal = breaker.refusal()
  if (!refusal) return
  const message = `The backend "${name}" is stopped for a while, as it failed throughout. The last failure: ${refusal.reason}`
  throw new CallFailure(new ModelFailure(refusal.kind, refusal.reason), message, call.attempts, true)
}

/** `waitMs` until the next attempt, null when there is none. */
type Outcome =
  | { answer: ModelAnswer; failure: null; waitMs: null }
  | { answer: null; failure: ModelFailure; waitMs: number | null }

async function sendOnce(context: CallContext, call: Call, slot: Slot, trial: Trial): Promise<Outcome> {
  const { clock, model } = context
  const started = clock.now()
  const guard = createGuard(clock, call)
  try {
    const result = await model.ask(call.request, guard.signal).catch(expectFailure)
    const failure = result instanceof ModelFailure ? result : null
    const duration_ms = clock.now() - started
    call.spent_ms += duration_ms
    call.attempts.push(recordAttempt(failure, started, duration_ms))
    if (!(result instanceof ModelFailure)) {
      slot.release('answered')
      trial.alive()
      return { answer: result, failure: null, waitMs: null }
    }
    const waitMs = planRetry(context, call, result)
    if (isFatalFailure(result)) call.onFatal?.()
    slot.release(result.kind === 'overloaded' ? 'overloaded' : 'neutral', result.retryAfterMs)
    if (result.kind === 'configuration') trial.alive()
    else if (result.kind !== 'cancelled') trial.failed(result, waitMs === null)
    return { answer: null, failure: result, waitMs }
  } finally {
    guard.end()
    // Without effect where the outcome has been told already: this is for what is thrown besides failures.
    slot.release('neutral')
    trial.undecided()
  }
}

function expectFailure(error: unknown): ModelFailure {
  if (error instanceof ModelFailure) return error
  throw error
}

function recordAttempt(failure: ModelFailure | null, started: number, duration_ms: number): Attempt {
  return {
    kind: failure?.kind ?? 'answered',
    status: failure?.status ?? null,
    message: failure?.message ?? null,
    started_at: new Date(started).toISOString(),
    duration_ms: Math.round(duration_ms),
  }
}

/**
 * A signal for one attempt that the caller's signal or the deadline aborts. A new one each time, taken off the
 * caller's at the end: a run's signal lives for thousands of calls and would keep a listener of each.
 */
function createGuard(clock: Clock, call: Call): { signal: AbortSignal; end(): void } {
  const controller = new AbortController()
  const { signal, deadline_ms, spent_ms } = call
  const onAbort = () => signal && controller.abort(describeAbort(signal))
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  const cancelTimer = clock.schedule(Math.max(0, deadline_ms - spent_ms), () =>
    controller.abort(
      new ModelFailure('deadline', `No answer within ${formatSeconds(deadline_ms)}, which is its deadline.`),
    ),
  )
  return {
    signal: controller.signal,
    end: () => {
      cancelTimer()
      signal?.removeEventListener('abort', onAbort)
    },
  }
}

const retried = new Set<FailureKind>(['overloaded', 'failed', 'unreachable', 'interrupted'])

/** Milliseconds to wait before the next attempt; null when there is none. */
function planRetry({ retry, random }: CallContext, call: Call, failure: ModelFailure): number | null {
  const used = call.attempts.length
  const allowed = retry.max_attempts + (failure.kind === 'overloaded' && retry.max_attempts > 1 ? 3 : 0)
  if (!retried.has(failure.kind) || used >= allowed) return null
  const longest = Math.min(retry.longest_ms, retry.base_ms * 2 ** (used - 1))
  const waitMs = Math.max(failure.retryAfterMs ?? 0, random() * longest)
  return call.spent_ms + waitMs < call.deadline_ms ? waitMs : null
}

async function waitBetween({ clock }: CallContext, call: Call, ms: number): Promise<void> {
  const started = clock.now()
  await waitAbortably(call.waiting, done => clock.schedule(ms, done)).catch(error => rethrow(call, error))
  call.spent_ms += clock.now() - started
}

function rethrow(call: Call, error: unknown): never {
  throw error instanceof ModelFailure ? giveUp(call, error) : error
}

function giveUp(call: Call, failure: ModelFailure): CallFailure {
  const { attempts, spent_ms } = call
  const tries = attempts.length > 1 ? ` (${attempts.length} attempts in ${formatSeconds(spent_ms)})` : ''
  const early =
    failure.retryAfterMs !== null && spent_ms + failure.retryAfterMs >= call.deadline_ms
      ? ` It asks to wait ${formatSeconds(failure.retryAfterMs)}, longer than the call may take.`
      : ''
  return new CallFailure(failure, `${failure.message}${early}${tries}`, attempts, false)
}

function formatSeconds(ms: number): string {
  return `${Number((ms / 1000).toPrecision(2))} s`
}
