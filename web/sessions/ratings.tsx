import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { readAnswer } from '#client.ts'
import { describeError } from '../ui/states.tsx'
import type { Conversation, Rating } from './session-query.ts'
import './ratings.css'

/** Why another message cannot be sent to corrections. */
export const ONLY_AGENTS = 'Only what the agent said can be corrected.'

type Thumb = 1 | -1 | 0
interface NewRating {
  message_index: number
  rating: Thumb
  comment: string | null
}

/** A comment that was begun. It stays while its message comes and goes, and until the server has it. */
export interface CommentDraft {
  text: string
  thumb: 1 | -1
}

/** Rates messages: what is chosen shows at once, and is taken back if the server refuses it. */
export function useRating(of: Conversation, ratings: Rating[]) {
  const queries = useQueryClient()
  const key = [of.project, 'session', of.id, 'ratings']
  const sending = useMutation({
    mutationFn: (input: NewRating) =>
      readAnswer(of.client.api.eval.feedback.$post({ json: { session_id: of.id, ...input } })),
    onMutate: async input => {
      await queries.cancelQueries({ queryKey: key })
      const former = queries.getQueryData<Rating[]>(key)
      queries.setQueryData<Rating[]>(key, held => replaceOwn(held ?? [], input))
      return { former }
    },
    onError: (_error, _input, held) => queries.setQueryData(key, held?.former),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: key })
      void queries.invalidateQueries({ queryKey: [of.project, 'sessions'] })
    },
  })
  const findOwn = (message: number) => ratings.find(one => one.own && one.message_index === message)
  return {
    /** Why a thumb was not kept; a comment says so itself. */
    error: sending.variables?.comment == null ? sending.error : null,
    /** The same thumb again takes it away: nothing is left of it, which is not a thumb down. */
    toggle: (message_index: number, thumb: 1 | -1) => {
      const own = findOwn(message_index)
      const rating = own?.rating === thumb ? 0 : thumb
      sending.mutate({ message_index, rating, comment: rating === 0 ? null : (own?.comment ?? null) })
      return rating
    },
    /** @throws when the server did not take it. */
    comment: (message_index: number, { text, thumb }: CommentDraft) =>
      sending.mutateAsync({ message_index, rating: thumb, comment: text.trim() === '' ? null : text }),
    findOwn,
  }
}

/** The thumbs of a message, all people's, and one's own to be set. */
export function Thumbs(props: {
  message: number
  ratings: Rating[]
  onToggle: (thumb: 1 | -1) => void
  onComment: () => void
  /** Null where nothing can be corrected: what a person wrote, or a tool. */
  onCorrect: (() => void) | null
  onLink: () => void
}) {
  const { onCorrect } = props
  const own = props.ratings.find(one => one.own)
  return (
    <span className="thumbs">
      {([1, -1] as const).map(thumb => {
        const count = props.ratings.filter(one => one.rating === thumb).length
        return (
          <button
            type="button"
            key={thumb}
            data-thumb={thumb}
            aria-pressed={own?.rating === thumb}
            aria-label={`Thumb ${thumb === 1 ? 'up' : 'down'}, ${count} so far, message ${props.message}`}
            title={thumb === 1 ? 'Thumb up  +' : 'Thumb down  -'}
            onClick={() => props.onToggle(thumb)}
          >
            {`${thumb === 1 ? '▲' : '▼'}${count === 0 ? '' : count}`}
          </button>
        )
      })}
      <button
        type="button"
        title="Comment  m"
        aria-label={`Comment on message ${props.message}`}
        onClick={props.onComment}
      >
        ✎
      </button>
      <button
        type="button"
        title={onCorrect === null ? ONLY_AGENTS : 'Send to corrections  c'}
        aria-label={`Send message ${props.message} to corrections`}
        disabled={onCorrect === null}
        onClick={onCorrect ?? undefined}
      >
        ⚑
      </button>
      <button
        type="button"
        title="Copy a link to the message  y"
        aria-label={`Copy a link to message ${props.message}`}
        onClick={props.onLink}
      >
        #
      </button>
    </span>
  )
}

/** What people wrote beside their thumbs. */
export function Comments({ ratings }: { ratings: Rating[] }) {
  return ratings
    .filter(one => one.comment !== null)
    .map(one => (
      <p className="comment" key={one.author ?? ''}>
        <span data-thumb={one.rating}>{one.rating === 1 ? '▲' : '▼'}</span> {one.comment}
        <span className="quiet"> {one.author}</span>
      </p>
    ))
}

/** A thumb with words; it goes when the server has it. */
export function CommentForm(props: {
  message: number
  own: Rating | undefined
  drafts: Map<number, CommentDraft>
  onSave: (draft: CommentDraft) => Promise<unknown>
  onClose: () => void
}) {
  const { message, own, drafts, onSave, onClose } = props
  const [draft, setDraft] = useState<CommentDraft>(
    drafts.get(message) ?? { text: own?.comment ?? '', thumb: own?.rating === 1 ? 1 : -1 },
  )
  const [state, setState] = useState<{ saving?: boolean; error?: unknown }>({})
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    const { current } = field
    current?.focus()
    current?.setSelectionRange(current.value.length, current.value.length)
  }, [])
  const change = (to: Partial<CommentDraft>) => {
    const next = { ...draft, ...to }
    drafts.set(message, next)
    setDraft(next)
  }
  const save = async () => {
    if (state.saving) return
    setState({ saving: true })
    try {
      await onSave(draft)
      drafts.delete(message)
      onClose()
    } catch (error) {
      setState({ error })
    }
  }
  return (
    <form
      className="comment-form"
      onSubmit={event => {
        event.preventDefault()
        void save()
      }}
    >
      <fieldset>
        <legend className="unseen">Thumb</legend>
        {([1, -1] as const).map(value => (
          <label key={value}>
            <input
              type="radio"
              name="thumb"
              checked={draft.thumb === value}
              onChange={() => change({ thumb: value })}
            />
            {value === 1 ? '▲ up' : '▼ down'}
          </label>
        ))}
      </fieldset>
      <textarea
        ref={field}
        rows={3}
        aria-label={`Comment on message ${message}`}
        value={draft.text}
        onChange={event => change({ text: event.currentTarget.value })}
        onKeyDown={event => {
          if (event.key === 'Escape') onClose()
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void save()
        }}
      />
      {state.error !== undefined && (
        <p className="remark" role="alert">
          The comment was not saved: {describeError(state.error)} Your text is kept.
        </p>
      )}
      <div className="text-tools">
        <button type="submit">{state.saving ? 'Saving …' : 'Save · Ctrl Enter'}</button>
        <button type="button" onClick={onClose}>
          Close · Esc
        </button>
      </div>
    </form>
  )
}

/** Why a rating was not kept. */
export function RatingFailure({ error }: { error: Error | null }) {
  if (error === null) return null
  return (
    <p className="remark" role="alert">
      The thumb was not saved: {describeError(error)}
    </p>
  )
}

function replaceOwn(ratings: Rating[], input: NewRating): Rating[] {
  const others = ratings.filter(one => !(one.own && one.message_index === input.message_index))
  const { message_index, rating, comment } = input
  if (rating === 0) return others
  const own = { message_index, rating, comment, author: null, created_at: new Date().toISOString(), own: true }
  return [...others, own]
}
