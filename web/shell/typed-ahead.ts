import { useLayoutEffect, useState } from 'react'

/**
 * What is typed between the moment a dialog was asked for and the one in which its field has the focus: on a machine that is busy
 * that is time for a word. It belongs to the dialog; as single keys of the page it would do what nobody meant.
 *
 * @param on whether a dialog was asked for and is not closed again
 * @returns the text of its field, and what sets it
 */
export function useTypedAhead(on: boolean): [text: string, setText: (text: string) => void] {
  const [text, setText] = useState('')
  useLayoutEffect(() => {
    if (!on) return
    setText('')
    const take = (event: KeyboardEvent) => {
      if (document.activeElement?.closest('[role="dialog"]')) return
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.key === 'Escape') return
      event.preventDefault()
      event.stopImmediatePropagation()
      if (event.key.length === 1) setText(typed => typed + event.key)
      else if (event.key === 'Backspace') setText(typed => typed.slice(0, -1))
    }
    window.addEventListener('keydown', take, { capture: true })
    return () => window.removeEventListener('keydown', take, { capture: true })
  }, [on])
  return [text, setText]
}
