import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef } from 'react'
import { isUserTurn, MESSAGE_FLAGS } from '#sessions/message-flags.ts'
import { useNarrow } from '../ui/use-narrow.ts'
import type { Outline, Rating } from './session-query.ts'

interface Entry {
  index: number
  kind: 'turn' | 'answer' | 'failed' | 'subagent' | 'rated'
  text: string
}

/** Rows of the list; as high as a finger is wide where fingers are used. */
const ROW = 24
const NARROW_ROW = 44
const GLYPHS = { turn: '▸', answer: '', failed: '✗', subagent: '↳', rated: '' }
const WORDS = { turn: 'user', answer: 'agent', failed: 'failed', subagent: 'subagent', rated: 'rated' }

/** The messages by which one finds one's way: what the user asked, answers, failures, subagents, thumbs. */
export function OutlineList(props: {
  outline: Outline
  ratings: Rating[]
  current: number
  onChoose: (index: number) => void
}) {
  const { outline, ratings, current, onChoose } = props
  const scroller = useRef<HTMLElement>(null)
  const row = useNarrow() ? NARROW_ROW : ROW
  const thumbs = useMemo(() => Map.groupBy(ratings, one => one.message_index), [ratings])
  const entries = useMemo(() => listEntries(outline, thumbs), [outline, thumbs])
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => row,
    overscan: 10,
  })
  const here = findEntry(entries, current)
  useEffect(() => {
    if (here >= 0) virtual.scrollToIndex(here, { align: 'auto' })
  }, [here, virtual])
  return (
    <nav className="outline" ref={scroller} aria-label="Outline" tabIndex={-1}>
      {entries.length === 0 && <p className="remark">Nothing to list</p>}
      <ol style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(item => {
          const entry = entries[item.index]
          if (entry === undefined) return null
          const rated = thumbs.get(entry.index) ?? []
          return (
            <li key={entry.index} style={{ transform: `translateY(${item.start}px)` }}>
              <button
                type="button"
                data-kind={entry.kind}
                aria-current={item.index === here || undefined}
                onClick={() => onChoose(entry.index)}
                title={entry.text}
              >
                <span className="outline-glyph" aria-hidden="true">
                  {GLYPHS[entry.kind]}
                </span>
                <span className="unseen">{WORDS[entry.kind]}: </span>
                <span className="outline-text">{entry.text || `message ${entry.index}`}</span>
                {rated.map(one => (
                  <span key={one.author ?? 'own'} data-thumb={one.rating}>
                    {one.rating === 1 ? '▲' : '▼'}
                  </span>
                ))}
              </button>
            </li>
          )
        })}
      </ol>
    </nav>
  )
}

function listEntries(outline: Outline, thumbs: Map<number, Rating[]>): Entry[] {
  const lines = outline.lines.split('\n')
  return outline.flags.flatMap((flags, index): Entry[] => {
    const kind = chooseKind(flags, thumbs.has(index))
    return kind === null ? [] : [{ index, kind, text: plainLine(lines[index] ?? '') }]
  })
}

/** Without the marks of a heading, a quotation or a list. */
function plainLine(line: string): string {
  return line.replace(/^(?:[#>*-]+\s+)+/, '').replace(/\*\*|`/g, '')
}

function chooseKind(flags: number, rated: boolean): Entry['kind'] | null {
  const { text, calls, failed, subagent } = MESSAGE_FLAGS
  if (isUserTurn(flags)) return 'turn'
  if ((flags & failed) !== 0) return 'failed'
  if ((flags & subagent) !== 0) return 'subagent'
  if ((flags & 3) === 2 && (flags & text) !== 0 && (flags & calls) === 0) return 'answer'
  return rated ? 'rated' : null
}

/** The last entry that is not behind the message; -1 before the first. */
function findEntry(entries: Entry[], message: number): number {
  let [low, high] = [0, entries.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((entries[middle]?.index ?? 0) <= message) low = middle + 1
    else high = middle
  }
  return low - 1
}
