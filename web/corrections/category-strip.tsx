import { useEffect, useRef } from 'react'
import { CATEGORY_WORDS } from './correction-words.ts'
import { CATEGORIES, type Category } from './corrections-search.ts'

interface StripProps {
  /** What is done with the category, as in `Discard 12 as`. */
  label: string
  busy: boolean
  onChoose: (category: Category | null) => void
  onCancel: () => void
}

/** Asks for a category once: a digit or a press chooses, Escape leaves. */
export function CategoryStrip({ label, busy, onChoose, onCancel }: StripProps) {
  const strip = useRef<HTMLFieldSetElement>(null)
  useEffect(() => strip.current?.querySelector('button')?.focus(), [])
  return (
    <fieldset
      ref={strip}
      className="category-strip"
      disabled={busy}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation()
          onCancel()
        }
        const category = CATEGORIES[Number(event.key) - 1]
        const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat
        if (category === undefined && event.key !== '0') return
        if (plain) onChoose(category ?? null)
      }}
    >
      <legend>{label}</legend>
      {CATEGORIES.map((category, index) => (
        <button key={category} type="button" className="strip-button" onClick={() => onChoose(category)}>
          <kbd className="key">{index + 1}</kbd> {CATEGORY_WORDS[category]}
        </button>
      ))}
      <button type="button" className="strip-button" onClick={() => onChoose(null)}>
        <kbd className="key">0</kbd> no category
      </button>
      <button type="button" className="plain-button" onClick={onCancel}>
        Cancel
      </button>
    </fieldset>
  )
}
