import type { EvaluationRun } from '#client.ts'
import { Unpinned } from '../judges/unpinned.tsx'
import { formatCount } from '../ui/numbers.ts'
import '../ui/plain.css'
import { Time } from '../ui/time.tsx'
import { ProgressBar } from './progress-bar.tsx'
import './run-facts.css'
import { useRate } from './run-query.ts'
import { describeCost, formatRough, formatTaken } from './run-words.ts'

/** How far a run is, what it cost, and who judges. */
export function RunFacts({ run }: { run: EvaluationRun }) {
  const rate = useRate(run)
  const left = run.counts.pending + run.counts.running
  const taken = run.finished_at === null ? null : Date.parse(run.finished_at) - Date.parse(run.started_at)
  const facts: [string, React.ReactNode][] = [
    ['Started', <Time key="time" at={run.started_at} focusable />],
    taken === null
      ? [
          'Left',
          rate === null || rate === 0 ? 'not known yet' : left > 0 ? `≈ ${formatRough(left / rate)}` : 'almost none',
        ]
      : ['Took', formatTaken(taken)],
    ['Rate', rate === null ? '–' : rate < 1 ? `${(rate * 60).toFixed(1)} a minute` : `${rate.toFixed(1)} a second`],
    [run.max_cost_usd === null ? 'Cost' : 'Cost / ceiling', describeCost(run)],
    [
      'Calls',
      `${formatCount(run.calls)} · ${formatCount(run.tokens_in)} tokens in, ${formatCount(run.tokens_out)} out`,
    ],
    ['Judge', <Judge key="judge" run={run} />],
  ]
  return (
    <div className="run-facts">
      <ProgressBar counts={run.counts} legend />
      {(run.state === 'running' || run.counts.ok > 0) && (
        <Unpinned judge_version={run.judge_version} rubric_version={run.rubric_version} />
      )}
      {run.error !== null && <p className="run-error">{run.error}</p>}
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

function Judge({ run }: { run: EvaluationRun }) {
  return (
    <>
      <span className="model">{run.judge_model}</span>
      <span className="quiet">
        {' '}
        {run.backend === run.judge_model ? '' : `· ${run.backend} `}· {run.judge_version} · {run.rubric_version}
      </span>
    </>
  )
}
