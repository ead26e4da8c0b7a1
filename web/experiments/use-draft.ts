import { useCallback, useEffect, useRef, useState } from 'react'

/** What this browser keeps of a text that nobody has sent yet. */
interface KeptDraft {
  text: string
  at: number
}

const WRITING_MS = 250

/**
 * A text that survives a reload and a server that is away: it is kept in this browser from the first change on, until it is
 * let go.
 *
 * @param start what it is without a change.
 */
export function useDraft(key: string, start: string) {
  const [kept] = useState(() => readDraft(key))
  const [text, setText] = useState(kept?.text ?? start)
  const [restored, setRestored] = useState(kept !== null && kept.text !== start ? kept.at : null)
  const latest = useRef({ text, start, gone: false })
  latest.current.text = text
  latest.current.start = start
  const write = useCallback(() => {
    const { text: now, start: before, gone } = latest.current
    if (gone || now === before) localStorage.removeItem(key)
    else keepDraft(key, now)
  }, [key])
  // biome-ignore lint/correctness/useExhaustiveDependencies: each text is written a moment after it was typed
  useEffect(() => {
    const timer = setTimeout(write, WRITING_MS)
    return () => clearTimeout(timer)
  }, [text, write])
  useEffect(() => {
    window.addEventListener('pagehide', write)
    return () => {
      window.removeEventListener('pagehide', write)
      write()
    }
  }, [write])
  return {
    text,
    setText,
    /** When the kept text was written that stands here instead of the start; null where there was none. */
    restored,
    /** Goes back to the start. */
    discard: () => {
      setText(start)
      setRestored(null)
    },
    /** The text has been sent and need not be kept any more. */
    release: () => {
      latest.current.gone = true
      localStorage.removeItem(key)
    },
  }
}

/** Under which name a text is kept: of a draft by its id, of a new experiment as `new`. */
export function nameDraft(project: string, id: string): string {
  return `whetstone-draft ${project} ${id}`
}

/** Keeps a text in this browser. One that has no room here is still in the page. */
export function keepDraft(key: string, text: string): void {
  const draft: KeptDraft = { text, at: Date.now() }
  try {
    localStorage.setItem(key, JSON.stringify(draft))
  } catch {}
}

function readDraft(key: string): KeptDraft | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? 'null')
    if (typeof kept !== 'object' || kept === null) return null
    const { text, at } = { text: Reflect.get(kept, 'text'), at: Reflect.get(kept, 'at') }
    return typeof text === 'string' && typeof at === 'number' ? { text, at } : null
  } catch {
    return null
  }
}
