import { useSyncExternalStore } from 'react'

/** How many decisions this tab has taken, and how long the last ones took, in ms. */
export interface Sitting {
  done: number
  durations: number[]
}

const PLACE = 'whetstone-sitting:'
/** The rate is that of so many decisions. */
const LAST = 20
const FEWEST = 3

const sittings = new Map<string, Sitting>()
const watchers = new Set<() => void>()

/** Counts a decision. */
export function countDecision(project: string, durationMs: number): void {
  const { done, durations } = readSitting(project)
  keep(project, { done: done + 1, durations: [...durations, durationMs].slice(-LAST) })
}

/** Takes the last one out of the count again. */
export function uncountDecision(project: string): void {
  const { done, durations } = readSitting(project)
  keep(project, { done: Math.max(0, done - 1), durations: durations.slice(0, -1) })
}

/** Decisions a minute, by the time that the last ones took; null after a few. */
export function computeRate({ durations }: Sitting): number | null {
  if (durations.length < FEWEST) return null
  const total = durations.reduce((sum, ms) => sum + ms, 0)
  return (60_000 * durations.length) / Math.max(total, 1_000)
}

/** What was done on this tab so far. */
export function useSitting(project: string): Sitting {
  return useSyncExternalStore(watch, () => readSitting(project))
}

function readSitting(project: string): Sitting {
  const known = sittings.get(project)
  if (known !== undefined) return known
  const sitting = parse(sessionStorage.getItem(PLACE + project))
  sittings.set(project, sitting)
  return sitting
}

function keep(project: string, sitting: Sitting): void {
  sittings.set(project, sitting)
  sessionStorage.setItem(PLACE + project, JSON.stringify(sitting))
  for (const watcher of watchers) watcher()
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

function parse(text: string | null): Sitting {
  try {
    const given: unknown = JSON.parse(text ?? '')
    if (typeof given === 'object' && given !== null && 'done' in given && 'durations' in given) {
      const durations = Array.isArray(given.durations) ? given.durations.filter(ms => typeof ms === 'number') : []
      return { done: Number(given.done) || 0, durations }
    }
  } catch {
    // Nothing was kept.
  }
  return { done: 0, durations: [] }
}
