import { useEffect, useRef } from 'react'

/** @returns a function that says for how many ms the page was seen since this was mounted. */
export function useVisibleTime(): () => number {
  const time = useRef({ seen: 0, since: 0 })
  useEffect(() => {
    const now = () => (document.visibilityState === 'visible' ? performance.now() : 0)
    time.current = { seen: 0, since: now() }
    const look = () => {
      const { seen, since } = time.current
      time.current = { seen: since === 0 ? seen : seen + performance.now() - since, since: now() }
    }
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  return () => {
    const { seen, since } = time.current
    return Math.round(since === 0 ? seen : seen + performance.now() - since)
  }
}
