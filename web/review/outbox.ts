import type { ReviewCandidate } from '#client.ts'
import { changeValue, listValues, putValue, removeValue } from './browser-store.ts'
import type { FailureCategory } from './categories.ts'
import { removeDraft } from './drafts.ts'
import { listScreens } from './screen.ts'
import { isPassing, type Refused, readRefused, sendDecision, sendUndo, type TakenBack } from './send-decision.ts'

/** A decision on its way to the server. The text stays here and in its draft until the server has it. */
export interface Entry {
  no: string
  project: string
  /** The tab that sends it. */
  screen: string
  candidate: ReviewCandidate
  action: 'correct' | 'discard' | 'flag'
  /** What the reviewer wrote, also where nothing became of it. */
  text: string | null
  category: FailureCategory | null
  duration_ms: number
  decided_at: number
  /** A second opinion. */
  second: boolean
  state: 'waiting' | 'saved' | 'refused'
  /** Sent before without an answer, so that it may have arrived. */
  unsure: boolean
  /** To be taken back, as soon as it is there. */
  undo: boolean
  /** Why it is not there yet; null while nothing went wrong. */
  trouble: string | null
  tried_at: number
  refused: Refused | null
}

/** So many of the last decisions can be taken back. */
const KEPT = 20
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000]
/** Where the browser does not say which tabs are open: one that is tries more often. */
const ABANDONED_MS = 60_000

let entries: Entry[] = []
const watchers = new Set<() => void>()
const undoWatchers = new Set<(entry: Entry, taken: TakenBack) => void>()
/** What goes on with each candidate: its decisions are sent one after the other. */
const tails = new Map<string, Promise<void>>()
const sleepers = new Set<() => void>()

/** All decisions that are not forgotten, oldest first; the same array until one changes. */
export function listEntries(): Entry[] {
  return entries
}

/** @returns the function that ends the watching. */
export function watchOutbox(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

/** Calls back when the server has taken a decision back. @returns the function that ends it. */
export function watchUndone(watcher: (entry: Entry, taken: TakenBack) => void): () => void {
  undoWatchers.add(watcher)
  return () => undoWatchers.delete(watcher)
}

/** Whether the server has not answered yet for a candidate. */
export function isUnderWay(project: string, id: string): boolean {
  return entries.some(entry => entry.project === project && entry.candidate.id === id && isOpen(entry))
}

/** Whether it was decided here of late. */
export function isDecidedHere(project: string, id: string): boolean {
  return entries.some(entry => entry.project === project && entry.candidate.id === id && entry.state === 'saved')
}

/** Sends a decision, however long it takes. */
export function addDecision(
  decision: Omit<Entry, 'no' | 'state' | 'unsure' | 'undo' | 'trouble' | 'tried_at' | 'refused' | 'decided_at'>,
): void {
  const now = Date.now()
  const no = `${String(now).padStart(15, '0')} ${crypto.getRandomValues(new Uint32Array(1))[0]}`
  const state = { state: 'waiting', unsure: false, undo: false, trouble: null, tried_at: now, refused: null } as const
  const entry: Entry = { ...decision, ...state, no, decided_at: now }
  setEntries([...entries, entry])
  void keep(entry)
  work(entry)
  forgetOldest()
}

/** Takes a decision back; while it is still on its way, as soon as it has arrived. */
export function undoEntry(no: string): void {
  const entry = change(no, { undo: true })
  if (entry?.state === 'saved') work(entry)
}

/** Sends once more what was refused. */
export function retryEntry(no: string): void {
  const entry = change(no, { state: 'waiting', refused: null, trouble: null })
  if (entry !== undefined) work(entry)
}

/** Drops a decision from this browser; the server's state stays as it is. */
export function forgetEntry(no: string): void {
  setEntries(entries.filter(entry => entry.no !== no))
  void removeValue('outbox', no).catch(() => {})
}

/** Tries again at once whatever waits for the server. */
export function hurryOutbox(): void {
  for (const wake of sleepers) wake()
}

/**
 * Goes on with what this tab, or one that is closed, left behind. Of several tabs one takes it.
 *
 * @param wish `unsent` leaves what the server has, or has refused, to the tab that reviews next.
 */
export async function resumeOutbox(screen: string, now: number, wish: 'all' | 'unsent' = 'all'): Promise<void> {
  const kept = (await listValues('outbox').catch(() => [])).map(({ value }) => value).filter(isEntry)
  const screens = await listScreens()
  const isLeft = (entry: Entry) =>
    screens === null ? isOpen(entry) && entry.tried_at < now - ABANDONED_MS : !screens.has(entry.screen)
  const ours = kept.filter(entry => entry.screen === screen || isLeft(entry))
  const taken = await Promise.all(
    ours
      .filter(entry => (wish === 'all' || isOpen(entry)) && !entries.some(one => one.no === entry.no))
      .map(entry => takeOver(entry, screen, now)),
  )
  // Asked twice at the same time, this tab has it by now.
  const added = taken.filter(entry => entry !== undefined && !entries.some(one => one.no === entry.no))
  if (added.length === 0) return
  const all = added.flatMap(entry => (entry === undefined ? [] : [entry]))
  setEntries([...all, ...entries].sort((a, b) => (a.no < b.no ? -1 : 1)))
  for (const entry of all) if (isOpen(entry)) work(entry)
  forgetOldest()
}

/** Makes it this tab's, unless another has taken or changed it meanwhile; it may have been under way when its page went. */
function takeOver(entry: Entry, screen: string, now: number): Promise<Entry | undefined> {
  return changeValue('outbox', entry.no, former =>
    isEntry(former) && former.screen === entry.screen && former.tried_at === entry.tried_at
      ? { ...former, screen, unsure: true, tried_at: now }
      : undefined,
  ).catch(() => undefined)
}

function forgetOldest(): void {
  for (const old of entries.filter(one => one.state === 'saved' && !one.undo).slice(0, -KEPT)) forgetEntry(old.no)
}

function isOpen(entry: Entry): boolean {
  return entry.state === 'waiting' || (entry.state === 'saved' && entry.undo)
}

function work({ no, project, candidate }: Entry): void {
  const key = JSON.stringify([project, candidate.id])
  const before = tails.get(key) ?? Promise.resolve()
  const tail = before.then(() => sendUntilSettled(no))
  tails.set(key, tail)
  void tail.then(() => {
    if (tails.get(key) === tail) tails.delete(key)
  })
}

async function sendUntilSettled(no: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const entry = entries.find(one => one.no === no)
    if (entry === undefined || !isOpen(entry)) return
    try {
      if (entry.state === 'waiting') await sendOnce(entry)
      else return await takeBackOnce(entry)
    } catch (error) {
      if (!isPassing(error)) {
        const refused = await readRefused(entry, error)
        change(no, { state: 'refused', undo: false, trouble: null, refused })
        return
      }
      change(no, { trouble: describeTrouble(error), unsure: true, tried_at: Date.now() })
      await sleep(PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)] ?? 0)
    }
  }
}

async function sendOnce(entry: Entry): Promise<void> {
  await sendDecision(entry)
  change(entry.no, { state: 'saved', trouble: null })
  const { id, review } = entry.candidate
  // A new draft that was begun after taking this one back has to stay.
  if (!entries.find(one => one.no === entry.no)?.undo)
    await removeDraft({ project: entry.project, id, content_hash: review.content_hash })
}

async function takeBackOnce(entry: Entry): Promise<void> {
  const taken = await sendUndo(entry)
  forgetEntry(entry.no)
  for (const watcher of undoWatchers) watcher(entry, taken)
}

function describeTrouble(error: unknown): string {
  if (!(error instanceof Error) || error.name !== 'Refusal') return 'server unreachable.'
  return error.message
}

function change(no: string, part: Partial<Entry>): Entry | undefined {
  const former = entries.find(entry => entry.no === no)
  if (former === undefined) return
  const entry = { ...former, ...part }
  setEntries(entries.map(one => (one.no === no ? entry : one)))
  void keep(entry)
  return entry
}

async function keep(entry: Entry): Promise<void> {
  // Where the browser keeps nothing, it is in the page alone.
  await putValue('outbox', entry.no, entry).catch(() => {})
  if (!entries.some(one => one.no === entry.no)) await removeValue('outbox', entry.no).catch(() => {})
}

function setEntries(next: Entry[]): void {
  entries = next
  for (const watcher of watchers) watcher()
}

function sleep(ms: number): Promise<void> {
  return new Promise(resolve => {
    const wake = () => {
      clearTimeout(timer)
      sleepers.delete(wake)
      resolve()
    }
    const timer = setTimeout(wake, ms)
    sleepers.add(wake)
  })
}

function isEntry(given: unknown): given is Entry {
  return typeof given === 'object' && given !== null && 'no' in given && 'candidate' in given && 'state' in given
}
