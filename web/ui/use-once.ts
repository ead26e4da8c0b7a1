import { useCallback, useRef } from 'react'

/**
 * Lets nothing begin while the same goes on. A button is drawn as busy only after its click: the second one of a double
 * click, and an Enter that is held down, come before that.
 *
 * @returns what begins the work, unless it goes on; the work says when it has ended, well or not.
 */
export function useOnce(): (begin: (end: () => void) => void) => void {
  const busy = useRef(false)
  return useCallback(begin => {
    if (busy.current) return
    busy.current = true
    begin(() => {
      busy.current = false
    })
  }, [])
}
