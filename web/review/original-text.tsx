import { memo, useState } from 'react'
import type { WordChange } from './word-diff.ts'

/** A page of more text than this is slow, and is shown when it is asked for. */
const LONGEST = 100_000

/** The model's answer, with what the correction takes out of it struck. */
export const OriginalText = memo(function OriginalText({ text, diff }: { text: string; diff: WordChange[] | null }) {
  const [whole, setWhole] = useState(text.length <= LONGEST)
  if (diff === null) {
    return (
      <div className="foreign-text original-text">
        {whole ? text : text.slice(0, LONGEST)}
        {text === '' && <span className="quiet">The answer is empty.</span>}
        {!whole && (
          <button type="button" className="plain-button" onClick={() => setWhole(true)}>
            Show all of {Math.round(text.length / 1_000)} k characters
          </button>
        )}
      </div>
    )
  }
  return (
    <div className="foreign-text original-text">
      {diff.map(({ sign, text }, index) =>
        sign === '-' ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts of a diff have no other name
          <del key={index}>{text}</del>
        ) : sign === ' ' ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts of a diff have no other name
          <span key={index}>{text}</span>
        ) : null,
      )}
    </div>
  )
})
