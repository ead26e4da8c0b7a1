import { useSyncExternalStore } from 'react'

const narrow = window.matchMedia('(max-width: 640px)')

/** Whether the page is as narrow as a telephone. */
export function useNarrow(): boolean {
  return useSyncExternalStore(watchWidth, () => narrow.matches)
}

function watchWidth(watcher: () => void): () => void {
  narrow.addEventListener('change', watcher)
  return () => narrow.removeEventListener('change', watcher)
}
