import { Link } from '@tanstack/react-router'
import type { EvaluationRun } from '#client.ts'
import { ProgressBar } from '../runs/progress-bar.tsx'
import { describeCost, describeCounts, describeScope, describeState } from '../runs/run-words.ts'
import { useProject } from '../shell/api.ts'

/** What is being judged now; what ended while one looked keeps its place. */
export function ActiveRuns({ runs, failed }: { runs: EvaluationRun[] | undefined; failed: boolean }) {
  const { project } = useProject()
  return (
    <section className="home-runs" aria-labelledby="home-runs">
      <div className="home-section-head">
        <h2 id="home-runs">Active runs</h2>
      </div>
      {runs === undefined && !failed && <p className="home-none"> </p>}
      {runs?.length === 0 && (
        <p className="home-none">
          No run is under way.{' '}
          <Link to="/p/$project/runs" params={{ project }} search={{ new: '1' }}>
            New run
          </Link>
        </p>
      )}
      {runs !== undefined && runs.length > 0 && (
        <ul>
          {runs.map(run => (
            <Run key={run.run_id} run={run} />
          ))}
        </ul>
      )}
    </section>
  )
}

function Run({ run }: { run: EvaluationRun }) {
  const { project } = useProject()
  const { sign, words, tone } = describeState(run)
  return (
    <li>
      <div>
        <Link to="/p/$project/runs/$run" params={{ project, run: run.run_id }}>
          {describeScope(run.scope)}
        </Link>{' '}
        <span className="quiet">{run.judge_model}</span>
        <span className="home-run-state" data-tone={tone}>
          <span aria-hidden="true">{sign}</span> {words}
        </span>
      </div>
      <ProgressBar counts={run.counts} />
      <div className="quiet">
        <span>{describeCounts(run.counts)}</span>
        <span>{describeCost(run)}</span>
      </div>
    </li>
  )
}
