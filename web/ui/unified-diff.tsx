import { useState } from 'react'
import './unified-diff.css'

/** A line of a diff; null stands for lines far from any change, which are left out. */
type Line = { sign: '+' | '-' | ' '; text: string } | null

const MORE = 400

/** What a text lost and got, line by line: told by sign, underline and strike, not by colour alone. */
export function UnifiedDiff({ lines, label, most = MORE }: { lines: Line[]; label: string; most?: number }) {
  const [shown, setShown] = useState(most)
  if (lines.every(line => line === null || line.sign === ' ')) return <p className="quiet">No difference.</p>
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard has to reach it */}
      <div className="unified-diff" role="group" aria-label={label} tabIndex={0}>
        {lines.slice(0, shown).map((line, index) =>
          line === null ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of a diff have no other name
            <div key={index} className="gap">
              …
            </div>
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of a diff have no other name
            <div key={index} data-sign={line.sign}>
              <span className="sign">{line.sign === '-' ? '−' : line.sign}</span>
              <Marked line={line} />
            </div>
          ),
        )}
      </div>
      {lines.length > shown && (
        <button type="button" className="plain-button" onClick={() => setShown(shown + MORE)}>
          Show {Math.min(MORE, lines.length - shown)} more lines
        </button>
      )}
    </>
  )
}

/** The indent of a line is neither underlined nor struck. */
function Marked({ line: { sign, text } }: { line: NonNullable<Line> }) {
  if (sign === ' ') return text
  const words = text.trimStart()
  return (
    <>
      {text.slice(0, text.length - words.length)}
      {sign === '+' ? <ins>{words}</ins> : <del>{words}</del>}
    </>
  )
}
