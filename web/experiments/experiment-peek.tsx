import { Link } from '@tanstack/react-router'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'
import { formatCount } from '../ui/numbers.ts'
import { PeekPanel } from '../ui/peek-panel.tsx'
import { Time } from '../ui/time.tsx'
import { type ExperimentButton, ExperimentButtons } from './experiment-controls.tsx'
import { useExperiment } from './experiment-query.ts'
import { ExperimentProgress, ExperimentState } from './experiment-state.tsx'
import { describeBill, describeDone, describeEstimate, describeSize } from './experiment-words.ts'

const FOLLOW_MS = 1_000

interface PeekProps {
  id: string
  control: ExperimentButton
  onStop: (id: string) => void
  onClose: () => void
}

/** An experiment beside the list: what it came to, who leads, how far it is, what it cost. */
export function ExperimentPeek({ id, control, onStop, onClose }: PeekProps) {
  const { project } = useProject()
  const experiment = useExperiment(id)
  useFollowing([project, 'experiments', 'one', id], ['experiments'], FOLLOW_MS)
  const { data } = experiment
  if (data === undefined)
    return (
      <PeekPanel id={id} what="experiment beside the list" title="Experiment" query={experiment} onClose={onClose}>
        {null}
      </PeekPanel>
    )
  const { conclusion, status } = data
  const params = { project, id }
  const isOpen = status === 'running' || status === 'paused'
  const facts: [string, React.ReactNode][] = [
    ['Variants × cases × repeats', describeSize(data)],
    [
      'Runs',
      <Link key="runs" to="/p/$project/experiments/$id/runs" params={params}>
        {describeDone(data)}
      </Link>,
    ],
    ['Cost / ceiling', describeBill(data)],
    [
      'Calls',
      `${formatCount(data.calls)}, ${formatCount(data.cached)} cached · ${formatCount(data.tokens_in)} tokens in, ${formatCount(data.tokens_out)} out`,
    ],
    ['Made', <Time key="made" at={data.created_at} focusable />],
    ['Started', data.started_at === null ? 'not yet' : <Time key="started" at={data.started_at} focusable />],
  ]
  return (
    <PeekPanel id={id} what="experiment beside the list" title={data.name} query={experiment} onClose={onClose}>
      <p className="peek-facts">
        <ExperimentState experiment={data} /> ·{' '}
        {status === 'draft' ? (
          <Link to="/p/$project/experiments/$id/build" params={params}>
            Open
          </Link>
        ) : (
          <Link to="/p/$project/experiments/$id" params={params}>
            Open the leaderboard
          </Link>
        )}{' '}
        <ExperimentButtons experiment={data} control={control} onStop={() => onStop(id)} />
      </p>
      {data.description && <p>{data.description}</p>}
      {isOpen && <ExperimentProgress experiment={data} />}
      {data.error !== null && <p className="experiment-error">{data.error}</p>}
      {conclusion !== null && (
        <>
          <h3>
            {conclusion.leader.label}{' '}
            <span className="quiet">
              {conclusion.tied === 0
                ? 'leads'
                : `and ${conclusion.tied} ${conclusion.tied === 1 ? 'other' : 'others'} lead`}
            </span>
          </h3>
          <p>{describeEstimate(conclusion.leader)}</p>
          {conclusion.verdict !== null && <p>{conclusion.verdict}</p>}
        </>
      )}
      {conclusion === null && status !== 'draft' && (
        <p className="quiet">{isOpen ? 'Provisional: no verdict before it has ended.' : 'Nothing is ranked.'}</p>
      )}
      <dl className="peek-list">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </PeekPanel>
  )
}
