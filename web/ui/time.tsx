import { Tooltip } from '@mantine/core'
import { useSyncExternalStore } from 'react'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** A time in a few letters: `now`, `4 min`, `3 h`, `2 d`, `14 Nov`, `14 Nov 2024`. */
export function formatAge(time: string, now: number): string {
  const date = new Date(time)
  const age = now - date.getTime()
  if (age > -MINUTE && age < MINUTE) return 'now'
  if (age > 0 && age < 60 * MINUTE) return `${Math.floor(age / MINUTE)} min`
  if (age > 0 && age < DAY) return `${Math.floor(age / (60 * MINUTE))} h`
  if (age > 0 && age < 7 * DAY) return `${Math.floor(age / DAY)} d`
  const sameYear = date.getFullYear() === new Date(now).getFullYear()
  return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', ...(sameYear ? {} : { year: 'numeric' }) })
}

/** The exact time, in the reader's zone and in UTC. */
export function formatExact(time: string): string {
  const date = new Date(time)
  const local = date.toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })
  return `${local} here · ${time.slice(0, 19).replace('T', ' ')} UTC`
}

/** The hour and minute in the reader's zone, as `14:02`. */
export function formatClock(time: number): string {
  return new Date(time).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
}

/** A time as its age, with the exact one on hover and focus. In a table the row is the focus. */
export function Time({ at, focusable = false }: { at: string; focusable?: boolean }) {
  const now = useNow()
  return (
    <Tooltip label={formatExact(at)}>
      <time dateTime={at} {...(focusable ? { tabIndex: 0 } : {})}>
        {formatAge(at, now)}
      </time>
    </Tooltip>
  )
}

let present = Date.now()
const watchers = new Set<() => void>()
let ticking: ReturnType<typeof setInterval> | undefined

/** The time to half a minute: ages move together, and the page rests in between. */
export function useNow(): number {
  return useSyncExternalStore(watchClock, () => present)
}

function watchClock(watcher: () => void): () => void {
  if (watchers.size === 0) present = Date.now()
  watchers.add(watcher)
  ticking ??= setInterval(() => {
    present = Date.now()
    for (const one of watchers) one()
  }, 30_000)
  return () => {
    watchers.delete(watcher)
    if (watchers.size > 0) return
    clearInterval(ticking)
    ticking = undefined
  }
}
