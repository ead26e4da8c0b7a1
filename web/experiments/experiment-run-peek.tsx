import { Link } from '@tanstack/react-router'
import { letterOf } from '#experiments/variant-letter.ts'
import { useProject } from '../shell/api.ts'
import { PeekPanel } from '../ui/peek-panel.tsx'
import { useExperimentRun } from './experiment-query.ts'
import { nameRunCase } from './experiment-words.ts'
import { ExperimentRunFacts, RunState } from './run-page.tsx'
import { RunStages } from './run-stages.tsx'

/** A run beside the list: what it scored, what was asked, and what was answered. */
export function ExperimentRunPeek(props: { experiment: string; id: string; onClose: () => void }) {
  const { experiment, id, onClose } = props
  const { project } = useProject()
  const run = useExperimentRun(id)
  const { data } = run
  return (
    <PeekPanel
      id={id}
      what="run beside the list"
      title={data === undefined ? 'Run' : data.case_id === null ? 'A run by itself' : nameRunCase(data)}
      query={run}
      onClose={onClose}
    >
      {data !== undefined && (
        <>
          <p className="peek-facts">
            <RunState run={data} />
            {data.variant !== null && ` · variant ${letterOf(data.variant)}`} ·{' '}
            <Link to="/p/$project/experiments/$id/runs/$run" params={{ project, id: experiment, run: id }}>
              Open with its scores
            </Link>
          </p>
          {data.error !== null && <p className="experiment-run-error">{data.error}</p>}
          <ExperimentRunFacts run={data} />
          <RunStages key={id} run={data} />
        </>
      )}
    </PeekPanel>
  )
}
