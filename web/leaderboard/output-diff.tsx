import { useMemo, useState } from 'react'
import { type DiffLine, diffLines } from '../sessions/line-diff.ts'

interface OutputProps {
  /** Null: there is no answer. */
  before: string | null
  after: string | null
  names: { before: string; after: string }
}

/** More lines than this are shown when they are asked for. */
const MOST_LINES = 40
/** Lines longer than this are compared whole. */
const LONG = 2_000

/** How one answer differs from another: what only the first says is struck, what only the second says underlined. */
export function OutputDiff({ before, after, names }: OutputProps) {
  const [open, setOpen] = useState(false)
  const lines = useMemo(() => (before === null || after === null ? [] : diffLines(before, after)), [before, after])
  if (before === null || after === null) {
    const [letter, text] = before === null ? [names.after, after] : [names.before, before]
    return text === null ? null : <pre className="output-diff">{`${letter}  ${text}`}</pre>
  }
  if (before === after) return <pre className="output-diff">{before === '' ? 'Both answered nothing.' : before}</pre>
  const shown = open ? lines : lines.slice(0, MOST_LINES)
  return (
    <div className="output-diff" role="group" aria-label={`From ${names.before} to ${names.after}`}>
      {shown.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines of a diff have no other name
        <Line key={index} line={line} names={names} partner={findPartner(lines, index)} />
      ))}
      {shown.length < lines.length && (
        <button type="button" className="plain-button" onClick={() => setOpen(true)}>
          Show all {lines.length.toLocaleString('en-US')} lines
        </button>
      )}
    </div>
  )
}

interface LineProps {
  line: DiffLine | null
  names: OutputProps['names']
  /** The line of the other side that it takes the place of. */
  partner: string | null
}

function Line({ line, names, partner }: LineProps) {
  if (line === null) return <div className="output-gap">…</div>
  const { sign, text } = line
  if (sign === ' ') return <div className="output-line">{text}</div>
  const [start, end] = partner === null ? [0, 0] : findCommonEnds(text, partner)
  const Mark = sign === '+' ? 'ins' : 'del'
  return (
    <div className="output-line" data-sign={sign}>
      <span className="output-sign">
        {sign === '+' ? '+' : '−'}
        {sign === '+' ? names.after : names.before}
      </span>
      {text.slice(0, start)}
      <Mark>{text.slice(start, text.length - end)}</Mark>
      {text.slice(text.length - end)}
    </div>
  )
}

/** A run of lines out and a run of as many lines in belong together line by line. */
function findPartner(lines: (DiffLine | null)[], index: number): string | null {
  const sign = lines[index]?.sign
  if (sign !== '-' && sign !== '+') return null
  const first = (at: number) => {
    let start = at
    while (lines[start - 1]?.sign === lines[at]?.sign) start--
    return start
  }
  const last = (at: number) => {
    let end = at
    while (lines[end + 1]?.sign === lines[at]?.sign) end++
    return end
  }
  const outs = sign === '-' ? first(index) : first(first(index) - 1)
  if (lines[outs]?.sign !== '-') return null
  const ins = last(outs) + 1
  if (lines[ins]?.sign !== '+' || last(ins) - ins !== last(outs) - outs) return null
  const partner = lines[sign === '-' ? index + (ins - outs) : index - (ins - outs)]
  return partner == null ? null : partner.text
}

/** How many characters two lines share at their starts and ends, cut back to whole words. */
function findCommonEnds(one: string, other: string): [number, number] {
  const most = Math.min(one.length, other.length)
  if (most > LONG) return [0, 0]
  let start = 0
  while (start < most && one[start] === other[start]) start++
  let end = 0
  while (end < most - start && one.at(-1 - end) === other.at(-1 - end)) end++
  while (start > 0 && /\w/.test(one[start - 1] ?? '')) start--
  while (end > 0 && /\w/.test(one.at(-end) ?? '')) end--
  return [start, end]
}
