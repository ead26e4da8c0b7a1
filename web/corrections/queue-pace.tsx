import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { readAnswer } from '#client.ts'
import { usePreference } from '../review/preference.ts'
import { computeRate, useSitting } from '../review/sitting.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'
import { countDecided } from './reviewer-sums.ts'

const FOLLOW_MS = 5_000

/** How fast the queue goes: what was decided today and this week, by everybody; this tab's rate; since when the oldest waits. */
export function QueuePace() {
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
  // Its place is kept, so that no row moves when it comes.
  if (data === undefined) return <p className="queue-pace" />
  const { days, waiting } = data
  const of = (since: string) => countDecided(data, since).toLocaleString('en-US')
  const to = '/p/$project/corrections' as const
  const decided = (since: string) => ({ tab: 'done', view: 'decisions', since }) as const
  return (
    <p className="queue-pace">
      <Link to={to} params={{ project }} search={decided(days.today)}>
        {of(days.today)} decided today
      </Link>
      <Link to={to} params={{ project }} search={decided(days.week_since)}>
        {of(days.week_since)} in 7 days
      </Link>
      {rateOn && rate !== null && <span>you: {rate.toFixed(1)}/min</span>}
      {waiting.oldest_day !== null && <span>the oldest waits since {waiting.oldest_day}</span>}
    </p>
  )
}
