import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { ShownExperiment } from '#client.ts'
import { letterOf } from '#experiments/variant-letter.ts'
import { useProject } from '../shell/api.ts'
import { LoadFailure } from '../shell/missing.tsx'
import { useLearnedName } from '../shell/page-name.ts'
import { formatCount, formatDollars, formatDuration } from '../ui/numbers.ts'
import '../ui/plain.css'
import { Failure, Skeleton } from '../ui/states.tsx'
import { Time } from '../ui/time.tsx'
import { Tone } from '../ui/tone.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { type ShownRun, useExperiment, useExperimentRun } from './experiment-query.ts'
import { describeEstimate, formatShare, nameRunCase, readField } from './experiment-words.ts'
import { LabelPrompt } from './label-prompt.tsx'
import { RunAgain } from './run-again.tsx'
import './run-page.css'
import { RunScores } from './run-scores.tsx'
import { RunStages } from './run-stages.tsx'

const route = getRouteApi('/p/$project/experiments/$id/runs/$run')

/** Why this output? */
export function ExperimentRunPage() {
  const { id, run: runId } = route.useParams()
  const { project } = useProject()
  const run = useExperimentRun(runId)
  const experiment = useExperiment(id)
  useLearnedName(project, runId, run.data && nameExperimentRun(run.data))
  const [labelling, setLabelling] = useState(false)
  const data = run.data
  useKeys([
    { keys: ['l'], label: "Label the variant's prompt", group: 'Run', run: () => setLabelling(true) },
    {
      keys: ['h'],
      label: 'Score it yourself',
      group: 'Run',
      run: () => document.getElementById('hand-score')?.focus(),
    },
  ])
  if (data === undefined && run.isError)
    return (
      <LoadFailure
        what="Couldn't load the run"
        error={run.error}
        onRetry={() => void run.refetch()}
        missing={{ noun: 'run', name: runId, list: { label: 'Experiments', to: '/p/$project/experiments' } }}
      />
    )
  if (data === undefined) return <Skeleton lines={10} height={24} />
  const leads = experiment.data?.conclusion?.leader.variant_no === data.variant
  const won = leads && experiment.data?.conclusion?.tied === 0 && experiment.data.variants > 1
  return (
    <div className="experiment-run">
      {run.isError && (
        <Failure
          what="Couldn't look at the run again"
          error={run.error}
          onRetry={() => void run.refetch()}
          dataFrom={run.dataUpdatedAt}
        />
      )}
      <section className="experiment-run-head" aria-label="The run">
        <div className="experiment-run-title">
          <h1>
            <RunState run={data} />
          </h1>
          <span className="quiet">
            {data.variant === null ? (
              'a run by itself'
            ) : (
              <>
                variant {letterOf(data.variant)} on <CaseName run={data} experiment={experiment.data} />
              </>
            )}{' '}
            in{' '}
            <Link to="/p/$project/experiments/$id" params={{ project, id }}>
              {experiment.data?.name ?? 'its experiment'}
            </Link>
          </span>
          <div className="experiment-run-tools">
            {data.variant !== null && !labelling && (
              <button type="button" className="tool-button" onClick={() => setLabelling(true)}>
                {won ? 'Label winner' : 'Label its prompt'} <kbd className="key">l</kbd>
              </button>
            )}
            <RunAgain run={data} />
          </div>
        </div>
        {data.error !== null && (
          <p className="experiment-run-error">
            <span aria-hidden="true">✗</span> {data.error_kind !== null && <strong>{data.error_kind}: </strong>}
            {data.error}
          </p>
        )}
        {leads && experiment.data?.conclusion && (
          <p className="quiet">
            Its variant leads: {describeEstimate(experiment.data.conclusion.leader)}
            {experiment.data.conclusion.tied > 0 &&
              `, and ${experiment.data.conclusion.tied} can't be separated from it`}
            .
          </p>
        )}
        <ExperimentRunFacts run={data} />
        {labelling && data.variant !== null && (
          <LabelPrompt
            experiment={id}
            variant={data.variant}
            stages={data.stage_results.map(one => one.stage_name)}
            onClose={() => setLabelling(false)}
          />
        )}
      </section>
      <RunScores run={data} weights={readField(experiment.data?.scoring_config, 'weights')} />
      <RunStages run={data} />
    </div>
  )
}

/** The run's case, which leads to its place in the version of the dataset that was run. */
function CaseName({ run, experiment }: { run: ShownRun; experiment: ShownExperiment | undefined }) {
  const { project } = useProject()
  const dataset = readField(experiment?.dataset, 'name') ?? experiment?.dataset
  const version = experiment?.dataset_version
  if (run.case_id === null || typeof dataset !== 'string' || !version) return nameRunCase(run)
  return (
    <Link
      to="/p/$project/datasets/$name/$v"
      params={{ project, name: dataset, v: version }}
      search={{ case: run.case_id }}
      title="The case in its dataset"
    >
      {nameRunCase(run)}
    </Link>
  )
}

/** `B on 4417 · Where is my parcel?`, with its repeat where there are others. */
function nameExperimentRun(run: ShownRun): string {
  const { variant, repeat, id } = run
  if (variant === null) return `Run ${id.slice(0, 8)}`
  return `${letterOf(variant)} on ${nameRunCase(run)}${repeat > 0 ? `, repeat ${repeat + 1}` : ''}`
}

const STATES = {
  pending: { sign: '○', words: 'Waiting', tone: 'meta' },
  running: { sign: '◔', words: 'Running', tone: 'meta' },
  completed: { sign: '●', words: 'Completed', tone: 'ok' },
  failed: { sign: '✗', words: 'Failed', tone: 'error' },
} as const

/** How a run stands, as a sign and a word. */
export function RunState({ run }: { run: Pick<ShownRun, 'status'> }) {
  return <Tone {...STATES[run.status]} />
}

/** What a run scored, took and cost. */
export function ExperimentRunFacts({ run }: { run: ShownRun }) {
  const score = run.weighted_score ?? run.score_mean
  const facts: [string, React.ReactNode][] = [
    [
      'Weighted score',
      score === null ? 'none yet' : `${formatShare(score)}${run.status === 'failed' ? ', since it failed' : ''}`,
    ],
    ['Started', run.started_at === null ? 'not yet' : <Time key="time" at={run.started_at} focusable />],
    ['Took', run.duration_ms === null ? '–' : formatDuration(run.duration_ms)],
    [
      'Tokens',
      run.tokens_in === null ? '–' : `${formatCount(run.tokens_in)} in, ${formatCount(run.tokens_out ?? 0)} out`,
    ],
    [
      'Cost',
      run.status === 'completed' ? `${formatDollars(run.cost_estimate)}${run.cached ? ', nothing paid now' : ''}` : '–',
    ],
    ...(run.variant === null ? [] : [['Repeat', String(run.repeat + 1)] satisfies [string, React.ReactNode]]),
    [
      'Configuration',
      <code key="hash" title={run.config_hash}>
        {run.config_hash.slice(0, 12)}
      </code>,
    ],
  ]
  return (
    <dl className="experiment-run-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
