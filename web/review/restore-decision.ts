import { type Client, type ReviewCandidate, readAnswer } from '#client.ts'
import { readCategory } from './categories.ts'
import { type Draft, saveDraft } from './drafts.ts'
import { type Entry, forgetEntry } from './outbox.ts'
import { readDetail } from './send-decision.ts'
import { uncountDecision } from './sitting.ts'

/** A candidate as it was before the decision, with what was written for it. */
export function restoreDecision(entry: Entry): [ReviewCandidate, Draft | null] {
  return restore(entry, entry.candidate)
}

/**
 * A candidate whose decision was refused, as it stands now, with what was written for it; where somebody else decided on it,
 * that decision is taken back.
 *
 * @throws Refusal, Unreachable
 */
export async function lookAgain(client: Client, entry: Entry): Promise<[ReviewCandidate, Draft | null]> {
  const { id } = entry.candidate
  let { candidate } = await readDetail(client, id)
  if (candidate.status !== 'needs_review') {
    await readAnswer(client.api.corrections.undo.$post({ json: { id } }))
    candidate = (await readDetail(client, id)).candidate
  }
  const restored = restore(entry, candidate)
  forgetEntry(entry.no)
  uncountDecision(entry.project)
  return restored
}

function restore({ project, text, category }: Entry, candidate: ReviewCandidate): [ReviewCandidate, Draft | null] {
  const draft = text === null ? null : { text, category, saved_at: Date.now() }
  const place = { project, id: candidate.id, content_hash: candidate.review.content_hash }
  // Where the browser keeps nothing, it is on the screen.
  if (draft !== null) void saveDraft(place, draft).catch(() => {})
  return [{ ...candidate, failure_category: category ?? readCategory(candidate.failure_category) }, draft]
}
