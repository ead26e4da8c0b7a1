import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { type EvaluationRun, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { LoadFailure } from '../shell/missing.tsx'
import { useLearnedName } from '../shell/page-name.ts'
import { formatCount } from '../ui/numbers.ts'
import { Failure, Skeleton } from '../ui/states.tsx'
import { Time } from '../ui/time.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { FailureCauses } from './failure-causes.tsx'
import { ProgressBar } from './progress-bar.tsx'
import './run-page.css'
import { useAnnouncement, useRate, useRun } from './run-query.ts'
import { RunUnits } from './run-units.tsx'
import {
  describeCost,
  describeCounts,
  describeScope,
  describeState,
  describeStay,
  formatRough,
  nameRun,
} from './run-words.ts'

const route = getRouteApi('/p/$project/runs/$run')

/** How far is it, what failed and why, what does it cost? */
export function RunPage() {
  const { run: id } = route.useParams()
  const search = route.useSearch()
  const { run, failures, units, walkUnits } = useRun(id, search)
  const data = run.data
  const { project } = useProject()
  useLearnedName(project, id, data && nameRun(data))
  const said = useAnnouncement(
    data === undefined ? '' : `${describeState(data).words}: ${describeCounts(data.counts)}`,
    data?.state === 'running' ? undefined : 0,
  )
  if (run.isError && data === undefined)
    return (
      <LoadFailure
        what="Couldn't load the run"
        error={run.error}
        onRetry={() => void run.refetch()}
        missing={{ noun: 'run', name: id, list: { label: 'Evaluation runs', to: '/p/$project/runs' } }}
      />
    )
  if (data === undefined) return <Skeleton lines={8} height={28} />
  return (
    <div className="run-page">
      <p className="unseen" role="status">
        {said}
      </p>
      {run.isError && (
        <Failure
          what="Couldn't look at the run again"
          error={run.error}
          onRetry={() => void run.refetch()}
          dataFrom={run.dataUpdatedAt}
        />
      )}
      <Head run={data} />
      {data.counts.failed > 0 && (
        <>
          {failures.isError && (
            <Failure
              what="Couldn't load what went wrong"
              error={failures.error}
              onRetry={() => void failures.refetch()}
            />
          )}
          {failures.data && <FailureCauses causes={failures.data} run={data} />}
        </>
      )}
      <RunUnits units={units} walkUnits={walkUnits} run={data} />
    </div>
  )
}

function Head({ run }: { run: EvaluationRun }) {
  const { words, sign, tone } = describeState(run)
  const rate = useRate(run)
  const left = run.counts.pending + run.counts.running
  const seconds = run.finished_at === null ? null : (Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1_000
  const facts: [string, React.ReactNode][] = [
    ['Started', <Time key="time" at={run.started_at} focusable />],
    seconds === null
      ? [
          'Left',
          rate === null || rate === 0 ? 'not known yet' : left > 0 ? `≈ ${formatRough(left / rate)}` : 'almost none',
        ]
      : ['Took', formatRough(seconds)],
    ['Rate', rate === null ? '–' : rate < 1 ? `${(rate * 60).toFixed(1)} a minute` : `${rate.toFixed(1)} a second`],
    [run.max_cost_usd === null ? 'Cost' : 'Cost / ceiling', describeCost(run)],
    [
      'Calls',
      `${formatCount(run.calls)} · ${formatCount(run.tokens_in)} tokens in, ${formatCount(run.tokens_out)} out`,
    ],
    ['Judge', <Judge key="judge" run={run} />],
  ]
  return (
    <section className="run-head" aria-label="The run">
      <div className="run-title">
        <h1>
          <span className="run-state" data-tone={tone}>
            <span aria-hidden="true">{sign}</span> {words.replace(/^./, letter => letter.toUpperCase())}
          </span>
        </h1>
        <span className="quiet">{describeScope(run.scope)}</span>
        {run.state === 'running' && <Cancel run={run} />}
      </div>
      <ProgressBar counts={run.counts} legend />
      {run.error !== null && <p className="run-error">{run.error}</p>}
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
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

/** Asks once, in its place, and says what stays. */
function Cancel({ run }: { run: EvaluationRun }) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const [asking, setAsking] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const cancel = useMutation({
    mutationFn: () =>
      readAnswer(client.api.eval.run[':run_id'].cancel.$post({ param: { run_id: encodeURIComponent(run.run_id) } })),
    onSettled: () => void queries.invalidateQueries({ queryKey: [project, 'run', run.run_id] }),
  })
  const leave = () => {
    setAsking(false)
    button.current?.focus()
  }
  useKeys([{ keys: [], label: 'Cancel the run', group: 'Run', run: () => setAsking(true) }])
  return (
    <div className="run-cancel">
      {!asking && (
        <Button ref={button} onClick={() => setAsking(true)}>
          Cancel the run
        </Button>
      )}
      {asking && (
        <fieldset aria-label="Cancel the run" onKeyDown={event => event.key === 'Escape' && leave()}>
          <span>{describeStay(run.counts)}</span>
          <Button className="danger" autoFocus loading={cancel.isPending} onClick={() => cancel.mutate()}>
            Cancel the run
          </Button>
          <Button variant="subtle" onClick={leave}>
            Go on
          </Button>
        </fieldset>
      )}
      {cancel.isError && <Failure what="The run was not cancelled" error={cancel.error} />}
    </div>
  )
}
