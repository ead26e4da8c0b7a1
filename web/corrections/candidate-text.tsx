import { useState } from 'react'
import { readMessageText } from '../review/prompt-text.ts'

/** Longer texts are cut until somebody wants to see the rest. */
const LINES = 40
const CHARACTERS = 4_000

/** Text as it is, never markup; a long one shows its beginning first. */
export function CandidateText({ text, className = '' }: { text: string; className?: string }) {
  const [whole, setWhole] = useState(false)
  const cut = whole ? text : cutText(text)
  return (
    <>
      <div className={`candidate-text ${className}`}>{cut === '' ? <span className="quiet">no text</span> : cut}</div>
      {cut.length < text.length && (
        <button type="button" className="plain-button" onClick={() => setWhole(true)}>
          Show the other {(text.length - cut.length).toLocaleString('en-US')} characters
        </button>
      )}
    </>
  )
}

function cutText(text: string): string {
  const lines = text.slice(0, CHARACTERS).split('\n').slice(0, LINES).join('\n')
  return lines
}

/** The calls that an answer makes, beside its text; nothing where it makes none. */
export function AnswerCalls({ of: { tool_calls } }: { of: { [field: string]: unknown } }) {
  if (!Array.isArray(tool_calls) || tool_calls.length === 0) return null
  return (
    <div className="answer-calls">
      <div className="quiet">The answer also calls</div>
      <CandidateText text={readMessageText({ content: '', tool_calls })} />
    </div>
  )
}
