import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { textOptions } from './session-query.ts'
import { type BlockView, nameBlock, useViews } from './views.ts'

/** A block's text as far as it came with its message. */
interface TextSource {
  message_index: number
  block: number
  text: string
  length: number
}

/** Asked for when more is wanted than came with the message: this much, then all that is shown at once. */
const SLICES = [65_536, 1_000_000, 16_000_000]
/** Characters around a place that was looked for. */
const AROUND = 2_000
/** Lines by which a text grows. */
const MORE = 200

/**
 * A long text of which a few lines are shown, with what brings more of it: 200 lines at a time, the message as it is stored,
 * a copy of the whole.
 */
export function LongText(props: {
  source: TextSource
  lines: number
  children: (text: string, lines: number) => ReactNode
  tail?: string | null
  /** How many lines a text takes. */
  measure?: (text: string) => number
}) {
  const { source, children, measure = countLines } = props
  const { of, read, change } = useViews()
  const name = nameBlock(of.thread, source.message_index, source.block)
  const view = read(name)
  const lines = view.lines ?? props.lines
  const wanted = chooseSlice(source, view, props.lines)
  const slice = useQuery({
    ...textOptions(of, { message_index: source.message_index, block: source.block, from: 0, limit: wanted }),
    enabled: wanted > source.text.length,
  })
  const text = slice.data?.text ?? source.text
  const more = measure(text) > lines || text.length < source.length
  return (
    <div className="long-text" data-block={name}>
      {children(text, lines)}
      {more && props.tail && view.lines === undefined && (
        <>
          <p className="remark">… left out here</p>
          <pre className="output">{lastLines(props.tail, 12)}</pre>
        </>
      )}
      {view.at !== undefined && view.at + AROUND > text.length && source.length > text.length && (
        <Excerpt source={source} at={view.at} />
      )}
      {slice.isError && <p className="remark">More could not be loaded: {slice.error.message}</p>}
      <div className="text-tools">
        {more && (
          <button type="button" onClick={() => change(name, { ...view, lines: lines + MORE })}>
            Show {MORE} more
          </button>
        )}
        {view.lines !== undefined && (
          <button type="button" onClick={() => change(name, { ...view, lines: props.lines })}>
            Less
          </button>
        )}
        <button
          type="button"
          aria-pressed={view.raw ?? false}
          onClick={() => change(name, { ...view, raw: !view.raw })}
        >
          Raw
        </button>
        <CopyButton source={source} />
      </div>
      {view.raw && <RawMessage message={source.message_index} />}
    </div>
  )
}

/** What stands around a place that was looked for, far behind the beginning. */
function Excerpt({ source, at }: { source: TextSource; at: number }) {
  const { of } = useViews()
  const from = Math.max(0, at - AROUND / 2)
  const { message_index, block } = source
  const slice = useQuery(textOptions(of, { message_index, block, from, limit: AROUND }))
  return (
    <>
      <p className="remark">
        From character {from.toLocaleString('en-US')} of {source.length.toLocaleString('en-US')}
      </p>
      <pre className="output" data-excerpt>
        {slice.data?.text ?? '…'}
      </pre>
    </>
  )
}

/** The message as it is stored. */
function RawMessage({ message }: { message: number }) {
  const { of } = useViews()
  const raw = useQuery(textOptions(of, { message_index: message, from: 0, limit: SLICES[0] ?? 0 }))
  const left = (raw.data?.length ?? 0) - (raw.data?.text.length ?? 0)
  return (
    <>
      <p className="remark">The message as it is stored</p>
      <pre className="output raw">
        {raw.data?.text ?? (raw.isError ? `It could not be loaded: ${raw.error.message}` : '…')}
      </pre>
      {left > 0 && <p className="remark">{left.toLocaleString('en-US')} more characters; Copy takes the text whole.</p>}
    </>
  )
}

function CopyButton({ source }: { source: TextSource }) {
  const { of } = useViews()
  const [state, setState] = useState<'Copy' | 'Copied' | 'Not copied'>('Copy')
  const { message_index, block, text, length } = source
  const whole = useQuery({ ...textOptions(of, { message_index, block, from: 0, limit: 16_000_000 }), enabled: false })
  const copy = async () => {
    try {
      const all = text.length === length ? text : (await whole.refetch({ throwOnError: true })).data?.text
      await navigator.clipboard.writeText(all ?? text)
      setState('Copied')
    } catch {
      setState('Not copied')
    }
    setTimeout(() => setState('Copy'), 2_000)
  }
  return (
    <button type="button" onClick={() => void copy()}>
      {state}
    </button>
  )
}

function chooseSlice(source: TextSource, view: BlockView, firstLines: number): number {
  if (view.lines === undefined || source.text.length === source.length) return source.text.length
  const steps = Math.max(0, Math.ceil((view.lines - firstLines) / MORE) - 1)
  const slice = SLICES[Math.min(SLICES.length - 1, Math.floor(steps / 4))] ?? 0
  return Math.min(source.length, slice)
}

/** The first lines of a text, long ones cut by the page's edge alone. */
export function firstLines(text: string, count: number): string {
  let at = -1
  for (let line = 0; line < count; line++) {
    at = text.indexOf('\n', at + 1)
    if (at < 0) return text
  }
  return text.slice(0, at)
}

export function countLines(text: string): number {
  let lines = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < text.length - 1; at = text.indexOf('\n', at + 1)) lines++
  return lines
}

function lastLines(text: string, count: number): string {
  return text.split('\n').slice(-count).join('\n')
}
