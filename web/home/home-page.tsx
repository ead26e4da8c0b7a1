import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useProject } from '../shell/api.ts'
import { useTrendSeries } from '../trends/trend-query.ts'
import '../ui/plain.css'
import { Failure, Skeleton } from '../ui/states.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { ActiveRuns } from './active-runs.tsx'
import { Figures } from './figures.tsx'
import './home-page.css'
import {
  useActiveExperiments,
  useActiveRuns,
  useRegressions,
  useReviewQueue,
  useSessionShares,
  useSessionWeeks,
} from './home-query.ts'
import { type HomeSearch, readHomeSearch } from './home-search.ts'
import { Regressions } from './regressions.tsx'
import { Sparklines } from './sparklines.tsx'
import { Start } from './start.tsx'

const route = getRouteApi('/p/$project/home')
const WEEKS = 8

/** What changed, and what needs me? Without any session: how they come in. */
export function HomePage() {
  const search = route.useSearch()
  const { project } = useProject()
  const queries = useQueryClient()
  const shares = useSessionShares()
  const others = {
    weeks: useSessionWeeks(),
    queue: useReviewQueue(),
    runs: useActiveRuns(),
    experiments: useActiveExperiments(),
    trends: useTrendSeries({ weeks: WEEKS }),
    regressions: useRegressions(),
  }
  const count = shares.data && shares.data.evaluated + shares.data.stale + shares.data.pending
  // Whoever was shown how sessions come in is not taken elsewhere by the first that comes.
  const [first, setFirst] = useState<string | null>(null)
  useEffect(() => {
    if (count === 0) setFirst(project)
  }, [count, project])
  const leave = () => {
    setFirst(null)
    void queries.invalidateQueries({ queryKey: [project, 'home'] })
    void queries.invalidateQueries({ queryKey: [project, 'trends'] })
  }
  if (shares.data === undefined || count === undefined) {
    if (!shares.isError) return <Skeleton lines={8} height={44} />
    return <Failure what="Couldn't load Home" error={shares.error} onRetry={() => void shares.refetch()} />
  }
  if (search.start === '1' || count === 0 || first === project)
    return <Start key={project} count={count} onLeave={leave} />
  return <Overview shares={shares} {...others} search={search} />
}

export interface HomeData {
  shares: ReturnType<typeof useSessionShares>
  weeks: ReturnType<typeof useSessionWeeks>
  queue: ReturnType<typeof useReviewQueue>
  runs: ReturnType<typeof useActiveRuns>
  experiments: ReturnType<typeof useActiveExperiments>
  trends: ReturnType<typeof useTrendSeries>
  regressions: ReturnType<typeof useRegressions>
}

function Overview(props: HomeData & { search: HomeSearch }) {
  const { shares, weeks, queue, runs, experiments, trends, regressions, search } = props
  const { project } = useProject()
  const navigate = route.useNavigate()
  const toggleTable = () =>
    void navigate({ search: former => readHomeSearch({ ...former, as: former.as ? undefined : 'table' }) })
  useKeys([
    { keys: ['t'], label: 'Trends as a table, and back', group: 'Home', run: toggleTable },
    {
      keys: [],
      label: 'Add sessions',
      group: 'Home',
      run: () => void navigate({ search: { start: '1' } }),
    },
  ])
  return (
    <div className="home-page">
      <div className="home-head">
        <h1>Home</h1>
        <Link to="/p/$project/home" params={{ project }} search={{ start: '1' }}>
          Add sessions
        </Link>
      </div>
      <Troubles {...{ shares, weeks, queue, runs, experiments, trends, regressions }} />
      <Figures
        shares={shares.data}
        weeks={weeks.data}
        queue={queue.data}
        runs={runs.data}
        experiments={experiments.data}
      />
      <Sparklines data={trends.data} failed={trends.isError} asTable={search.as === 'table'} onToggle={toggleTable} />
      <div className="home-attention">
        <Regressions data={regressions.data} failed={regressions.isError} />
        <ActiveRuns runs={runs.data} experiments={experiments.data} failed={runs.isError || experiments.isError} />
      </div>
    </div>
  )
}

/** What could not be loaded, in one place; what was there before stays. */
function Troubles(data: HomeData) {
  const parts = [
    { what: 'what is judged', query: data.shares },
    { what: 'the number of sessions', query: data.weeks },
    { what: 'the review queue', query: data.queue },
    { what: 'runs', query: data.runs },
    { what: 'experiments', query: data.experiments },
    { what: 'trends', query: data.trends },
    { what: 'regressions', query: data.regressions },
  ].filter(part => part.query.isError)
  const [first] = parts
  if (first === undefined) return null
  const names = parts.map(part => part.what).join(', ')
  const known = parts.map(part => part.query.dataUpdatedAt).filter(at => at > 0)
  return (
    <Failure
      what={`Couldn't load ${names}`}
      error={first.query.error}
      onRetry={() => {
        for (const part of parts) void part.query.refetch()
      }}
      dataFrom={known.length === 0 ? undefined : Math.min(...known)}
    />
  )
}
