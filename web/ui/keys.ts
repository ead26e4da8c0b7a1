/**
 * The one registry of keys. It feeds the handlers, the labels on buttons, the list behind `?` and the palette, so that none of
 * them can say what the others do not do.
 */

/** Something that a person can do on the present page. */
export interface KeyAction {
  /** As `KeyboardEvent.key` says it (`j`, `?`, `Enter`, ` `), or `mod+k`: with Ctrl, on a Mac with Cmd. None: palette only. */
  keys: string[]
  label: string
  /** Under which heading it stands in the list of keys. */
  group: string
  run: (event: KeyboardEvent | null) => void
  /** Whether a key that is held down does it again and again. */
  repeats?: boolean
  /** What the browser does by itself with these keys (a link's Enter), told here for the list alone. */
  told?: boolean
}

type Layer = { actions: KeyAction[] }

const SWITCH = 'whetstone-single-keys'
const layers: Layer[] = []
const watchers = new Set<() => void>()
let shown: KeyAction[] = []

/** Adds actions until the function that comes back is called. Of two with the same key the later one counts. */
export function addKeys(layer: Layer): () => void {
  layers.push(layer)
  tellWatchers()
  return () => {
    layers.splice(layers.indexOf(layer), 1)
    tellWatchers()
  }
}

/** Every action that can be done now; the same array until something is added or removed. */
export function listKeyActions(): KeyAction[] {
  return shown
}

/** @returns the function that ends the watching. */
export function watchKeyActions(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

/** Whether keys without Ctrl or Cmd do anything; people who speak to their machine switch them off. */
export function areSingleKeysOn(): boolean {
  return localStorage.getItem(SWITCH) !== 'off'
}

/** Switches the single keys for this browser. */
export function switchSingleKeys(on: boolean): void {
  if (on) localStorage.removeItem(SWITCH)
  else localStorage.setItem(SWITCH, 'off')
  tellWatchers()
}

/** How a key is written on a button: `Space`, `Ctrl K`. */
export function nameKey(key: string): string {
  if (key.startsWith('mod+'))
    return `${/Mac/.test(navigator.platform) ? '⌘' : 'Ctrl'} ${key.length === 5 ? key.slice(4).toUpperCase() : key.slice(4)}`
  return key === ' ' ? 'Space' : key
}

/** Does what the keys say from now on. @returns the function that ends it. */
export function startKeys(): () => void {
  window.addEventListener('keydown', handleKey)
  return () => window.removeEventListener('keydown', handleKey)
}

function handleKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.altKey) return
  const name = nameEvent(event)
  if (name === null) return
  const action = layers.flatMap(layer => layer.actions).findLast(one => one.keys.includes(name) && !one.told)
  if (action === undefined || (event.repeat && !action.repeats)) return
  event.preventDefault()
  action.run(event)
}

/** Null where single keys stand down: with modifiers, in fields, under dialogs, switched off. */
function nameEvent(event: KeyboardEvent): string | null {
  const { key } = event
  if (event.ctrlKey || event.metaKey)
    return event.shiftKey || event.ctrlKey === event.metaKey ? null : `mod+${key.toLowerCase()}`
  // Capitals stand down with Shift alone; under Caps Lock they are the same key. A sign that needs Shift is its own.
  if (event.shiftKey && /^([\p{L}]|[A-Z]\w+| )$/u.test(key)) return null
  if (!areSingleKeysOn() || isBusy(event.target, key)) return null
  return key.length === 1 ? key.toLowerCase() : key
}

function isBusy(target: EventTarget | null, key: string): boolean {
  if (document.querySelector('[role="dialog"][aria-modal="true"], [role="menu"], [role="listbox"]') !== null)
    return true
  if (!(target instanceof Element)) return false
  if (target.closest('input:not([type="checkbox"]), textarea, select, [contenteditable="true"]') !== null) return true
  // These do something with it by themselves.
  return (key === ' ' || key === 'Enter') && target.closest('button, summary, input, a:not([data-row])') !== null
}

function tellWatchers(): void {
  shown = layers.flatMap(layer => layer.actions)
  for (const watcher of watchers) watcher()
}
