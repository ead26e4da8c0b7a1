import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { readAnswer } from '#client.ts'
import { usePreference } from '../review/preference.ts'
import { computeRate, useSitting } from '../review/sitting.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'
import { formatDay } from '../ui/days.ts'
import { ListEnd } from './candidate-bar.tsx'
import { countDecided } from './reviewer-sums.ts'

const FOLLOW_MS = 5_000

/** How fast the queue goes: what was decided today and this week, by everybody; this tab's rate; since when the oldest waits; how many do. */
export function QueuePace({ total, children }: { total: number | undefined; children: ReactNode }) {
  const { project, client } = useProject()
  const throughput = useQuery({
    queryKey: [project, 'correction stats', 'throughput'],
    queryFn: ({ signal }) => readAnswer(client.api.corrections.throughput.$get({ query: {} }, { init: { signal } })),
    staleTime: 0,
  })
  useFollowing([project, 'correction stats', 'throughput'], ['corrections'], FOLLOW_MS)
  const [rateOn] = usePreference('review-rate')
  const rate = computeRate(useSitting(project))
  const { data } = throughput
  const to = '/p/$project/corrections' as const
  const decided = (since: string) => ({ tab: 'done', view: 'decisions', since }) as const
  return (
    <div className="queue-pace">
      {data !== undefined && (
        <>
          <Link to={to} params={{ project }} search={decided(data.days.today)}>
            {countDecided(data, data.days.today).toLocaleString('en-US')} decided today
          </Link>
          <Link to={to} params={{ project }} search={decided(data.days.week_since)}>
            {countDecided(data, data.days.week_since).toLocaleString('en-US')} in 7 days
          </Link>
          {rateOn && rate !== null && <span>you: {rate.toFixed(1)}/min</span>}
          {data.waiting.oldest_day !== null && (
            <span>the oldest has waited since {formatDay(data.waiting.oldest_day)}</span>
          )}
        </>
      )}
      <ListEnd total={total} word="waiting">
        {children}
      </ListEnd>
    </div>
  )
}
