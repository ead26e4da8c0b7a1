import { Link } from '@tanstack/react-router'
import { Failure, isMissing } from '../ui/states.tsx'
import { useProject } from './api.ts'
import type { Place } from './navigation.ts'

interface LoadFailureProps {
  /** As in "Couldn't load the run". */
  what: string
  error: unknown
  onRetry: () => void
  /** What is not there, if that is the reason: its kind, the name that the address gives it, and the list of its like. */
  missing: { noun: string; name: string; list: { label: string; to: Place['to'] } }
}

/** A page that could not be loaded: it says so in its own words where what the address names is not there. */
export function LoadFailure({ what, error, onRetry, missing: { noun, name, list } }: LoadFailureProps) {
  const { project } = useProject()
  if (!isMissing(error)) return <Failure what={what} error={error} onRetry={onRetry} />
  return (
    <div className="page-body">
      <h1>
        There is no {noun} “{name}”
      </h1>
      <p>It was removed, or the address is not whole.</p>
      <p>
        <Link to={list.to} params={{ project }}>
          {list.label}
        </Link>
      </p>
    </div>
  )
}
