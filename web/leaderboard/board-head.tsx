import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { readAnswer, type ShownExperiment, type ShownLeaderboard } from '#client.ts'
import { describeExperimentState, describeStopping } from '../experiments/experiment-words.ts'
import { LabelWinner } from '../experiments/label-winner.tsx'
import { findLeading } from '../experiments/leading.ts'
import { useProject } from '../shell/api.ts'
import { countNoun, formatCount, formatDollars } from '../ui/numbers.ts'
import { Failure } from '../ui/states.tsx'
import { Time } from '../ui/time.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { readNumber } from './definition.ts'
import { VerdictLine } from './verdict-line.tsx'

interface HeadProps {
  board: ShownLeaderboard
  experiment: ShownExperiment | undefined
}

/** What was asked, what came of it, how far it is and what it cost. */
export function BoardHead({ board, experiment }: HeadProps) {
  const { project } = useProject()
  const { sign, words, tone } = describeExperimentState(board)
  return (
    <section className="board-head" aria-label="The experiment">
      <div className="board-title">
        <h1>{board.name}</h1>
        <span className="board-state" data-tone={tone}>
          <span aria-hidden="true">{sign}</span> {words}
        </span>
        <Link to="/p/$project/experiments/$id/build" params={{ project, id: board.experiment_id }}>
          Definition
        </Link>
        <Link to="/p/$project/experiments/$id/runs" params={{ project, id: board.experiment_id }}>
          Runs
        </Link>
        <LabelWinner experiment={board.experiment_id} leading={findLeading(board)} pipeline={experiment?.pipeline} />
        <Controls board={board} />
      </div>
      {experiment?.error && (
        <p className="board-error" data-tone={board.status === 'failed' ? 'error' : 'warn'}>
          {experiment.error}
        </p>
      )}
      <VerdictLine board={board} />
      {board.provisional && board.planned > 0 && <Progress board={board} />}
      {experiment && <Facts board={board} experiment={experiment} />}
    </section>
  )
}

function Progress({ board: { planned, done, failed } }: { board: ShownLeaderboard }) {
  const words = `${done.toLocaleString('en-US')} of ${countNoun(planned, 'run')} done, ${formatCount(failed)} failed`
  return (
    <div className="board-progress" role="img" aria-label={words}>
      <span data-part="ok" style={{ width: `${((done - failed) / planned) * 100}%` }} />
      <span data-part="failed" style={{ width: `${(failed / planned) * 100}%` }} />
    </div>
  )
}

function Facts({ board, experiment }: { board: ShownLeaderboard; experiment: ShownExperiment }) {
  const ceiling = readNumber(experiment.sweep, 'max_cost_usd')
  const repeats = readNumber(experiment.sweep, 'repeats') ?? 1
  const cost = `${formatDollars(experiment.cost_usd)}${ceiling === null ? '' : ` of ${formatDollars(ceiling)}`}`
  const facts: [string, React.ReactNode][] = [
    ['Runs', <RunCounts key="runs" board={board} />],
    ['Variants', countNoun(experiment.variants, 'variant') + (repeats > 1 ? ` · ${repeats} repeats` : '')],
    [ceiling === null ? 'Cost' : 'Cost / ceiling', cost],
    ['Calls', `${formatCount(experiment.calls)} paid · ${formatCount(experiment.cached)} known`],
    [
      'Ranked on',
      board.split === 'all' ? 'all cases' : `${board.split === 'train' ? 'train' : 'held-back test'} cases`,
    ],
  ]
  if (experiment.started_at !== null) facts.push(['Started', <Time key="time" at={experiment.started_at} focusable />])
  return (
    <dl className="board-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** How many runs there are, each number leading to them. */
function RunCounts({ board: { experiment_id: id, done, planned, failed } }: { board: ShownLeaderboard }) {
  const { project } = useProject()
  return (
    <>
      <Link to="/p/$project/experiments/$id/runs" params={{ project, id }}>
        {done.toLocaleString('en-US')} of {planned.toLocaleString('en-US')}
      </Link>
      {failed > 0 && (
        <>
          {' '}
          ·{' '}
          <Link to="/p/$project/experiments/$id/runs" params={{ project, id }} search={{ state: 'failed' }}>
            {formatCount(failed)} failed
          </Link>
        </>
      )}
    </>
  )
}

/** Pause, go on, stop. Stopping asks once, in its place, and says what stays. */
function Controls({ board }: { board: ShownLeaderboard }) {
  const { client, project } = useProject()
  const queries = useQueryClient()
  const [asking, setAsking] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const param = { experiment_id: board.experiment_id }
  const endpoint = client.api.experiments[':experiment_id']
  const change = useMutation({
    mutationFn: (to: 'pause' | 'resume' | 'stop') =>
      to === 'pause'
        ? readAnswer(endpoint.pause.$post({ param }))
        : to === 'resume'
          ? readAnswer(endpoint.resume.$post({ param }))
          : readAnswer(endpoint.stop.$post({ param })),
    onSettled: () => void queries.invalidateQueries({ queryKey: [project, 'experiment', board.experiment_id] }),
    onSuccess: () => setAsking(false),
  })
  const going = board.status === 'running'
  const open = going || board.status === 'paused'
  const toggle = () => open && !change.isPending && change.mutate(going ? 'pause' : 'resume')
  const leave = () => {
    setAsking(false)
    button.current?.focus()
  }
  useKeys([
    { keys: [], label: 'Pause the experiment, or let it go on', group: 'Experiment', run: toggle },
    { keys: [], label: 'Stop the experiment', group: 'Experiment', run: () => open && setAsking(true) },
  ])
  if (!open) return null
  return (
    <div className="board-controls">
      {!asking && (
        <>
          <Button onClick={toggle} loading={change.isPending}>
            {going ? 'Pause' : 'Resume'}
          </Button>
          <Button ref={button} onClick={() => setAsking(true)}>
            Stop
          </Button>
        </>
      )}
      {asking && (
        <fieldset aria-label="Stop the experiment" onKeyDown={event => event.key === 'Escape' && leave()}>
          <span>
            {describeStopping({ completed: board.done - board.failed, failed: board.failed, cells: board.planned })}
          </span>
          <Button className="danger" autoFocus loading={change.isPending} onClick={() => change.mutate('stop')}>
            Stop the experiment
          </Button>
          <Button variant="subtle" onClick={leave}>
            Go on
          </Button>
        </fieldset>
      )}
      {change.isError && <Failure what="Nothing was changed" error={change.error} />}
    </div>
  )
}
