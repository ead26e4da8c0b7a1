/** Sessions that were opened in this browser, newest first. */
interface Recent {
  id: string
  label: string
}

const KEPT = 8

/** At most eight; none when the browser keeps nothing. */
export function listRecent(project: string): Recent[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(place(project)) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isRecent) : []
  } catch {
    return []
  }
}

/** Puts a session at the head of the list. */
export function rememberRecent(project: string, recent: Recent): void {
  const others = listRecent(project).filter(one => one.id !== recent.id)
  localStorage.setItem(place(project), JSON.stringify([recent, ...others].slice(0, KEPT)))
}

function place(project: string): string {
  return `whetstone-recent-${project}`
}

function isRecent(value: unknown): value is Recent {
  return typeof value === 'object' && value !== null && 'id' in value && 'label' in value
}
