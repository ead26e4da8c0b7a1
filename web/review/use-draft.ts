import { startTransition, useCallback, useEffect, useRef, useState } from 'react'
import { type FailureCategory, readCategory } from './categories.ts'
import type { Held } from './desk.ts'
import { type DraftPlace, removeDraft, saveDraft, saveDraftInHurry } from './drafts.ts'

/** Typing is kept this long after the first key that is not. */
const PAUSE_MS = 250

/** What is known of the keeping: when it was last done, in ms since 1970, or that this browser does not. */
export interface Keeping {
  saved_at: number | null
  failed: boolean
}

/**
 * The correction that is being written: null until it is begun. Every change is kept in this browser a quarter of a second
 * later, and what is not when the page goes away at that moment.
 */
export function useDraft(project: string, { candidate, draft }: Held) {
  const [text, setText] = useState(draft?.text ?? null)
  const [category, setCategory] = useState(draft?.category ?? readCategory(candidate.failure_category))
  const [keeping, setKeeping] = useState<Keeping>({ saved_at: draft?.saved_at ?? null, failed: false })
  const [place] = useState<DraftPlace>({ project, id: candidate.id, content_hash: candidate.review.content_hash })
  const latest = useRef({ text, category })
  const unsaved = useRef(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)

  const save = useCallback(async () => {
    clearTimeout(timer.current)
    timer.current = undefined
    const { text, category } = latest.current
    if (!unsaved.current || text === null) return
    try {
      const saved_at = Date.now()
      await saveDraft(place, { text, category, saved_at })
      // Not before: a page that goes away meanwhile may take the writing with it.
      if (latest.current.text === text && latest.current.category === category) unsaved.current = false
      setKeeping({ saved_at, failed: false })
    } catch {
      setKeeping(former => ({ ...former, failed: true }))
    }
  }, [place])
  const touch = useCallback(() => {
    unsaved.current = true
    timer.current ??= setTimeout(() => void save(), PAUSE_MS)
  }, [save])

  useEffect(() => {
    const onPageHide = () => {
      const { text, category } = latest.current
      if (unsaved.current && text !== null) saveDraftInHurry(place, { text, category, saved_at: Date.now() })
    }
    window.addEventListener('pagehide', onPageHide)
    return () => {
      window.removeEventListener('pagehide', onPageHide)
      void save()
    }
  }, [place, save])

  return {
    text,
    category,
    keeping,
    /** What was typed up to now, also where the page has not shown it yet. */
    readText: useCallback(() => latest.current.text, []),
    change: useCallback(
      (next: string) => {
        latest.current.text = next
        // The editor shows it by itself; what else follows must not keep the next key waiting.
        startTransition(() => setText(next))
        touch()
      },
      [touch],
    ),
    choose: useCallback(
      (next: FailureCategory | null) => {
        latest.current.category = next
        setCategory(next)
        if (latest.current.text !== null) touch()
      },
      [touch],
    ),
    /** Starts with a text that is no draft yet. */
    begin: useCallback((first: string) => {
      latest.current.text ??= first
      setText(latest.current.text)
    }, []),
    /** Back to before it was begun. */
    drop: useCallback(() => {
      latest.current.text = null
      unsaved.current = false
      setText(null)
      setKeeping({ saved_at: null, failed: false })
      void removeDraft(place)
    }, [place]),
  }
}
