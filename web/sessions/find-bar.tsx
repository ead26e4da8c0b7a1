import { useEffect, useRef, useState } from 'react'
import { Failure } from '../ui/states.tsx'
import { type Conversation, type Finding, useFinding } from './session-query.ts'
import './find-bar.css'

const TYPING_MS = 200

export type Hit = Finding['hits'][number]

/** What is looked for, and at which place of how many one is. */
export interface Search {
  text: string
  hits: Hit[]
  nth: number
}

interface FindBarProps {
  of: Conversation
  /** Puts the focus into the field whenever it changes. */
  asked: number
  onSearch: (search: Search) => void
  onClose: () => void
}

/** Looks through the whole session on the server: folded parts, long outputs, subagents. */
export function FindBar({ of, asked, onSearch, onClose }: FindBarProps) {
  const field = useRef<HTMLInputElement>(null)
  const [typed, setTyped] = useState('')
  const [text, setText] = useState('')
  const [nth, setNth] = useState(0)
  const finding = useFinding(of, text)
  const hits = text === '' || finding.isPlaceholderData ? null : (finding.data?.hits ?? null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked for again
  useEffect(() => {
    field.current?.focus()
    field.current?.select()
  }, [asked])
  useEffect(() => {
    const timer = setTimeout(() => {
      setText(typed)
      setNth(0)
    }, TYPING_MS)
    return () => clearTimeout(timer)
  }, [typed])
  useEffect(() => {
    if (hits !== null || text === '') onSearch({ text, hits: hits ?? [], nth })
  }, [hits, nth, text, onSearch])
  const step = (by: number) => {
    if (hits !== null && hits.length > 0) setNth((nth + by + hits.length) % hits.length)
  }
  return (
    <search className="find-bar" aria-label="Find in this session">
      <input
        ref={field}
        type="search"
        aria-label="Find in this session"
        placeholder="Find in this session"
        value={typed}
        onChange={event => setTyped(event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key === 'Enter' && typed === text) step(event.shiftKey ? -1 : 1)
          if (event.key === 'Enter' && typed !== text) setText(typed)
          if (event.key === 'Escape') onClose()
        }}
      />
      <span role="status" className="find-count">
        {describeCount(text, hits, nth, finding.data?.all ?? true)}
      </span>
      <button type="button" onClick={() => step(-1)} aria-label="Previous place" title="Shift Enter">
        ↑
      </button>
      <button type="button" onClick={() => step(1)} aria-label="Next place" title="Enter">
        ↓
      </button>
      <button type="button" onClick={onClose} aria-label="Close find" title="Esc">
        ✕
      </button>
      {finding.isError && <Failure what="Couldn't look" error={finding.error} onRetry={() => void finding.refetch()} />}
    </search>
  )
}

function describeCount(text: string, hits: Hit[] | null, nth: number, all: boolean): string {
  if (text === '') return ''
  if (hits === null) return 'Looking …'
  if (hits.length === 0) return 'Nothing found'
  return `${(nth + 1).toLocaleString('en-US')} of ${hits.length.toLocaleString('en-US')}${all ? '' : '+'}`
}
