import { Link } from '@tanstack/react-router'
import type { ShownCandidate } from '#client.ts'
import { readMessageText } from '../review/prompt-text.ts'
import { useProject } from '../shell/api.ts'
import { countOf } from '../ui/numbers.ts'
import { Time } from '../ui/time.tsx'
import { formatQuality } from './candidate-columns.tsx'
import { CandidateText } from './candidate-text.tsx'
import { nameAction, nameCategory, STATUS_WORDS } from './correction-words.ts'

type Whole = ShownCandidate['candidate']

/** All of a candidate: its prompt, the answer, the correction, and whatever else came with it. */
export function CandidateView({ candidate }: { candidate: Whole }) {
  const { prompt_messages: prompt, model_response, corrected_response } = candidate
  return (
    <>
      <Facts candidate={candidate} />
      <details className="candidate-prompt" open={prompt.length <= 3}>
        <summary>Prompt · {countOf(prompt.length, 'message')}</summary>
        {prompt.map((message, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: messages have no other name
          <div key={index} className="prompt-message" data-role={message.role}>
            <div className="voice">{message.role}</div>
            <CandidateText text={readMessageText(message)} />
          </div>
        ))}
      </details>
      <h3>
        Original <span className="model">model</span>
      </h3>
      <CandidateText text={readMessageText({ content: model_response, tool_calls: candidate.tool_calls })} />
      {corrected_response !== null && (
        <>
          <h3>
            Correction <span className="person">person</span>
          </h3>
          <CandidateText text={corrected_response} className="person-block" />
        </>
      )}
      <Rest candidate={candidate} />
    </>
  )
}

function Facts({ candidate }: { candidate: Whole }) {
  const { project } = useProject()
  const { review, status } = candidate
  const { sign, word } = STATUS_WORDS[status]
  const shown = [candidate.model_name, candidate.source, candidate.task_type].filter(one => typeof one === 'string')
  const category = candidate.failure_category
  return (
    <p className="peek-facts">
      <span aria-hidden="true">{sign}</span> {word} · {shown.map(one => `${one} · `)}
      {typeof category === 'string' && `${nameCategory(category)} · `}
      {typeof candidate.quality_score === 'number' && `quality ${formatQuality(candidate.quality_score)} · `}
      {review.assigned_to !== null && `for ${review.assigned_to} · `}
      came <Time at={review.created_at} focusable />
      {review.session_id !== null && (
        <>
          {' · '}
          <Link
            to="/p/$project/sessions/$id"
            params={{ project, id: review.session_id }}
            search={review.message_index === null ? {} : { m: review.message_index }}
          >
            its session
          </Link>
        </>
      )}
    </p>
  )
}

const SHOWN_ELSEWHERE = new Set([
  ...['prompt_messages', 'model_response', 'corrected_response', 'review', 'status', 'quality_score'],
  ...['failure_category', 'model_name', 'source', 'task_type'],
])

/** Every other field, as it came. */
function Rest({ candidate }: { candidate: Whole }) {
  const fields = Object.entries(candidate).filter(([name, value]) => !SHOWN_ELSEWHERE.has(name) && value !== null)
  return (
    <details className="candidate-rest">
      <summary>What came with it · {countOf(fields.length, 'field')}</summary>
      <dl>
        {fields.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

/** Everything that was ever decided about a candidate, oldest first. */
export function DecisionHistory({ decisions }: { decisions: ShownCandidate['decisions'] }) {
  return (
    <section aria-labelledby="decision-history">
      <h3 id="decision-history">History</h3>
      {decisions.length === 0 && <p className="quiet">Nobody has decided anything yet.</p>}
      <ol className="history">
        {decisions.map((decision, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: decisions are only ever appended
          <li key={index}>
            <strong>{decision.author}</strong> {nameAction(decision.action)}
            {decision.failure_category !== null && ` as ${nameCategory(decision.failure_category)}`}
            {decision.action === 'reassign' && ` to ${decision.assignee ?? 'everybody'}`} ·{' '}
            <Time at={decision.created_at} focusable />
            {decision.comment !== null && <CandidateText text={decision.comment} className="person-block" />}
            {decision.corrected_response !== null && (
              <details>
                <summary>The text then</summary>
                <CandidateText text={decision.corrected_response} />
              </details>
            )}
          </li>
        ))}
      </ol>
    </section>
  )
}
