import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useCallback, useEffect, useRef, useState } from 'react'
import { readAnswer } from '#client.ts'
import { type QueueFilter, toQueueQuery } from '../corrections/corrections-search.ts'
import { useProject } from '../shell/api.ts'
import { useChanges } from '../shell/live.ts'
import { listKeyActions } from '../ui/keys.ts'
import type { Entry } from './outbox.ts'
import { usePreference } from './preference.ts'
import { describeFilter } from './review-search.ts'
import { formatLeft } from './review-time.ts'
import { computeRate, useSitting } from './sitting.ts'

/** The count of what waits follows the server at most this often. */
const FOLLOW_MS = 2_000

/** How far it has come, how fast it goes, and how long the candidate is held. */
export function ReviewHead(props: { filter: QueueFilter; second: boolean; until: number | null; entries: Entry[] }) {
  const { filter, second, until, entries } = props
  const { project } = useProject()
  const sitting = useSitting(project)
  const left = useLeft(filter, entries, !second)
  const [rateOn, toggleRate] = usePreference('review-rate')
  const rate = computeRate(sitting)
  const narrowed = describeFilter(filter)
  return (
    <header className="review-head">
      <h1 className="unseen">{second ? 'Second opinions' : 'Review'}</h1>
      <Link to="/p/$project/corrections" params={{ project }} search={{ tab: 'done' }}>
        {Math.max(0, sitting.done - entries.filter(entry => entry.state === 'refused').length)} done
      </Link>
      {second ? (
        <span>Second opinions: the first decision is hidden</span>
      ) : (
        <Link to="/p/$project/corrections" params={{ project }} search={filter}>
          {left === undefined ? '…' : left.toLocaleString('en-US')} left
        </Link>
      )}
      {narrowed.length > 0 && !second && (
        <span className="review-filter">
          only {narrowed.join(', ')}{' '}
          <Link to="/p/$project/corrections/review" params={{ project }} search={{}}>
            Clear
          </Link>
        </span>
      )}
      <span className="review-rate">
        {rateOn && (rate === null ? '' : `${rate.toFixed(1)}/min`)}
        <button type="button" className="plain-button" aria-pressed={rateOn} onClick={toggleRate}>
          {rateOn ? 'Hide the rate' : 'Rate'}
        </button>
      </span>
      <span className="review-lease">{until !== null && <Lease until={until} />}</span>
      <button
        type="button"
        className="plain-button keys-button"
        aria-label="List the keys"
        onClick={() =>
          listKeyActions()
            .find(action => action.keys.includes('?'))
            ?.run(null)
        }
      >
        <kbd className="key">?</kbd>
      </button>
    </header>
  )
}

function Lease({ until }: { until: number }) {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  const left = until - now
  return left > 0 ? <>claimed for you {formatLeft(left)}</> : <>your claim has ended</>
}

/** How many wait, what was just decided here not among them; undefined before it is known. */
function useLeft(filter: QueueFilter, entries: Entry[], enabled: boolean): number | undefined {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const count = useQuery({
    queryKey: [project, 'review-left', filter],
    enabled,
    staleTime: 0,
    queryFn: async ({ signal }) => {
      const asked = Date.now()
      const query = { ...toQueueQuery(filter), list: 'waiting' as const }
      const { total } = await readAnswer(
        client.api.corrections['candidate-count'].$get({ query }, { init: { signal } }),
      )
      return { total, asked }
    },
  })
  useChanges(
    useCallback(
      (topic: string) => {
        if (topic !== 'corrections' || timer.current !== undefined) return
        timer.current = setTimeout(() => {
          timer.current = undefined
          void queries.invalidateQueries({ queryKey: [project, 'review-left'] })
        }, FOLLOW_MS)
      },
      [queries, project],
    ),
  )
  useEffect(() => () => clearTimeout(timer.current), [])
  if (count.data === undefined) return
  const { total, asked } = count.data
  const unknown = entries.filter(
    one => !one.second && !one.undo && (one.state === 'waiting' || (one.state === 'saved' && one.decided_at > asked)),
  )
  return Math.max(0, total - unknown.length)
}
