import { CloseButton } from '@mantine/core'
import type { ReactNode } from 'react'
import './peek-panel.css'
import { Failure, Skeleton } from './states.tsx'

interface PeekProps {
  /** What is beside what, as in "session beside the list". */
  what: string
  title: string
  /** Its id, told on hover. */
  id: string
  query: { isPending: boolean; isError: boolean; error: unknown; refetch: () => unknown }
  onClose: () => void
  /** What is there once it has been loaded. */
  children: ReactNode
}

/** A row of a list, opened beside it. */
export function PeekPanel({ what, title, id, query, onClose, children }: PeekProps) {
  return (
    <aside className="peek" aria-label={`The ${what}`}>
      <div className="peek-head">
        <h2 title={id}>{title}</h2>
        <CloseButton onClick={onClose} aria-label="Close the panel" />
      </div>
      {query.isPending && <Skeleton lines={8} />}
      {query.isError && (
        <Failure
          what={`Couldn't load the ${what.replace(/ beside.*/, '')}`}
          error={query.error}
          onRetry={() => void query.refetch()}
        />
      )}
      {children}
    </aside>
  )
}
