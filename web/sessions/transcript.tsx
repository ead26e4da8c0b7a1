import { useQueryClient } from '@tanstack/react-query'
import { type RefObject, useCallback, useEffect, useImperativeHandle, useMemo, useRef, useState } from 'react'
import { hasOnlyResults, MESSAGE_FLAGS } from '#sessions/message-flags.ts'
import { Failure, Skeleton } from '../ui/states.tsx'
import type { Hit, Search } from './find-bar.tsx'
import { useHighlights } from './highlight.ts'
import { Guard, MessageBlocks } from './message-blocks.tsx'
import { Minimap } from './minimap.tsx'
import { type CommentDraft, CommentForm, Comments, Thumbs, type useRating } from './ratings.tsx'
import {
  type Conversation,
  ensureMessage,
  type Outline,
  type Rating,
  type ShownMessage,
  useWindows,
  WINDOW,
} from './session-query.ts'
import { isOpenAtFirst } from './tool-unit.tsx'
import { useRows } from './use-rows.ts'
import { type BlockView, nameBlock, ViewsContext } from './views.ts'
import './transcript.css'

/** What the page can do with its transcript. */
export interface TranscriptControl {
  /** Brings a message to the upper edge; of a result that is shown at its call, the call. */
  show: (index: number) => Promise<number>
  /** Brings a place that was found to sight, whatever folds it is in. */
  showHit: (hit: Hit) => Promise<number>
  /** Opens what is folded in a message, or folds what is open. */
  fold: (index: number) => Promise<void>
  /** The message at the upper edge. */
  seen: () => number
  isSeen: (index: number) => boolean
}

interface TranscriptProps {
  of: Conversation
  outline: Outline
  ratings: Rating[]
  rating: ReturnType<typeof useRating>
  current: number
  onCurrent: (index: number) => void
  /** Goes to a message, wherever it is. */
  onGo: (index: number) => void
  commenting: number | null
  onComment: (index: number | null) => void
  drafts: Map<number, CommentDraft>
  onCorrect: (index: number) => void
  onLink: (index: number) => void
  search: Search | null
  control: RefObject<TranscriptControl | null>
}

/** A conversation of any length: messages come in windows of 200, and only those in sight are in the page. */
export function Transcript(props: TranscriptProps) {
  const { of, outline, ratings, current } = props
  const count = outline.flags.length
  const scroller = useRef<HTMLDivElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const estimates = useMemo(() => estimateHeights(outline), [outline])
  const rows = useRows(estimates, scroller, list, current)
  const first = Math.floor(rows.first / WINDOW)
  const windows = count === 0 ? [] : range(first, Math.floor(rows.last / WINDOW))
  const { messages, error, retry } = useWindows(of, windows, count)
  const { views, open } = useViewsOf(of)
  const byMessage = useMemo(() => Map.groupBy(ratings, one => one.message_index), [ratings])
  useControl({ ...props, count, rows, open })
  useHighlights(list, props.search)
  const isMain = of.thread === 0
  return (
    <ViewsContext value={views}>
      <div className="transcript">
        {error !== null && <Failure what="Couldn't load these messages" error={error} onRetry={retry} />}
        <div
          className="transcript-scroller"
          ref={scroller}
          role="feed"
          aria-label="Transcript"
          aria-busy={messages.size === 0}
          tabIndex={-1}
        >
          <div className="transcript-space" style={{ height: rows.height }}>
            <div ref={list} className="transcript-rows" style={{ transform: `translateY(${rows.top}px)` }}>
              {range(rows.first, rows.last).map(index => {
                const message = messages.get(index)
                const flags = outline.flags[index] ?? 0
                return (
                  <article
                    key={index}
                    data-row-index={index}
                    data-current={index === current || undefined}
                    tabIndex={-1}
                    aria-label={`Message ${index}`}
                    aria-posinset={index + 1}
                    aria-setsize={count}
                    hidden={message === undefined && hasOnlyResults(flags)}
                    onClick={() => props.onCurrent(index)}
                  >
                    {message === undefined ? (
                      <Waiting height={estimates[index] ?? 40} />
                    ) : (
                      <Guard>
                        <Row message={message} ratings={byMessage.get(index)} isMain={isMain} transcript={props} />
                      </Guard>
                    )}
                  </article>
                )
              })}
            </div>
          </div>
        </div>
        <Minimap outline={outline} ratings={isMain ? ratings : []} view={rows.view} onChoose={props.onGo} />
      </div>
    </ViewsContext>
  )
}

interface RowProps {
  message: ShownMessage
  ratings: Rating[] | undefined
  isMain: boolean
  transcript: TranscriptProps
}

function Row({ message, ratings = [], isMain, transcript }: RowProps) {
  const { rating, commenting, onComment, drafts } = transcript
  const index = message.message_index
  if (message.blocks.length > 0 && message.blocks.every(block => block.type === 'tool_result' && block.call !== null)) {
    return null
  }
  return (
    <>
      <MessageBlocks
        message={message}
        tools={
          isMain && (
            <Thumbs
              message={index}
              ratings={ratings}
              onToggle={thumb => rating.toggle(index, thumb)}
              onComment={() => onComment(index)}
              onCorrect={message.role === 'assistant' ? () => transcript.onCorrect(index) : null}
              onLink={() => transcript.onLink(index)}
            />
          )
        }
      />
      {isMain && <Comments ratings={ratings} />}
      {isMain && commenting === index && (
        <CommentForm
          message={index}
          own={rating.findOwn(index)}
          drafts={drafts}
          onSave={draft => rating.comment(index, draft)}
          onClose={() => onComment(null)}
        />
      )}
    </>
  )
}

function Waiting({ height }: { height: number }) {
  return (
    <div style={{ height: Math.min(height, 400), overflow: 'hidden' }}>
      <Skeleton lines={Math.max(1, Math.min(3, Math.floor(height / 28)))} />
    </div>
  )
}

/** What is folded and open, kept while rows come and go. */
function useViewsOf(of: Conversation) {
  const [views, setViews] = useState<ReadonlyMap<string, BlockView>>(new Map())
  const change = useCallback(
    (place: string, view: BlockView) => setViews(held => new Map(held).set(place, { ...held.get(place), ...view })),
    [],
  )
  const { project, client, id, thread } = of
  const value = useMemo(
    () => ({
      of: { project, client, id, thread },
      depth: 0,
      read: (place: string) => views.get(place) ?? {},
      change,
    }),
    [project, client, id, thread, views, change],
  )
  return { views: value, open: change }
}

function useControl(
  props: TranscriptProps & {
    count: number
    rows: ReturnType<typeof useRows>
    open: (place: string, view: BlockView) => void
  },
): void {
  const { of, count, rows, open, outline, control } = props
  const queries = useQueryClient()
  const wanted = useRef(0)
  const settle = async (index: number) => {
    if (!hasOnlyResults(outline.flags[index] ?? 0)) return { row: index, message: null }
    const message = await ensureMessage(queries, of, index, count)
    const call = message?.blocks.find(block => block.type === 'tool_result')?.call
    return { row: call ?? index, message }
  }
  const show = async (index: number) => {
    wanted.current = index
    if (!hasOnlyResults(outline.flags[index] ?? 0)) {
      rows.scrollTo(index)
      return index
    }
    const { row } = await settle(index)
    if (wanted.current === index) rows.scrollTo(row)
    return row
  }
  useImperativeHandle(control, () => ({
    show,
    showHit: async ([thread, index, block, at]) => {
      const place = nameBlock(thread, index, block)
      const message = await ensureMessage(queries, of, index, count)
      const found = message?.blocks[block]
      const isFar = found !== undefined && 'text' in found && at >= found.text.length
      open(place, { open: true, lines: 400, ...(isFar ? { at } : {}) })
      const call = found?.type === 'tool_result' ? found.call : null
      if (call === null) return show(index)
      const caller = await ensureMessage(queries, of, call, count)
      const unit = caller?.blocks.findIndex(
        one => one.type === 'tool_call' && one.result?.message_index === index && one.result.block === block,
      )
      if (unit !== undefined && unit >= 0) open(nameBlock(thread, call, unit), { open: true })
      return show(call)
    },
    fold: async index => {
      const message = await ensureMessage(queries, of, index, count)
      const foldable = message?.blocks.flatMap((block, nth) => {
        const canFold = block.type === 'tool_call' || block.type === 'thinking' || message.role === 'system'
        const place = nameBlock(of.thread, index, nth)
        return canFold ? [{ place, open: block.type === 'tool_call' && isOpenAtFirst(block) }] : []
      })
      const isOpen = document.querySelector(`[data-row-index="${index}"] .unit-head[aria-expanded="true"]`) !== null
      for (const { place } of foldable ?? []) open(place, { open: !isOpen })
    },
    seen: () => rows.seen,
    isSeen: rows.isSeen,
  }))
  const { thread } = of
  // A place that the address names is gone to when the transcript is there.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each conversation
  useEffect(() => {
    if (props.current >= 0 && props.current < count) void show(props.current)
  }, [thread, of.id])
}

const { text, thinking, calls, attachment, results, subagent } = MESSAGE_FLAGS

/** How high messages will turn out, by what the outline says of them; measured once they are in the page. */
function estimateHeights(outline: Outline): Float64Array {
  return Float64Array.from(outline.flags, (flags, index) => {
    if (hasOnlyResults(flags)) return 0
    const isFolded = (flags & 3) === 0
    const lines = isFolded ? 1 : Math.min(40, Math.ceil((outline.characters[index] ?? 0) / 95))
    let height = 34
    if ((flags & text) !== 0) height += 12 + lines * 20
    if ((flags & thinking) !== 0) height += 28
    if ((flags & calls) !== 0) height += 30
    if ((flags & (attachment | subagent)) !== 0) height += 24
    return (flags & results) !== 0 ? height + 60 : height
  })
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index)
}
