import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { ReviewCandidate } from '#client.ts'
import { readMessageText } from './prompt-text.ts'

/** Of a long conversation the end is shown first. */
const LAST = 20
/** Of a long message its beginning. */
const LONGEST = 4_000

/** What the answer answers: one line until it is opened. */
export function PromptFold(props: {
  project: string
  candidate: ReviewCandidate
  open: boolean
  onToggle: () => void
}) {
  const { candidate, open, onToggle, project } = props
  const messages = candidate.prompt_messages
  const last = messages.at(-1)
  const words = last === undefined ? '' : readMessageText(last).trim().replace(/\s+/g, ' ')
  const { session_id, message_index } = candidate.review
  return (
    <div className="prompt-fold">
      <div className="prompt-line">
        <button type="button" aria-expanded={open} onClick={onToggle}>
          <span aria-hidden="true">{open ? '▾' : '▸'}</span> Prompt · {messages.length}{' '}
          {messages.length === 1 ? 'message' : 'messages'}
          {words !== '' && <span className="prompt-last"> · last: “{words.slice(0, 200)}”</span>}
        </button>
        <span className="candidate-facts">
          {listFacts(candidate).map(fact => (
            <span key={fact}>{fact}</span>
          ))}
          {session_id !== null && (
            <Link
              to="/p/$project/sessions/$id"
              params={{ project, id: session_id }}
              search={message_index === null ? {} : { m: message_index }}
            >
              Its session
            </Link>
          )}
        </span>
      </div>
      {typeof candidate.failure_reason === 'string' && candidate.failure_reason !== '' && (
        <p className="remark">Failure reason: {candidate.failure_reason}</p>
      )}
      {open && <Messages messages={messages} />}
    </div>
  )
}

function Messages({ messages }: { messages: ReviewCandidate['prompt_messages'] }) {
  const [all, setAll] = useState(messages.length <= LAST)
  const from = all ? 0 : messages.length - LAST
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
    <section className="prompt-messages" tabIndex={0} aria-label="Prompt">
      {!all && (
        <button type="button" className="plain-button" onClick={() => setAll(true)}>
          Show the {from} before
        </button>
      )}
      {messages.slice(from).map((message, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: messages of a prompt have no other name
        <div key={from + index} className="prompt-message" data-role={message.role}>
          <span className="voice">{message.role}</span>
          <LongMessage text={readMessageText(message)} />
        </div>
      ))}
      {messages.length === 0 && <p className="quiet">It came without a prompt.</p>}
    </section>
  )
}

function LongMessage({ text }: { text: string }) {
  const [whole, setWhole] = useState(text.length <= LONGEST)
  return (
    <div className="foreign-text">
      {whole ? text : `${text.slice(0, LONGEST)}…`}
      {!whole && (
        <button type="button" className="plain-button" onClick={() => setWhole(true)}>
          Show all of {Math.round(text.length / 1_000)} k characters
        </button>
      )}
    </div>
  )
}

function listFacts({ model_name, task_type, source, quality_score }: ReviewCandidate): string[] {
  const names = [model_name, task_type ?? source].filter(name => typeof name === 'string' && name !== '')
  const score = typeof quality_score === 'number' ? [`q ${quality_score.toFixed(2)}`] : []
  return [...new Set([...names.map(String), ...score])]
}
