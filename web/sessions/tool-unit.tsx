import { countOf, formatDuration } from '../ui/numbers.ts'
import { DiffView } from './diff-view.tsx'
import { layOutJson, readJsonString } from './json-lines.ts'
import { JsonView } from './json-view.tsx'
import { firstLines, LongText } from './long-text.tsx'
import type { ToolCall, ToolResult } from './session-query.ts'
import { Subagent } from './subagent.tsx'
import { nameBlock, useViews } from './views.ts'
import './tool-unit.css'

/** Lines of an output that worked, and the head of one that failed. */
const OUTPUT_LINES = 12
const FAILURE_HEAD = 8
/** A longer failure shows its head and its end. */
const FAILURE_LINES = 20
const ARGUMENT_LINES = 12

const OUTCOMES = {
  ok: { glyph: '✓', word: 'worked' },
  failed: { glyph: '✗', word: 'failed' },
  unknown: { glyph: '', word: 'came back' },
}

/** A call and its result as one unit: folded to a line when it worked, open when it failed. */
export function ToolUnit({ call, message, block }: { call: ToolCall; message: number; block: number }) {
  const { of, read, change } = useViews()
  const name = nameBlock(of.thread, message, block)
  const { result } = call
  const view = read(name)
  const open = view.open ?? isOpenAtFirst(call)
  const outcome = result === null ? null : OUTCOMES[result.outcome]
  const exit = result === null ? undefined : /^\s*(?:error: )?exit code:? (-?\d+)/i.exec(result.text)?.[1]
  return (
    <div className="unit" data-outcome={result?.outcome ?? 'none'}>
      <button
        type="button"
        className="unit-head"
        aria-expanded={open}
        onClick={() => change(name, { ...view, open: !open })}
      >
        <span aria-hidden="true">{open ? '▾' : '▸'}</span>
        <span aria-hidden="true">⚙{'\uFE0E'}</span>
        <span className="tool-name">{call.name || 'unnamed tool'}</span>
        <span className="summary">{call.summary}</span>
        {outcome !== null && result !== null && (
          <span className="outcome">
            <span aria-hidden="true">{outcome.glyph}</span>
            <span className="unseen">{outcome.word}</span>
            {exit !== undefined && ` exit ${exit}`}
          </span>
        )}
        <span className="unit-facts">{describeFacts(call)}</span>
      </button>
      {open && (
        <div className="unit-body">
          <Arguments call={call} message={message} block={block} />
          {call.subagent !== null && <Subagent thread={call.subagent.thread} messages={call.subagent.messages} />}
          {result === null ? <p className="remark">No result recorded</p> : <Result result={result} />}
        </div>
      )}
    </div>
  )
}

/** A result without its call; what answers a call is shown there. */
export function OrphanResult({ result }: { result: ToolResult }) {
  return (
    <div className="unit" data-outcome={result.outcome}>
      <p className="remark">A tool's result; its call is not recorded</p>
      <div className="unit-body">
        <Result result={result} />
      </div>
    </div>
  )
}

/** What failed is open, all else folded. */
export function isOpenAtFirst(call: ToolCall): boolean {
  return call.result?.outcome === 'failed'
}

function Arguments({ call, message, block }: { call: ToolCall; message: number; block: number }) {
  if (call.edits.length > 0) return <DiffView edits={call.edits} name={call.name} source={{ message, block }} />
  if (call.text === '' || call.text === '{}' || isSaidAbove(call)) return null
  return (
    <>
      {!call.parses && <p className="remark">The arguments are no JSON; this is the text as the model wrote it.</p>}
      <LongText source={{ ...call, message_index: message, block }} lines={ARGUMENT_LINES}>
        {(text, lines) =>
          call.parses ? <JsonView text={text} lines={lines} /> : <pre className="output">{firstLines(text, lines)}</pre>
        }
      </LongText>
    </>
  )
}

/** Whether the line of the call says all that there is in its arguments: one field, one short text. */
function isSaidAbove(call: ToolCall): boolean {
  const [open, field, close, ...more] = layOutJson(call.text, 4)
  if (open === undefined || field === undefined || close === undefined || more.length > 0) return false
  const value = field.tokens.at(-1)
  return value?.kind === 'string' && readJsonString(value.text) === call.summary
}

function Result({ result }: { result: ToolResult }) {
  if (result.length === 0) return <p className="remark">The result is empty</p>
  const isWhole = result.text.length === result.length
  const tail = isWhole && result.outcome === 'failed' && result.lines > FAILURE_LINES ? result.text : result.tail
  return (
    <LongText source={result} lines={tail === null ? OUTPUT_LINES : FAILURE_HEAD} tail={tail}>
      {(text, shown) =>
        result.json ? <JsonView text={text} lines={shown} /> : <Output text={firstLines(text, shown)} />
      }
    </LongText>
  )
}

/** Text of a tool; an image in it as base64 is named, not spelled out. */
function Output({ text }: { text: string }) {
  const parts = text.split(/(data:[\w/+.-]+;base64,[A-Za-z0-9+/=]{200,})/)
  return (
    <pre className="output">
      {parts.map((part, index) =>
        index % 2 === 0 ? part : `[${/^data:([\w/+.-]+)/.exec(part)?.[1] ?? 'data'}, base64]`,
      )}
    </pre>
  )
}

function describeFacts({ result, subagent }: ToolCall): string {
  const facts = [
    subagent === null ? '' : `${subagent.messages} ${subagent.messages === 1 ? 'message' : 'messages'}`,
    result?.ms === null || result?.ms === undefined ? '' : formatDuration(result.ms),
    result === null ? 'no result recorded' : countOf(result.lines, 'line'),
  ]
  return facts.filter(fact => fact !== '').join(' · ')
}
