import { ModelFailure } from './model.ts'

/** Why a signal was aborted: its reason where that is a failure already, else by the name of the reason. */
export function describeAbort(signal: AbortSignal): ModelFailure {
  const { reason } = signal
  if (reason instanceof ModelFailure) return reason
  if (reason instanceof Error && reason.name === 'TimeoutError') {
    return new ModelFailure('deadline', 'The call took longer than it may take.')
  }
  return new ModelFailure('cancelled', 'The call was cancelled.')
}

/**
 * Waits until `start` calls its argument, or rejects with `ModelFailure` when the signal is aborted first; then what
 * `start` returned is called to take the waiting back. Nothing stays behind on the signal, which may live for
 * thousands of waits.
 */
export function waitAbortably<Value = void>(
  signal: AbortSignal | undefined,
  start: (done: (value: Value) => void) => () => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    if (!signal) return void start(resolve)
    if (signal.aborted) return reject(describeAbort(signal))
    const onAbort = () => {
      takeBack()
      reject(describeAbort(signal))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    const takeBack = start(value => {
      signal.removeEventListener('abort', onAbort)
      resolve(value)
    })
  })
}

const combined = new WeakMap<AbortSignal, { signal: AbortSignal; either: AbortSignal }>()

/**
 * A signal that is aborted with the first of two. All calls of a sweep share both: a signal of each call's own would be kept
 * by weak references that only a full collection clears.
 */
export function combineSignals(signal: AbortSignal, other: AbortSignal): AbortSignal {
  const known = combined.get(other)
  if (known?.signal === signal) return known.either
  const either = AbortSignal.any([signal, other])
  combined.set(other, { signal, either })
  return either
}
