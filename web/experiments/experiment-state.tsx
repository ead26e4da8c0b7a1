import type { ShownExperiment } from '#client.ts'
import '../runs/progress-bar.css'
import { Tone } from '../ui/tone.tsx'
import { describeExperimentState } from './experiment-words.ts'

/** How an experiment stands, as a sign and words. */
export function ExperimentState({ experiment }: { experiment: Pick<ShownExperiment, 'status' | 'failed'> }) {
  return <Tone {...describeExperimentState(experiment)} />
}

/** How many of its runs have ended: a bar whose name says the counts. */
export function ExperimentProgress({ experiment }: { experiment: ShownExperiment }) {
  const { completed, failed, cells } = experiment
  const left = Math.max(0, cells - completed - failed)
  const words = [`${completed} completed`, `${failed} failed`, `${left} left`].join(', ')
  const parts = [
    { state: 'ok', n: completed },
    { state: 'failed', n: failed },
    { state: 'pending', n: left },
  ]
  return (
    <div className="progress">
      <div className="progress-bar" role="img" aria-label={words}>
        {parts.map(
          ({ state, n }) =>
            n > 0 && <span key={state} data-state={state} style={{ flexGrow: n / Math.max(1, cells) }} />,
        )}
      </div>
    </div>
  )
}
