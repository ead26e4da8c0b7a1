import { Link } from '@tanstack/react-router'
import type { EvaluationRun, ShownExperiment } from '#client.ts'
import { ExperimentProgress, ExperimentState } from '../experiments/experiment-state.tsx'
import { describeBill, describeDone } from '../experiments/experiment-words.ts'
import { ProgressBar } from '../runs/progress-bar.tsx'
import { describeCost, describeCounts, describeScope, describeState } from '../runs/run-words.ts'
import { useProject } from '../shell/api.ts'
import { Tone } from '../ui/tone.tsx'

interface ActiveRunsProps {
  runs: EvaluationRun[] | undefined
  experiments: ShownExperiment[] | undefined
  failed: boolean
}

/** What is judged and tried now; what ended while one looked keeps its place. */
export function ActiveRuns({ runs, experiments, failed }: ActiveRunsProps) {
  const { project } = useProject()
  const all = runs && experiments && runs.length + experiments.length
  return (
    <section className="home-runs" aria-labelledby="home-runs">
      <div className="home-section-head">
        <h2 id="home-runs">Active runs</h2>
      </div>
      {all === undefined && !failed && <p className="home-none"> </p>}
      {all === 0 && (
        <p className="home-none">
          No run is under way.{' '}
          <Link to="/p/$project/runs" params={{ project }} search={{ new: '1' }}>
            New run
          </Link>
        </p>
      )}
      {all !== undefined && all > 0 && (
        <ul>
          {runs?.map(run => (
            <Run key={run.run_id} run={run} />
          ))}
          {experiments?.map(experiment => (
            <Experiment key={experiment.id} experiment={experiment} />
          ))}
        </ul>
      )}
    </section>
  )
}

function Run({ run }: { run: EvaluationRun }) {
  const { project } = useProject()
  return (
    <li>
      <div>
        <Link to="/p/$project/runs/$run" params={{ project, run: run.run_id }}>
          {describeScope(run.scope)}
        </Link>{' '}
        <span className="quiet">{run.judge_model}</span>
        <Tone {...describeState(run)} />
      </div>
      <ProgressBar counts={run.counts} />
      <div className="quiet">
        <span>{describeCounts(run.counts)}</span>
        <span>{describeCost(run)}</span>
      </div>
    </li>
  )
}

function Experiment({ experiment }: { experiment: ShownExperiment }) {
  const { project } = useProject()
  return (
    <li>
      <div>
        <Link to="/p/$project/experiments/$id" params={{ project, id: experiment.id }}>
          {experiment.name}
        </Link>{' '}
        <span className="quiet">experiment</span>
        <ExperimentState experiment={experiment} />
      </div>
      <ExperimentProgress experiment={experiment} />
      <div className="quiet">
        <span>{describeDone(experiment)}</span>
        <span>{describeBill(experiment)}</span>
      </div>
    </li>
  )
}
