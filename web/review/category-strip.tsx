import { type RefObject, useEffect } from 'react'
import { type FailureCategory, NUMBERED_CATEGORIES } from './categories.ts'
import { onFirstClick } from './first-click.ts'
import { KeyHint } from './key-hint.tsx'

/**
 * The six categories, each with its digit. While a decision asks for one, choosing decides; else it only marks the one that
 * the decision will have.
 */
export function CategoryStrip(props: {
  asking: 'discard' | 'flag' | null
  chosen: FailureCategory | null
  first: RefObject<HTMLButtonElement | null>
  onChoose: (category: FailureCategory | null) => void
  onLeave: () => void
}) {
  const { asking, chosen, first, onChoose, onLeave } = props
  useEffect(() => {
    if (asking !== null) first.current?.focus()
  }, [asking, first])
  const word = asking === 'discard' ? 'Discard as' : asking === 'flag' ? 'Flag as' : 'Category'
  return (
    <div
      className="category-strip"
      role="group"
      aria-label={asking === null ? 'Category' : `${word}: a category`}
      data-asking={asking ?? undefined}
      onKeyDown={event => {
        if (event.key !== 'Escape' || asking === null) return
        event.preventDefault()
        onLeave()
      }}
    >
      <span className="strip-word">{word}</span>
      {NUMBERED_CATEGORIES.map(({ category, word }, index) => {
        const marked = category === chosen
        return (
          <button
            key={category}
            type="button"
            ref={marked ? first : undefined}
            {...(asking === null ? { 'aria-pressed': marked } : {})}
            data-marked={marked || undefined}
            {...onFirstClick(() => onChoose(asking === null && marked ? null : category))}
          >
            <KeyHint of={String(index + 1)} />
            {word}
          </button>
        )
      })}
      {asking !== null && (
        <>
          <button
            type="button"
            ref={chosen === null ? first : undefined}
            data-marked={chosen === null || undefined}
            {...onFirstClick(() => onChoose(null))}
          >
            none of these
          </button>
          <span className="strip-hint">
            <kbd className="key">Enter</kbd> {chosen === null ? 'without' : 'the marked one'} ·{' '}
            <kbd className="key">Esc</kbd> back
          </span>
        </>
      )}
    </div>
  )
}
