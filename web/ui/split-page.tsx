import type { ReactNode } from 'react'
import './split-page.css'
import { useNarrow } from './use-narrow.ts'

/** A list of 280 pixels beside what is open; in a narrow page the list folds away above it. */
export function SplitPage({ label, list, children }: { label: string; list: ReactNode; children: ReactNode }) {
  const narrow = useNarrow()
  return (
    <div className="split">
      {narrow ? (
        <details className="split-fold">
          <summary>{label}</summary>
          <nav aria-label={label}>{list}</nav>
        </details>
      ) : (
        <nav className="split-list" aria-label={label}>
          {list}
        </nav>
      )}
      <div className="split-main">{children}</div>
    </div>
  )
}
