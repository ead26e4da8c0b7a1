import { Link } from '@tanstack/react-router'
import { useProject } from '../shell/api.ts'
import { PeekPanel } from '../ui/peek-panel.tsx'
import { Failure } from '../ui/states.tsx'
import { Tone } from '../ui/tone.tsx'
import { FailureCauses } from './failure-causes.tsx'
import { RunFacts } from './run-facts.tsx'
import { useRun } from './run-query.ts'
import { describeScope, describeState, nameRun } from './run-words.ts'

/** A run beside the list: how it stands, what it costs, and what went wrong. */
export function RunPeek({ id, onClose }: { id: string; onClose: () => void }) {
  const { project } = useProject()
  const { run, failures } = useRun(id)
  const { data } = run
  return (
    <PeekPanel
      id={id}
      what="run beside the list"
      title={data === undefined ? 'Run' : nameRun(data)}
      query={run}
      onClose={onClose}
    >
      {data !== undefined && (
        <>
          <p className="peek-facts">
            <Tone {...describeState(data)} /> · {describeScope(data.scope)} ·{' '}
            <Link to="/p/$project/runs/$run" params={{ project, run: id }}>
              Open with its sessions
            </Link>
          </p>
          <RunFacts run={data} />
          {failures.isError && (
            <Failure
              what="Couldn't load what went wrong"
              error={failures.error}
              onRetry={() => void failures.refetch()}
            />
          )}
          {data.counts.failed > 0 && failures.data && <FailureCauses key={id} causes={failures.data} run={data} />}
        </>
      )}
    </PeekPanel>
  )
}
