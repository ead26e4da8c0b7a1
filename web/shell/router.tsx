import { QueryClient } from '@tanstack/react-query'
import { createRoute, createRouter, redirect } from '@tanstack/react-router'
import { readCorrectionsSearch } from '../corrections/corrections-search.ts'
import { readExperimentRunsSearch, readExperimentsSearch } from '../experiments/experiments-search.ts'
import { readHomeSearch } from '../home/home-search.ts'
import { readBoardSearch, readCompareSearch, readMatrixSearch } from '../leaderboard/board-search.ts'
import { readReviewSearch } from '../review/review-search.ts'
import { readRunSearch, readRunsSearch } from '../runs/runs-search.ts'
import { readSessionSearch } from '../sessions/list-search.ts'
import { readSessionPlace } from '../sessions/session-search.ts'
import { readTrendsSearch } from '../trends/trends-search.ts'
import type { Crumb } from './breadcrumb.tsx'
import { Broken, latePage } from './late-page.tsx'
import { libraryRoutes } from './library-routes.ts'
import { project, root } from './project-route.tsx'
import { readAddress, readOnly, writeAddress } from './search.ts'

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    crumb?: Crumb
    /** The sidebar shrinks to its icons. */
    narrow?: boolean
  }
  interface Register {
    router: typeof router
  }
}

const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    const project = localStorage.getItem('whetstone-project') ?? 'default'
    throw redirect({ to: '/p/$project/home', params: { project } })
  },
})

const projectStart = createRoute({
  getParentRoute: () => project,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/p/$project/home', params })
  },
})

const home = createRoute({
  getParentRoute: () => project,
  path: '/home',
  validateSearch: readOnly(readHomeSearch),
  staticData: { crumb: { label: 'Home' } },
  component: latePage(() => import('../home/home-page.tsx'), 'HomePage'),
})

const sessions = createRoute({
  getParentRoute: () => project,
  path: '/sessions',
  validateSearch: readOnly(readSessionSearch),
  staticData: { crumb: { label: 'Sessions' } },
  component: latePage(() => import('../sessions/list-page.tsx'), 'SessionsPage'),
})

const session = createRoute({
  getParentRoute: () => project,
  path: '/sessions/$id',
  validateSearch: readOnly(readSessionPlace),
  staticData: {
    crumb: { label: 'Session', id: 'id', above: { label: 'Sessions', to: '/p/$project/sessions' } },
    narrow: true,
  },
  component: latePage(() => import('../sessions/session-page.tsx'), 'SessionPage'),
})

const runs = createRoute({
  getParentRoute: () => project,
  path: '/runs',
  validateSearch: readOnly(readRunsSearch),
  staticData: { crumb: { label: 'Evaluation runs' } },
  component: latePage(() => import('../runs/runs-page.tsx'), 'RunsPage'),
})

const run = createRoute({
  getParentRoute: () => project,
  path: '/runs/$run',
  validateSearch: readOnly(readRunSearch),
  staticData: {
    crumb: { label: 'Run', id: 'run', above: { label: 'Evaluation runs', to: '/p/$project/runs' } },
  },
  component: latePage(() => import('../runs/run-page.tsx'), 'RunPage'),
})

const review = createRoute({
  getParentRoute: () => project,
  path: '/corrections/review',
  validateSearch: readOnly(readReviewSearch),
  staticData: {
    crumb: { label: 'Review', above: { label: 'Corrections', to: '/p/$project/corrections' } },
    narrow: true,
  },
  component: latePage(() => import('../review/review-page.tsx'), 'ReviewPage'),
})

const EXPERIMENTS = { label: 'Experiments', to: '/p/$project/experiments' } as const

const experiments = createRoute({
  getParentRoute: () => project,
  path: '/experiments',
  validateSearch: readOnly(readExperimentsSearch),
  staticData: { crumb: { label: 'Experiments' } },
  component: latePage(() => import('../experiments/list-page.tsx'), 'ExperimentsPage'),
})

const newExperiment = createRoute({
  getParentRoute: () => project,
  path: '/experiments/new',
  staticData: { crumb: { label: 'New experiment', above: EXPERIMENTS } },
  component: latePage(() => import('../experiments/build-page.tsx'), 'NewExperimentPage'),
})

const buildExperiment = createRoute({
  getParentRoute: () => project,
  path: '/experiments/$id/build',
  staticData: { crumb: { label: 'Build', above: EXPERIMENTS, ofExperiment: true } },
  component: latePage(() => import('../experiments/build-page.tsx'), 'BuildPage'),
})

const experimentRuns = createRoute({
  getParentRoute: () => project,
  path: '/experiments/$id/runs',
  validateSearch: readOnly(readExperimentRunsSearch),
  staticData: { crumb: { label: 'Runs', above: EXPERIMENTS, ofExperiment: true } },
  component: latePage(() => import('../experiments/runs-page.tsx'), 'ExperimentRunsPage'),
})

const experimentRun = createRoute({
  getParentRoute: () => project,
  path: '/experiments/$id/runs/$run',
  staticData: { crumb: { label: 'Run', id: 'run', above: EXPERIMENTS, ofExperiment: true } },
  component: latePage(() => import('../experiments/run-page.tsx'), 'ExperimentRunPage'),
})

const leaderboard = createRoute({
  getParentRoute: () => project,
  path: '/experiments/$id',
  validateSearch: readOnly(readBoardSearch),
  staticData: { crumb: { label: 'Experiment', id: 'id', above: EXPERIMENTS } },
  component: latePage(() => import('../leaderboard/board-page.tsx'), 'LeaderboardPage'),
})

const matrix = createRoute({
  getParentRoute: () => project,
  path: '/experiments/$id/matrix',
  validateSearch: readOnly(readMatrixSearch),
  staticData: { crumb: { label: 'Matrix', above: EXPERIMENTS, ofExperiment: true } },
  component: latePage(() => import('../leaderboard/matrix-page.tsx'), 'MatrixPage'),
})

const compare = createRoute({
  getParentRoute: () => project,
  path: '/experiments/$id/compare',
  validateSearch: readOnly(readCompareSearch),
  staticData: { crumb: { label: 'Comparison', above: EXPERIMENTS, ofExperiment: true } },
  component: latePage(() => import('../leaderboard/compare-page.tsx'), 'ComparePage'),
})

const corrections = createRoute({
  getParentRoute: () => project,
  path: '/corrections',
  validateSearch: readOnly(readCorrectionsSearch),
  staticData: { crumb: { label: 'Corrections' } },
  component: latePage(() => import('../corrections/corrections-page.tsx'), 'CorrectionsPage'),
})

const trends = createRoute({
  getParentRoute: () => project,
  path: '/trends',
  validateSearch: readOnly(readTrendsSearch),
  staticData: { crumb: { label: 'Trends' } },
  component: latePage(() => import('../trends/trends-page.tsx'), 'TrendsPage'),
})

const pages = project.addChildren([
  projectStart,
  home,
  sessions,
  session,
  trends,
  runs,
  run,
  experiments,
  newExperiment,
  buildExperiment,
  experimentRuns,
  experimentRun,
  leaderboard,
  matrix,
  compare,
  corrections,
  review,
  ...libraryRoutes,
])

export const queries = new QueryClient({
  defaultOptions: {
    // The server may be on this very machine: that the network is gone is no reason not to ask it.
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      // The server tells what changes; see live.ts.
      staleTime: 60_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) => error.name === 'Unreachable' && failures < 2,
      retryDelay: failures => 500 * (failures + 1),
    },
  },
})

export const router = createRouter({
  routeTree: root.addChildren([start, pages]),
  parseSearch: readAddress,
  stringifySearch: writeAddress,
  defaultPreload: 'intent',
  defaultErrorComponent: Broken,
  scrollRestoration: false,
})
