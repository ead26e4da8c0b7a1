import { useState } from 'react'
import { JsonView } from '../sessions/json-view.tsx'
import '../sessions/tool-unit.css'
import { formatCount, formatDollars, formatDuration } from '../ui/numbers.ts'
import type { ShownRun } from './experiment-query.ts'
import { readField } from './experiment-words.ts'

type Stage = ShownRun['stage_results'][number]

/** Lines of a text that are shown at first. */
const LINES = 24
const MORE = 200

/** The stages as steps: what was asked, word for word, and what came of it. */
export function RunStages({ run }: { run: ShownRun }) {
  const stages = run.stage_results
  return (
    <section className="run-stages" aria-label="Stages">
      <h2>{stages.length === 1 ? 'What was asked, and answered' : `${stages.length} stages`}</h2>
      {stages.length === 0 && (
        <p className="quiet">{run.status === 'failed' ? 'Nothing was asked.' : 'Nothing was asked yet.'}</p>
      )}
      <ol>
        {stages.map(stage => (
          <StageStep key={stage.id} stage={stage} />
        ))}
      </ol>
      <details>
        <summary>Its case and configuration</summary>
        <pre className="run-text">{JSON.stringify(run.config, null, 2)}</pre>
      </details>
    </section>
  )
}

function StageStep({ stage }: { stage: Stage }) {
  const { stage_index, stage_name, model, backend, messages, output, tool_calls, error, cached } = stage
  const facts = [
    ...(stage.tokens_in === null ? [] : [`${formatCount(stage.tokens_in)} in`]),
    ...(stage.tokens_out === null ? [] : [`${formatCount(stage.tokens_out)} out`]),
    ...(stage.duration_ms === null ? [] : [formatDuration(stage.duration_ms)]),
    ...(output === null ? [] : [formatDollars(stage.cost_estimate)]),
    ...(cached ? ['cached: known before'] : []),
  ]
  return (
    <li>
      <div className="stage-head">
        <h3>
          {stage_index + 1} {stage_name}
        </h3>
        <span className="model">{model}</span>
        <span className="quiet">
          on {backend} · {facts.join(' · ')}
        </span>
      </div>
      {error !== null && (
        <p className="experiment-run-error">
          <span aria-hidden="true">✗</span> {error}
        </p>
      )}
      {messages?.map((message, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: messages of a request have no other name
        <div className="stage-message" data-voice={message.role} key={index}>
          <div className="quiet">
            {message.role === 'user' ? 'Asked' : message.role === 'system' ? 'System' : 'Answered before'}
          </div>
          <LongWords text={message.content} label={`${message.role} message of ${stage_name}`} />
        </div>
      ))}
      {messages === null && error !== null && (
        <p className="quiet">What was asked is kept with its answer only, and there was none.</p>
      )}
      {output !== null && (
        <div className="stage-message" data-voice="output">
          <div className="quiet">Answered</div>
          {output === '' ? <p className="quiet">without words</p> : <Output text={output} name={stage_name} />}
        </div>
      )}
      {tool_calls.map((call, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: calls of an answer have no other name
        <div className="stage-message" data-voice="tool" key={index}>
          <div>
            <span aria-hidden="true">⚙ </span>
            <code>{call.name}</code> <span className="quiet">named, not carried out</span>
          </div>
          <JsonView text={writeArguments(call)} lines={LINES} />
        </div>
      ))}
    </li>
  )
}

function Output({ text, name }: { text: string; name: string }) {
  const [raw, setRaw] = useState(false)
  const isJson = /^\s*[[{]/.test(text) && isReadable(text)
  if (!isJson) return <LongWords text={text} label={`output of ${name}`} />
  return (
    <>
      {raw ? <LongWords text={text} label={`output of ${name}`} /> : <JsonView text={text} lines={MORE} />}
      <button type="button" className="plain-button" aria-pressed={raw} onClick={() => setRaw(!raw)}>
        Raw
      </button>
    </>
  )
}

/** A text as it stands, its first lines at once, with what brings the rest. */
function LongWords({ text, label }: { text: string; label: string }) {
  const [shown, setShown] = useState(LINES)
  const lines = text.split('\n')
  const left = lines.length - shown
  return (
    <>
      <pre className="run-text">{left > 0 ? lines.slice(0, shown).join('\n') : text}</pre>
      <div className="stage-tools">
        {left > 0 && (
          <button type="button" className="plain-button" onClick={() => setShown(shown + MORE)}>
            Show {Math.min(MORE, left)} more lines
          </button>
        )}
        <button
          type="button"
          className="plain-button"
          aria-label={`Copy the ${label}`}
          onClick={() => void navigator.clipboard.writeText(text)}
        >
          Copy
        </button>
      </div>
    </>
  )
}

function writeArguments(call: Stage['tool_calls'][number]): string {
  const given = readField(call, 'arguments')
  return typeof given === 'string' ? given : (JSON.stringify(given) ?? '')
}

function isReadable(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
