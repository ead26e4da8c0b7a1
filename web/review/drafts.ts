import { listValues, putValue, readValue, removeValue } from './browser-store.ts'
import { type FailureCategory, readCategory } from './categories.ts'

/** What a reviewer has typed and not yet decided on. */
export interface Draft {
  text: string
  category: FailureCategory | null
  /** In ms since 1970. */
  saved_at: number
}

/** Of which candidate, with which content: what was typed for another text is not mixed up with it. */
export interface DraftPlace {
  project: string
  id: string
  content_hash: string
}

/** Where a draft is put when the page goes away: the browser finishes this one at once. */
const LAST_PLACE = 'whetstone-draft:'
const KEPT_MS = 90 * 24 * 3_600_000

/** The newest draft of a candidate; null without one. What was put down in a hurry gets its proper place. */
export async function readDraft(place: DraftPlace): Promise<Draft | null> {
  const key = writeKey(place)
  const [kept, hurried] = [toDraft(await readValue('drafts', key).catch(() => null)), readHurried(key)]
  if (hurried === null || (kept !== null && kept.saved_at > hurried.saved_at)) return kept
  try {
    await putValue('drafts', key, hurried)
    localStorage.removeItem(LAST_PLACE + key)
  } catch {
    // It stays where it is.
  }
  return hurried
}

/** Keeps a draft. @throws if the browser keeps nothing. */
export async function saveDraft(place: DraftPlace, draft: Draft): Promise<void> {
  await putValue('drafts', writeKey(place), draft)
}

/** Keeps a draft at once, while the page goes away. */
export function saveDraftInHurry(place: DraftPlace, draft: Draft): void {
  try {
    localStorage.setItem(LAST_PLACE + writeKey(place), JSON.stringify(draft))
  } catch {
    // Too long for this place: what was typed up to a quarter of a second ago is in the other.
  }
}

/** Forgets a draft. */
export async function removeDraft(place: DraftPlace): Promise<void> {
  const key = writeKey(place)
  localStorage.removeItem(LAST_PLACE + key)
  await removeValue('drafts', key).catch(() => {})
}

/** Forgets what nobody came back to for a quarter of a year. */
export async function forgetOldDrafts(now: number): Promise<void> {
  const drafts = await listValues('drafts').catch(() => [])
  const old = drafts.filter(({ value }) => (toDraft(value)?.saved_at ?? 0) < now - KEPT_MS)
  await Promise.all(old.map(({ key }) => removeValue('drafts', key).catch(() => {})))
}

function writeKey({ project, id, content_hash }: DraftPlace): string {
  return JSON.stringify([project, id, content_hash])
}

function readHurried(key: string): Draft | null {
  const written = localStorage.getItem(LAST_PLACE + key)
  if (written === null) return null
  try {
    return toDraft(JSON.parse(written))
  } catch {
    return null
  }
}

function toDraft(given: unknown): Draft | null {
  if (typeof given !== 'object' || given === null || !('text' in given) || !('saved_at' in given)) return null
  if (typeof given.text !== 'string' || typeof given.saved_at !== 'number') return null
  return { text: given.text, saved_at: given.saved_at, category: readCategory('category' in given && given.category) }
}
