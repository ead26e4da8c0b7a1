const PLACE = 'whetstone-screen'

/** Tells this tab from others of the same reviewer, so that the server gives each its own candidates. A reload keeps it. */
export function nameScreen(): string {
  const known = sessionStorage.getItem(PLACE)
  if (known !== null) return known
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  const name = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
  sessionStorage.setItem(PLACE, name)
  return name
}
