import type { EvaluationRun } from '#client.ts'
import './progress-bar.css'

const PARTS = [
  { state: 'ok', sign: '●', word: 'judged' },
  { state: 'failed', sign: '✗', word: 'failed' },
  { state: 'running', sign: '◔', word: 'running' },
  { state: 'pending', sign: '○', word: 'waiting' },
] as const

/** How far a run is: a bar in four parts. Its name says the counts; `legend` shows them too. */
export function ProgressBar({ counts, legend = false }: { counts: EvaluationRun['counts']; legend?: boolean }) {
  const total = PARTS.reduce((sum, { state }) => sum + counts[state], 0)
  const words = PARTS.map(({ state, word }) => `${counts[state].toLocaleString('en-US')} ${word}`).join(', ')
  return (
    <div className="progress" data-legend={legend || undefined}>
      <div className="progress-bar" role="img" aria-label={total === 0 ? 'no sessions' : words}>
        {PARTS.map(
          ({ state }) =>
            counts[state] > 0 && <span key={state} data-state={state} style={{ flexGrow: counts[state] / total }} />,
        )}
      </div>
      {legend && (
        <ul>
          {PARTS.map(({ state, sign, word }) => (
            <li key={state} data-state={state}>
              <span aria-hidden="true">{sign}</span> {counts[state].toLocaleString('en-US')} {word}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
