import type { MouseEvent } from 'react'

/**
 * What a button is given to do something at a click, and nothing at the second one of a double click: by then the next
 * candidate stands there, which would be decided, passed over, or taken back unseen. Nor does that take the focus from it.
 */
export function onFirstClick(run: () => void) {
  return {
    onClick: ({ detail }: MouseEvent) => {
      if (detail <= 1) run()
    },
    onMouseDown: (event: MouseEvent) => {
      if (event.detail > 1) event.preventDefault()
    },
  }
}
