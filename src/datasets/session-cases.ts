import { readVisibleText, toChatMessages } from '#sessions/conversation.ts'
import type { Transcript, TranscriptMessage } from '#sessions/transcript.ts'
import type { NewCase } from './case.ts'

export type RatingKind = 'liked' | 'disliked'

/**
 * Each request of the user in a session, with the conversation before it, as the input `{messages}` of a case. Messages that
 * only bring tool results are no requests. Pure.
 */
export function listRequests(transcript: Transcript): NewCase[] {
  return transcript.messages.flatMap((message, index) => {
    if (message.role !== 'user' || readVisibleText(message.blocks).trim() === '') return []
    return [describeCase(transcript, index, transcript.messages.slice(0, index + 1))]
  })
}

/**
 * The answers of a session that people rated, as cases whose input is the conversation before: a liked answer is what is
 * expected, of a disliked one it is only known that it is not, so it stands in `metadata.answer`. An answer with as many
 * thumbs up as down says nothing. Pure.
 */
export function listRatedAnswers(transcript: Transcript, kinds: readonly RatingKind[]): NewCase[] {
  return transcript.messages.flatMap((message, index): NewCase[] => {
    if (message.role !== 'assistant') return []
    const answer = readVisibleText(message.blocks)
    const rating = sumReactions(message)
    const kind = rating > 0 ? 'liked' : 'disliked'
    if (rating === 0 || answer.trim() === '' || !kinds.includes(kind)) return []
    const given = describeCase(transcript, index, transcript.messages.slice(0, index))
    const comments = message.reactions.flatMap(({ comment }) => (comment === null ? [] : [comment]))
    const rated = { ...given.metadata, rating: Math.sign(rating), ...(comments.length === 0 ? {} : { comments }) }
    if (kind === 'liked') return [{ ...given, expected: answer, metadata: rated }]
    return [{ ...given, metadata: { ...rated, answer } }]
  })
}

function describeCase(transcript: Transcript, index: number, before: TranscriptMessage[]): NewCase {
  const { session_id, profile_id } = transcript
  return {
    id: `${session_id}#${index}`,
    input: { messages: toChatMessages(before) },
    expected: null,
    metadata: { profile_id, message_index: index },
    source: session_id,
  }
}

function sumReactions(message: TranscriptMessage): number {
  return message.reactions.reduce((sum, reaction) => sum + reaction.rating, 0)
}
