import { Button } from '@mantine/core'
import { type ReactNode, useEffect, useState } from 'react'
import { Refusal } from '#client.ts'
import './states.css'
import { formatClock } from './time.tsx'

/** Whether it has been going on for long enough to be shown. */
export function useDelayed(busy: boolean, ms = 150): boolean {
  const [late, setLate] = useState(false)
  useEffect(() => {
    if (!busy) return setLate(false)
    const timer = setTimeout(() => setLate(true), ms)
    return () => clearTimeout(timer)
  }, [busy, ms])
  return busy && late
}

/** Bars in the place of text that is on its way; nothing in the first 150 ms. */
export function Skeleton({ lines = 6, height = 20 }: { lines?: number; height?: number }) {
  const visible = useDelayed(true)
  return (
    <div role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
          key={index}
          className="skeleton"
          style={{ height, visibility: visible ? 'visible' : 'hidden', width: `${88 - ((index * 17) % 40)}%` }}
        />
      ))}
    </div>
  )
}

/** There is nothing: either nothing yet, with what to do, or nothing that matches, with the way back. */
export function Empty({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty" role="status">
      <p>{children}</p>
      {action}
    </div>
  )
}

/** What could not be done, and why, in its place on the page until it works; what is not there is not tried again. Never a toast. */
export function Failure(props: {
  what: string
  error: unknown
  onRetry?: (() => void) | undefined
  dataFrom?: number | undefined
}) {
  const { what, error, onRetry, dataFrom } = props
  return (
    <div className="failure" role="alert">
      <span aria-hidden="true">✗</span>
      <span>
        {what}: {describeError(error)}
        {dataFrom ? ` What is shown is from ${formatClock(dataFrom)}.` : ''}
      </span>
      {onRetry && !isMissing(error) && <Button onClick={onRetry}>Retry</Button>}
    </div>
  )
}

/** An error in words that fit after a colon. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return 'something unexpected happened.'
  if (error.name === 'Unreachable') return "the server didn't answer."
  return error.message
}

/** Whether the server knows nothing of that name, or the name is none that anything could have. */
export function isMissing(error: unknown): boolean {
  return error instanceof Refusal && (error.status === 404 || error.misnamed)
}
