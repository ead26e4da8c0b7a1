import { useEffect, useSyncExternalStore } from 'react'
import { type Client, Refusal, watchChanges } from '#client.ts'

/** How it stands with the server's events. `since`: when it was last heard of, in ms. */
export interface LiveState {
  state: 'connecting' | 'live' | 'reconnecting' | 'refused'
  since: number
  /** Why the server tells nothing of the project: it is not there, or not for this reader. */
  reason?: string
}

type Listener = (topic: string, value: unknown) => void

/** The server says something every 15 s; after this long without a word the connection is given up. */
const SILENCE_MS = 40_000
/** A tab that nobody sees lets its connection go: a browser has six for a server. */
const HIDDEN_MS = 30_000
const PAUSES_MS = [300, 1_000, 2_000, 3_000]

let live: LiveState = { state: 'connecting', since: Date.now() }
const watchers = new Set<() => void>()
const listeners = new Set<Listener>()
const values = new Map<string, unknown>()

/** How it stands with the server's events. */
export function useLive(): LiveState {
  return useSyncExternalStore(watchLive, () => live)
}

/** Why the server tells nothing of the project; null as long as it has not said so. */
export function useRefusal(): string | null {
  return useSyncExternalStore(watchLive, () => live.reason ?? null)
}

/** The last value of a topic, as the server described it; undefined before it did. */
export function useTopic(topic: string): unknown {
  return useSyncExternalStore(watchLive, () => values.get(topic))
}

/** Calls back when a topic changed, and after a time without connection for all of them. */
export function useChanges(listener: Listener): void {
  useEffect(() => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }, [listener])
}

/**
 * Stays connected to a project's events as long as the page is seen; `onConnected` is called each time that it is.
 * @returns the function that ends it.
 */
export function followChanges(client: Client, onConnected: () => void): () => void {
  const ending = new AbortController()
  values.clear()
  setLive('connecting')
  void stayConnected(client, onConnected, ending.signal)
  return () => ending.abort()
}

async function stayConnected(client: Client, onConnected: () => void, ended: AbortSignal): Promise<void> {
  let since: string | null = null
  for (let failures = 0; !ended.aborted; ) {
    const attempt = new AbortController()
    const leave = abortWith(attempt, ended)
    let refused: string | undefined
    try {
      await waitUntilSeen(ended)
      const stopWatching = watchSight(attempt)
      let silence = setTimeout(() => attempt.abort(), SILENCE_MS)
      try {
        for await (const change of watchChanges(client, since, attempt.signal)) {
          clearTimeout(silence)
          silence = setTimeout(() => attempt.abort(), SILENCE_MS)
          if (ended.aborted) return
          if (change.kind === 'hello') {
            for (const [topic, value] of Object.entries(change.topics)) values.set(topic, value)
            const topics = since === null ? [] : Object.keys(change.topics)
            since = change.id
            failures = 0
            setLive('live')
            onConnected()
            for (const topic of topics) tellListeners(topic, values.get(topic))
          } else if (change.kind === 'changed') {
            since = change.id
            values.set(change.topic, change.value)
            setLive('live')
            tellListeners(change.topic, change.value)
          } else live = { ...live, since: Date.now() }
        }
      } finally {
        clearTimeout(silence)
        stopWatching()
      }
    } catch (error) {
      // Whatever ended it: the chip says so, and it is tried again. A project may come to be there.
      if (error instanceof Refusal && [403, 404].includes(error.status)) refused = error.message
    }
    leave()
    if (ended.aborted) return
    if (refused !== undefined) setLive('refused', refused)
    else setLive(live.state === 'connecting' ? 'connecting' : 'reconnecting')
    if (document.visibilityState === 'visible')
      await pause(PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)] ?? 0, ended)
  }
}

function setLive(state: LiveState['state'], reason?: string): void {
  live = {
    state,
    ...(reason === undefined ? {} : { reason }),
    since: state === 'reconnecting' ? live.since : Date.now(),
  }
  for (const watcher of watchers) watcher()
}

function tellListeners(topic: string, value: unknown): void {
  for (const listener of listeners) listener(topic, value)
}

function watchLive(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

function abortWith(attempt: AbortController, ended: AbortSignal): () => void {
  const abort = () => attempt.abort()
  ended.addEventListener('abort', abort)
  return () => ended.removeEventListener('abort', abort)
}

function pause(ms: number, ended: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms)
    ended.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** Gives the connection up some time after the page went out of sight. */
function watchSight(attempt: AbortController): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = () => {
    clearTimeout(timer)
    if (document.visibilityState === 'hidden') timer = setTimeout(() => attempt.abort(), HIDDEN_MS)
  }
  look()
  document.addEventListener('visibilitychange', look)
  return () => {
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', look)
  }
}

function waitUntilSeen(ended: AbortSignal): Promise<void> {
  if (document.visibilityState === 'visible' || ended.aborted) return Promise.resolve()
  return new Promise(resolve => {
    const look = () => {
      if (document.visibilityState === 'hidden' && !ended.aborted) return
      document.removeEventListener('visibilitychange', look)
      resolve()
    }
    document.addEventListener('visibilitychange', look)
    ended.addEventListener('abort', look)
  })
}
