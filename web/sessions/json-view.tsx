import { memo, useMemo, useState } from 'react'
import { type JsonLine, type JsonToken, layOutJson, looksLikeJson, readJsonString } from './json-lines.ts'

/** Containers from this depth on are folded at first. */
const OPEN_DEPTH = 2
/** A string with lines of its own, or longer than this, can be opened as text. */
const LONG_STRING = 120
const BASE64 = /^"(?:data:[\w/+.-]+;base64,)?[A-Za-z0-9+/\\=]{400,}(?:"|$)/

interface JsonViewProps {
  text: string
  lines: number
  depth?: number
}

/** JSON, indented, its tokens as they came; at most so many lines, open down to a depth. */
export const JsonView = memo(function JsonView({ text, lines: shown, depth = OPEN_DEPTH }: JsonViewProps) {
  const lines = useMemo(() => layOutJson(text), [text])
  const [folds, setFolds] = useState<ReadonlyMap<number, boolean>>(new Map())
  const visible: number[] = []
  for (let at = 0; at < lines.length && visible.length < shown; at++) {
    visible.push(at)
    const line = lines[at]
    if (line?.closes !== undefined && (folds.get(at) ?? line.depth >= depth)) at = line.closes.line
  }
  return (
    <div className="json">
      {visible.map(at => {
        const line = lines[at]
        if (line === undefined) return null
        const folded = line.closes !== undefined && (folds.get(at) ?? line.depth >= depth)
        const toggle = () => setFolds(new Map(folds).set(at, !folded))
        return <Line key={at} line={line} folded={folded} toggle={toggle} closing={lines[line.closes?.line ?? -1]} />
      })}
    </div>
  )
})

interface LineProps {
  line: JsonLine
  folded: boolean
  toggle: () => void
  closing: JsonLine | undefined
}

function Line({ line, folded, toggle, closing }: LineProps) {
  const { closes } = line
  return (
    <div style={{ paddingLeft: `${line.depth * 2}ch` }}>
      {line.tokens.map((token, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: tokens of a line have no other name
        <Token key={index} token={token} />
      ))}
      {closes !== undefined && line.depth > 0 && (
        <button type="button" className="fold-button" aria-expanded={!folded} onClick={toggle}>
          {folded ? `${closes.entries} ${closes.entries === 1 ? 'entry' : 'entries'}` : '–'}
          <span className="unseen">{folded ? ', show' : 'fold'}</span>
        </button>
      )}
      {folded && closing?.tokens.map(token => token.text).join('')}
    </div>
  )
}

function Token({ token }: { token: JsonToken }) {
  const [open, setOpen] = useState(false)
  if (token.kind === 'mark') return token.text
  if (token.kind !== 'string') return <span className={`json-${token.kind}`}>{token.text}</span>
  if (BASE64.test(token.text)) {
    return (
      <span className="picture">[base64, {Math.ceil((token.text.length * 3) / 4000).toLocaleString('en-US')} kB]</span>
    )
  }
  const inner = readJsonString(token.text)
  const canOpen = inner !== null && (looksLikeJson(inner) || inner.includes('\n') || inner.length > LONG_STRING)
  return (
    <>
      {!open && <span className="json-string">{token.text}</span>}
      {canOpen && (
        <button type="button" className="fold-button" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Fold' : 'Unfold'}
        </button>
      )}
      {open && inner !== null && (
        <div className="json-inner">
          {looksLikeJson(inner) ? <JsonView text={inner} lines={200} /> : <span className="plain-text">{inner}</span>}
        </div>
      )}
    </>
  )
}
