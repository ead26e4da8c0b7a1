import { Button } from '@mantine/core'
import { useRef, useState } from 'react'
import './copy-text.css'

/**
 * A text to be taken along, with a button that copies it. A page that did not come over https may not copy by itself; then the
 * text is selected and the person copies it.
 */
export function CopyText({ text, label }: { text: string; label: string }) {
  const code = useRef<HTMLElement>(null)
  const [done, setDone] = useState<'copied' | 'selected' | null>(null)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setDone('copied')
    } catch {
      if (code.current !== null) getSelection()?.selectAllChildren(code.current)
      setDone('selected')
    }
  }
  return (
    <div className="copy-text">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard has to reach it */}
      <code ref={code} tabIndex={0} role="group" aria-label={label}>
        {text}
      </code>
      <Button onClick={() => void copy()} aria-label={`Copy: ${label}`}>
        Copy
      </Button>
      <span role="status" className="quiet">
        {done === 'copied' ? 'Copied' : done === 'selected' ? 'Selected; press Ctrl C' : ''}
      </span>
    </div>
  )
}
