import { type Client, Refusal, type ReviewCandidate, readAnswer } from '#client.ts'
import { type QueueFilter, toNarrowing } from '../corrections/corrections-search.ts'
import { type Draft, readDraft } from './drafts.ts'
import { isDecidedHere, isUnderWay } from './outbox.ts'

/** A candidate that is this screen's for a while. */
export interface Held {
  candidate: ReviewCandidate
  draft: Draft | null
  /** In ms since 1970, by this browser's clock; null where nothing is held, as for second opinions. */
  until: number | null
  /** Tells it from the same candidate when that was shown before. */
  showing: number
}

/** What lies on the desk: the first is on the screen, the others come next. */
export interface DeskState {
  held: Held[]
  /** Nothing more comes after the last; until something does. */
  ended: boolean
  /** Of the last time that the server was asked; null when that went well. */
  failure: unknown
  /** What the reviewer has to know about the candidate that was to be shown; null mostly. */
  notice: string | null
  passedOver: number
}

export interface DeskOptions {
  project: string
  client: Client
  /** The name of this tab, which may change before it is opened. */
  nameScreen: () => string
  filter: QueueFilter
  second: boolean
  /** Begins with this one. */
  start: string | undefined
}

/** So many are ready behind the one on the screen. */
const AHEAD = 2
const LEASE_SECONDS = 600
const RENEW_MS = 120_000
const RETRY_MS = 2_000

let showings = 0

/** Fetches candidates before they are needed, and holds them as long as they are seen. */
export function createDesk(options: DeskOptions) {
  const { project, client, nameScreen, second } = options
  const { corrections } = client.api
  const watchers = new Set<() => void>()
  const filter = toNarrowing(options.filter)
  let state: DeskState = { held: [], ended: false, failure: null, notice: null, passedOver: 0 }
  let { start } = options
  /** The furthest that was fetched in the order of the queue. */
  let last: string | undefined
  let open = false
  let filling = false
  /** There was nothing more, the last time. */
  let exhausted = false
  let retry: ReturnType<typeof setTimeout> | undefined
  let renewal: ReturnType<typeof setInterval> | undefined

  const set = (part: Partial<DeskState>) => {
    state = { ...state, ...part }
    for (const watcher of watchers) watcher()
  }
  const hold = (candidate: ReviewCandidate, draft: Draft | null, until: number | null): Held => ({
    candidate,
    draft,
    until,
    showing: ++showings,
  })
  const claim = async (wish: { id: string } | { after?: string }) => {
    const json = { ...('id' in wish ? {} : filter), ...wish, screen: nameScreen(), lease_seconds: LEASE_SECONDS }
    const asked = Date.now()
    const { candidate } = await readAnswer(corrections.claim.$post({ json }))
    return { candidate, until: asked + LEASE_SECONDS * 1_000 }
  }
  const release = (id: string) => {
    if (second) return
    // It ends by itself, should the server not hear of it.
    void corrections.release.$post({ json: { id, screen: nameScreen() } }).catch(() => {})
  }

  const releaseAll = () => {
    if (second) return
    // Without a body it is sent to its end, even while the page goes.
    void corrections.claims.$delete({ query: { screen: nameScreen() } }, { init: { keepalive: true } }).catch(() => {})
  }

  /** The one that the address names, once; then what follows the last. */
  const fetchNext = async (): Promise<{ candidate: ReviewCandidate | null; until: number | null }> => {
    const after = last === undefined ? {} : { after: last }
    if (second) {
      return { ...(await readAnswer(corrections.opinions.next.$get({ query: after }))), until: null }
    }
    if (start === undefined) return claim(after)
    const id = start
    try {
      const found = await claim({ id })
      start = undefined
      return found
    } catch (error) {
      if (!(error instanceof Refusal) || ![404, 409].includes(error.status)) throw error
      start = undefined
      last = error.status === 404 ? undefined : id
      if (!isDecidedHere(project, id)) set({ notice: `${error.message} This is the next one.` })
      return claim(last === undefined ? {} : { after: last })
    }
  }

  const fill = async (): Promise<void> => {
    if (filling || !open) return
    filling = true
    clearTimeout(retry)
    try {
      while (open && !exhausted && state.held.length <= AHEAD) {
        const { candidate, until } = await fetchNext()
        if (candidate === null) {
          exhausted = true
          set({ ended: true, failure: null })
          break
        }
        last = candidate.id
        const known = state.held.some(one => one.candidate.id === candidate.id)
        const place = { project, id: candidate.id, content_hash: candidate.review.content_hash }
        const draft = known ? null : await readDraft(place)
        if (!open || isUnderWay(project, candidate.id)) release(candidate.id)
        else if (!known) set({ held: [...state.held, hold(candidate, draft, until)], ended: false, failure: null })
      }
    } catch (error) {
      set({ failure: error })
      retry = setTimeout(() => void fill(), RETRY_MS)
    } finally {
      filling = false
    }
  }

  /** Holds on to what is there; what somebody else has meanwhile goes, unless it is being looked at. */
  const renew = async (): Promise<void> => {
    if (second || !open) return
    await Promise.all(
      state.held.map(async ({ candidate: { id } }) => {
        if (isUnderWay(project, id)) return
        try {
          const { candidate, until } = await claim({ id })
          if (!open) return release(id)
          set({ held: state.held.map(one => renewOne(one, id, candidate, until)) })
        } catch (error) {
          if (!(error instanceof Refusal) || ![404, 409].includes(error.status)) return
          if (state.held[0]?.candidate.id === id) set({ notice: `${error.message} You hold it no longer.` })
          else set({ held: state.held.filter(one => one.candidate.id !== id) })
        }
      }),
    )
    void fill()
  }
  const renewOne = (one: Held, id: string, candidate: ReviewCandidate | null, until: number): Held => {
    if (one.candidate.id !== id) return one
    // What is being read stays; should it have changed, the decision is refused and both are shown.
    const isRead = state.held[0] === one
    const same = candidate === null || candidate.review.content_hash === one.candidate.review.content_hash
    return same || isRead ? { ...one, until } : { ...hold(candidate, null, until) }
  }

  const onSight = () => {
    if (document.visibilityState === 'visible') void renew()
  }
  const onPageHide = () => {
    open = false
    releaseAll()
  }
  const onPageShow = (event: PageTransitionEvent) => {
    if (!event.persisted) return
    open = true
    void renew()
  }

  return {
    read: () => state,
    watch: (watcher: () => void) => {
      watchers.add(watcher)
      return () => void watchers.delete(watcher)
    },
    open: () => {
      open = true
      document.addEventListener('visibilitychange', onSight)
      window.addEventListener('pagehide', onPageHide)
      window.addEventListener('pageshow', onPageShow)
      renewal = setInterval(onSight, RENEW_MS)
      void fill()
    },
    close: () => {
      open = false
      clearTimeout(retry)
      clearInterval(renewal)
      document.removeEventListener('visibilitychange', onSight)
      window.removeEventListener('pagehide', onPageHide)
      window.removeEventListener('pageshow', onPageShow)
      // One by one: the next desk of this tab may hold others already.
      for (const { candidate } of state.held) release(candidate.id)
      state = { ...state, held: [] }
    },
    /** Goes on to the next: the one on the screen is decided, or passed over and so let go. */
    goOn: (passOver: boolean) => {
      const [current, ...held] = state.held
      if (current === undefined) return
      if (passOver) release(current.candidate.id)
      set({ held, notice: null, passedOver: state.passedOver + (passOver ? 1 : 0) })
      void fill()
    },
    /** Puts one before all others, as it was left. */
    putFirst: (candidate: ReviewCandidate, draft: Draft | null) => {
      const others = state.held.filter(one => one.candidate.id !== candidate.id)
      set({ held: [hold(candidate, draft, null), ...others], notice: null })
    },
    renew,
    /** Asks the server at once for what is missing. */
    retry: () => void fill(),
    /** Begins at the front of the queue again. */
    beginAgain: () => {
      last = undefined
      exhausted = false
      set({ passedOver: 0, notice: null })
      void fill()
    },
  }
}
