import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useProject } from '../shell/api.ts'
import { LoadFailure } from '../shell/missing.tsx'

interface PageHeadProps {
  id: string
  /** What the page shows of the experiment. */
  title: string
  /** The experiment's name, once it is known. */
  name: string | undefined
  provisional: boolean
  children?: ReactNode
}

/** The head of a page about the cases of an experiment, with the way back to its leaderboard. */
export function CasesHead({ id, title, name, provisional, children }: PageHeadProps) {
  const { project } = useProject()
  return (
    <div className="cases-head">
      <h1>
        {title}{' '}
        <Link to="/p/$project/experiments/$id" params={{ project, id }}>
          {name ?? 'the experiment'}
        </Link>
      </h1>
      {provisional && <span className="quiet">provisional: runs are still under way</span>}
      {children}
    </div>
  )
}

/** A page of an experiment that could not be loaded, or whose experiment is not there. */
export function ExperimentFailure(props: { id: string; what: string; error: unknown; onRetry: () => void }) {
  const { id, ...failure } = props
  return <LoadFailure {...failure} missing={{ noun: 'experiment', name: id, list: EXPERIMENTS }} />
}

const EXPERIMENTS = { label: 'Experiments', to: '/p/$project/experiments' } as const
