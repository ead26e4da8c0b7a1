import { Conflict, Invalid, NotFound } from '#errors.ts'
import { isBlank } from './blank.ts'
import type { CandidateStatus } from './candidate.ts'

/** What a reviewer does to a candidate. The other actions of the history (comment, reassign) leave the state as it is. */
export type ReviewAction = 'correct' | 'discard' | 'flag' | 'undo' | 'edit' | 'adjudicate'

export interface ReviewStep {
  id: string
  action: ReviewAction
  /** What an adjudication comes to. */
  verdict?: 'correct' | 'discard' | 'flag' | undefined
  corrected_response?: string | null | undefined
  /** What the reviewer saw, as a hexadecimal hash; without it the step binds to whatever is there. */
  content_hash?: string | undefined
}

/** What stands there before the step; null when nothing does. */
export interface ReviewState {
  status: CandidateStatus
  /** Hexadecimal. */
  content_hash: string
}

const OUTCOMES = { correct: 'approved', discard: 'discarded', flag: 'model_rejected', undo: 'needs_review' } as const

/**
 * The status after a step, from the status before it. The whole of what is legal stands here.
 *
 * @throws in this order: Invalid for a blank correction, NotFound for an unknown candidate, Conflict where the status does
 * not allow the step, and Conflict where the content is not the one that the reviewer saw.
 */
export function takeStep(state: ReviewState | null, step: ReviewStep): CandidateStatus {
  const { action, id } = step
  const outcome = action === 'adjudicate' ? (step.verdict ?? 'discard') : action
  if ((outcome === 'correct' || outcome === 'edit') && isBlank(step.corrected_response ?? '')) {
    throw new Invalid('A correction needs text that can be seen', ['body', 'corrected_response'], 'blank')
  }
  if (state === null) throw new NotFound(`There is no candidate "${id}".`)
  const { status } = state
  if (action === 'undo') {
    if (status === 'needs_review') throw new Conflict(`The candidate "${id}" is in needs_review already.`)
  } else if (action === 'edit') {
    if (status !== 'approved') throw new Conflict(`Only an approved correction can be edited; this one is ${status}.`)
  } else if (action === 'adjudicate') {
    if (status === 'needs_review') throw new Conflict(`Nobody has decided on the candidate "${id}" yet.`)
  } else if (status !== 'needs_review') {
    throw new Conflict(`The candidate "${id}" is not in needs_review but ${status}.`)
  }
  if (step.content_hash !== undefined && step.content_hash !== state.content_hash) {
    throw new Conflict(`The candidate "${id}" has changed since it was shown; look at it again.`)
  }
  return outcome === 'edit' ? status : OUTCOMES[outcome]
}
