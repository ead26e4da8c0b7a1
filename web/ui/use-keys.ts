import { useEffect, useRef, useSyncExternalStore } from 'react'
import { addKeys, areSingleKeysOn, type KeyAction, listKeyActions, watchKeyActions } from './keys.ts'

/** Adds a page's actions while it is shown. Their number and order stay the same; what they do may change. */
export function useKeys(actions: KeyAction[]): void {
  const latest = useRef(actions)
  latest.current = actions
  const names = actions.map(action => `${action.keys.join()} ${action.label}`).join('\n')
  // biome-ignore lint/correctness/useExhaustiveDependencies: by name, so that a new closure does not tell the watchers
  useEffect(() => {
    const layer = {
      actions: latest.current.map((action, index) => ({
        ...action,
        run: (event: KeyboardEvent | null) => latest.current[index]?.run(event),
      })),
    }
    return addKeys(layer)
  }, [names])
}

/** All actions that can be done now. */
export function useKeyActions(): KeyAction[] {
  return useSyncExternalStore(watchKeyActions, listKeyActions)
}

/** Whether keys without Ctrl or Cmd do anything. */
export function useSingleKeys(): boolean {
  return useSyncExternalStore(watchKeyActions, areSingleKeysOn)
}
