import { type Client, Refusal, type ReviewCandidate, readAnswer } from '#client.ts'
import { clientOf } from '../shell/api.ts'
import { readQuestion } from '../shell/session-key.ts'
import type { Entry } from './outbox.ts'

/** What stands there instead of a decision that was refused. */
export interface Refused {
  message: string
  /** Who decided, or changed it, when and how; null when that is not known, or must not be. */
  by: { author: string; at: string; action: string; category: string | null; text: string | null } | null
  /** As it is now; null when it is gone, or must not be seen. */
  candidate: ReviewCandidate | null
}

/** What was made of a decision and is no more. */
export interface TakenBack {
  /** That had a case of the correction. */
  datasets: string[]
  /** That still have its line. */
  exports: string[]
}

/** After so long without an answer the server is asked again. */
const PATIENCE_MS = 30_000
/** A browser sends so much to its end after the page is gone, for all requests together, and refuses more. */
const OUTLIVES_PAGE = 12_000

/** Sends a decision. One that arrived before, and whose answer was lost, counts as sent. @throws Refusal, Unreachable */
export async function sendDecision(entry: Entry): Promise<void> {
  const { candidate, action, text, category, duration_ms } = entry
  const json = {
    id: candidate.id,
    action,
    corrected_response: action === 'correct' ? text : null,
    failure_category: category,
    content_hash: candidate.review.content_hash,
    duration_ms,
  }
  const { corrections } = clientOf(entry.project).api
  const keepalive = entry.trouble === null && (text?.length ?? 0) < OUTLIVES_PAGE
  try {
    await waitPatiently(async signal => {
      const init = { init: { signal, keepalive } }
      await readAnswer(
        entry.second ? corrections.opinions.$post({ json }, init) : corrections.submit.$post({ json }, init),
      )
    })
  } catch (error) {
    const again = isConflict(error) && entry.unsure
    if (again && (entry.second ? isOpinionKnown(error) : await hasArrived(entry))) return
    throw error
  }
}

/** Takes a decision back; one that is back already counts. @throws Refusal, Unreachable */
export async function sendUndo(entry: Entry): Promise<TakenBack> {
  const { corrections } = clientOf(entry.project).api
  try {
    const { retracted } = await waitPatiently(signal =>
      readAnswer(corrections.undo.$post({ json: { id: entry.candidate.id } }, { init: { signal, keepalive: true } })),
    )
    return retracted ?? { datasets: [], exports: [] }
  } catch (error) {
    if (isConflict(error)) return { datasets: [], exports: [] }
    throw error
  }
}

/** Whether the same request may succeed later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof Refusal) return error.status >= 500 || error.status === 429 || error.status === 408
  return error instanceof Error && ['Unreachable', 'AbortError', 'TimeoutError'].includes(error.name)
}

/** Looks for what came first. Of a second opinion nothing more is asked: it would show the first one. */
export async function readRefused(entry: Entry, error: unknown): Promise<Refused> {
  const message = error instanceof Error ? error.message : 'Something unexpected happened.'
  if (entry.second || !isConflict(error)) return { message, by: null, candidate: null }
  try {
    const { candidate, decisions } = await readDetail(clientOf(entry.project), entry.candidate.id)
    const last = decisions.findLast(({ status, action }) => status !== null || action === 'refresh')
    if (last === undefined) return { message, by: null, candidate }
    const { author, created_at, action, failure_category, corrected_response } = last
    const by = { author, at: created_at, action, category: failure_category, text: corrected_response }
    return { message, by, candidate }
  } catch {
    return { message, by: null, candidate: null }
  }
}

/** A candidate with its history. @throws Refusal, Unreachable */
export function readDetail(client: Client, id: string) {
  return readAnswer(client.api.corrections.candidates[':id'].$get({ param: { id: encodeURIComponent(id) } }))
}

/** The time that a decision took is as good as a name for it. */
async function hasArrived(entry: Entry): Promise<boolean> {
  const { decisions } = await readDetail(clientOf(entry.project), entry.candidate.id)
  const last = decisions.findLast(({ status }) => status !== null)
  return (
    last?.action === entry.action &&
    last.duration_ms === entry.duration_ms &&
    last.failure_category === entry.category &&
    (entry.action !== 'correct' || last.corrected_response === entry.text)
  )
}

function isOpinionKnown(error: unknown): boolean {
  return error instanceof Refusal && error.message.includes('already')
}

function isConflict(error: unknown): boolean {
  return error instanceof Refusal && error.status === 409
}

/** Gives up on a server that says nothing; while a key is asked for the time stands still. */
async function waitPatiently<Value>(send: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
  const ending = new AbortController()
  let left = PATIENCE_MS
  const timer = setInterval(() => {
    if (readQuestion() === null) left -= 1_000
    if (left <= 0) ending.abort()
  }, 1_000)
  try {
    return await send(ending.signal)
  } finally {
    clearInterval(timer)
  }
}
