import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { readAnswer } from '#client.ts'
import { type QueueFilter, toQueueQuery } from '../corrections/corrections-search.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'
import { countOf } from '../ui/numbers.ts'
import { useKeys } from '../ui/use-keys.ts'
import { KeyHint } from './key-hint.tsx'
import { describeFilter } from './review-search.ts'
import { useSitting } from './sitting.ts'

const FOLLOW_MS = 2_000

/** The end of the queue: what was done, and where to go from here. */
export function QueueEnd(props: {
  filter: QueueFilter
  second: boolean
  passedOver: number
  onBeginAgain: () => void
  onUndo: () => void
}) {
  const { filter, second, passedOver, onBeginAgain, onUndo } = props
  const { project, client } = useProject()
  const { done } = useSitting(project)
  const opinions = useQuery({
    queryKey: [project, 'second-opinion-waits'],
    staleTime: 0,
    queryFn: ({ signal }) => readAnswer(client.api.corrections.opinions.next.$get({ query: {} }, { init: { signal } })),
    enabled: !second,
  })
  useKeys([
    { keys: ['u'], label: 'Undo the last decision', group: 'Review', run: onUndo },
    { keys: ['r'], label: 'Look again from the front of the queue', group: 'Review', run: onBeginAgain },
  ])
  const narrowed = describeFilter(filter).length > 0 && !second
  const elsewhere = Math.max(0, useWaiting(filter, !second) - passedOver)
  const free = narrowed ? 'Nothing more matches' : 'Queue empty'
  return (
    <div className="queue-end">
      <h2>
        {second ? 'No more second opinions are wanted' : elsewhere > 0 ? 'Nothing free now' : free}: {done} decided.
      </h2>
      {elsewhere > 0 && (
        <p>
          {countOf(elsewhere, 'candidate')} on other screens; what is not decided there comes back within ten minutes.
        </p>
      )}
      <p>
        See{' '}
        <Link to="/p/$project/corrections" params={{ project }} search={{ tab: 'done' }}>
          Done
        </Link>{' '}
        /{' '}
        <Link to="/p/$project/corrections" params={{ project }} search={{ tab: 'exports' }}>
          New export
        </Link>
      </p>
      {passedOver > 0 && <p>You skipped {passedOver}; they wait.</p>}
      {narrowed && (
        <p>
          <Link to="/p/$project/corrections/review" params={{ project }} search={{}}>
            Review the whole queue
          </Link>
        </p>
      )}
      {opinions.data?.candidate && (
        <p>
          <Link to="/p/$project/corrections/review" params={{ project }} search={{ second: '1' }}>
            Give second opinions
          </Link>
        </p>
      )}
      <button type="button" className="bar-button" onClick={onBeginAgain}>
        <KeyHint of="r" />
        Look again from the front
      </button>
    </div>
  )
}

/** How many wait, those on other screens and those that were skipped included. */
function useWaiting(filter: QueueFilter, enabled: boolean): number {
  const { project, client } = useProject()
  useFollowing([project, 'review-rest'], ['corrections'], FOLLOW_MS)
  const count = useQuery({
    queryKey: [project, 'review-rest', filter],
    staleTime: 0,
    enabled,
    queryFn: ({ signal }) => {
      const query = { ...toQueueQuery(filter), list: 'waiting' as const }
      return readAnswer(client.api.corrections['candidate-count'].$get({ query }, { init: { signal } }))
    },
  })
  return count.data?.total ?? 0
}
