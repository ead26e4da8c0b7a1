const PLACE = 'whetstone-screen'

/** Tells this tab from others of the same reviewer, so that the server gives each its own candidates. A reload keeps it. */
export function nameScreen(): string {
  return sessionStorage.getItem(PLACE) ?? renameScreen()
}

/** Makes sure that no other tab goes by the same name, as a tab that was duplicated does. */
export async function settleScreen(): Promise<void> {
  if (settled || !('locks' in navigator)) return
  settled = true
  while (!(await holdName(nameScreen()))) renameScreen()
}

/** The names of the tabs that are open; null where the browser does not say, as it does over plain HTTP from elsewhere. */
export async function listScreens(): Promise<Set<string> | null> {
  if (!('locks' in navigator)) return null
  const { held = [] } = await navigator.locks.query()
  return new Set(
    held
      .map(lock => lock.name ?? '')
      .filter(name => name.startsWith(PLACE))
      .map(name => name.slice(PLACE.length)),
  )
}

let settled = false

function renameScreen(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  const name = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
  sessionStorage.setItem(PLACE, name)
  return name
}

/** The name is this tab's until it is closed. @returns false if it is another's. */
function holdName(name: string): Promise<boolean> {
  return new Promise(resolve => {
    void navigator.locks.request(PLACE + name, { ifAvailable: true }, lock => {
      resolve(lock !== null)
      return lock === null ? undefined : new Promise(() => {})
    })
  })
}
