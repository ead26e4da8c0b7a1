import { useSyncExternalStore } from 'react'

const watchers = new Set<() => void>()

/** A switch that this browser remembers; on at first. */
export function usePreference(name: 'review-diff' | 'review-rate'): [boolean, () => void] {
  const place = `whetstone-${name}`
  const on = useSyncExternalStore(watch, () => localStorage.getItem(place) !== 'off')
  const toggle = () => {
    if (on) localStorage.setItem(place, 'off')
    else localStorage.removeItem(place)
    for (const watcher of watchers) watcher()
  }
  return [on, toggle]
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}
