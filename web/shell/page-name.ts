import { useEffect, useSyncExternalStore } from 'react'

/**
 * What the things behind ids are called, as pages have learned it: the breadcrumb stands outside of the page that asks the server,
 * and asks nothing itself. A name that was learned once is there at once when one comes back.
 */
const names = new Map<string, string>()
const watchers = new Set<() => void>()
/** The oldest are forgotten beyond this. */
const MOST = 500

/** Tells what an id of a project is called; undefined as long as that is not known. */
export function useLearnedName(project: string, id: string, name: string | undefined): void {
  useEffect(() => {
    const place = `${project} ${id}`
    if (name === undefined || names.get(place) === name) return
    names.delete(place)
    names.set(place, name)
    const [oldest] = names.keys()
    if (names.size > MOST && oldest !== undefined) names.delete(oldest)
    for (const watcher of watchers) watcher()
  }, [project, id, name])
}

/** What an id of a project is called; undefined before a page has told it. */
export function useNameOf(project: string, id: string | undefined): string | undefined {
  return useSyncExternalStore(watchNames, () => (id === undefined ? undefined : names.get(`${project} ${id}`)))
}

function watchNames(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}
