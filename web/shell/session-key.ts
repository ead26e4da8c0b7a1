/** The API key of this browser, and the question for it: asked once, however many requests wait for the answer. */

const PLACE = 'whetstone-api-key'
const watchers = new Set<() => void>()
let question: { refused: boolean; answered: PromiseWithResolvers<void> } | null = null

/** Null on a server that asks for none, or before it has asked. */
export function readApiKey(): string | null {
  return localStorage.getItem(PLACE)
}

/**
 * Waits until there is another key than the one that was refused. What was asked for meanwhile waits, and what a person has
 * typed stays where it is.
 */
export function askForKey(refused: string | null, signal: AbortSignal): Promise<void> {
  if (readApiKey() !== refused) return Promise.resolve()
  question ??= { refused: refused !== null, answered: Promise.withResolvers() }
  tellWatchers()
  const { answered } = question
  return new Promise((resolve, reject) => {
    answered.promise.then(resolve)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** What is asked at the moment; null when nothing is. */
export function readQuestion(): { refused: boolean } | null {
  return question
}

/** Answers the question; the requests that wait are sent again. */
export function giveKey(key: string): void {
  localStorage.setItem(PLACE, key)
  question?.answered.resolve()
  question = null
  tellWatchers()
}

/** @returns the function that ends the watching. */
export function watchQuestion(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

function tellWatchers(): void {
  for (const watcher of watchers) watcher()
}
