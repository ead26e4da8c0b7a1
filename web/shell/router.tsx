import { QueryClient } from '@tanstack/react-query'
import {
  createRootRoute,
  createRoute,
  createRouter,
  Link,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { readDatasetSearch, readDatasetsSearch } from '../datasets/datasets-search.ts'
import { readCompareSearch } from '../judges/judge-search.ts'
import { readPromptSearch, readPromptsSearch } from '../prompts/prompts-search.ts'
import { readRunSearch, readRunsSearch } from '../runs/runs-search.ts'
import { readSessionSearch } from '../sessions/list-search.ts'
import { readSessionPlace } from '../sessions/session-search.ts'
import { Failure } from '../ui/states.tsx'
import { Frame } from './frame.tsx'
import { readAddress, writeAddress } from './search.ts'

interface Crumb {
  label: string
  /** The parameter that names the page, as a session's id does. */
  parameter?: string
  /** The list that it belongs to. */
  above?: { label: string; to: AbovePage }
}

type AbovePage =
  | '/p/$project/sessions'
  | '/p/$project/runs'
  | '/p/$project/judges'
  | '/p/$project/prompts'
  | '/p/$project/datasets'

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

const root = createRootRoute({ component: Outlet, notFoundComponent: NotThere })

const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    const project = localStorage.getItem('whetstone-project') ?? 'default'
    throw redirect({ to: '/p/$project/sessions', params: { project } })
  },
})

const project = createRoute({ getParentRoute: () => root, path: '/p/$project', component: Frame })

const projectStart = createRoute({
  getParentRoute: () => project,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/p/$project/sessions', params })
  },
})

const sessions = createRoute({
  getParentRoute: () => project,
  path: '/sessions',
  validateSearch: readSessionSearch,
  staticData: { crumb: { label: 'Sessions' } },
  component: lazyRouteComponent(() => import('../sessions/list-page.tsx'), 'SessionsPage'),
})

const session = createRoute({
  getParentRoute: () => project,
  path: '/sessions/$id',
  validateSearch: readSessionPlace,
  staticData: {
    crumb: { label: 'Session', parameter: 'id', above: { label: 'Sessions', to: '/p/$project/sessions' } },
    narrow: true,
  },
  component: lazyRouteComponent(() => import('../sessions/session-page.tsx'), 'SessionPage'),
})

const runs = createRoute({
  getParentRoute: () => project,
  path: '/runs',
  validateSearch: readRunsSearch,
  staticData: { crumb: { label: 'Evaluation runs' } },
  component: lazyRouteComponent(() => import('../runs/runs-page.tsx'), 'RunsPage'),
})

const run = createRoute({
  getParentRoute: () => project,
  path: '/runs/$run',
  validateSearch: readRunSearch,
  staticData: {
    crumb: { label: 'Run', parameter: 'run', above: { label: 'Evaluation runs', to: '/p/$project/runs' } },
  },
  component: lazyRouteComponent(() => import('../runs/run-page.tsx'), 'RunPage'),
})

const judges = createRoute({
  getParentRoute: () => project,
  path: '/judges',
  validateSearch: readCompareSearch,
  staticData: { crumb: { label: 'Judges' } },
  component: lazyRouteComponent(() => import('../judges/judges-page.tsx'), 'JudgesPage'),
})

const judge = createRoute({
  getParentRoute: () => project,
  path: '/judges/$kind/$name/$v',
  validateSearch: readCompareSearch,
  staticData: { crumb: { label: 'Judge', parameter: 'name', above: { label: 'Judges', to: '/p/$project/judges' } } },
  component: lazyRouteComponent(() => import('../judges/judges-page.tsx'), 'JudgesPage'),
})

const prompts = createRoute({
  getParentRoute: () => project,
  path: '/prompts',
  validateSearch: readPromptsSearch,
  staticData: { crumb: { label: 'Prompts' } },
  component: lazyRouteComponent(() => import('../prompts/prompts-page.tsx'), 'PromptsPage'),
})

const promptStart = createRoute({
  getParentRoute: () => project,
  path: '/prompts/$name',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/p/$project/prompts/$name/$v', params: { ...params, v: 'latest' } })
  },
})

const prompt = createRoute({
  getParentRoute: () => project,
  path: '/prompts/$name/$v',
  validateSearch: readPromptSearch,
  staticData: { crumb: { label: 'Prompt', parameter: 'name', above: { label: 'Prompts', to: '/p/$project/prompts' } } },
  component: lazyRouteComponent(() => import('../prompts/prompt-page.tsx'), 'PromptPage'),
})

const datasets = createRoute({
  getParentRoute: () => project,
  path: '/datasets',
  validateSearch: readDatasetsSearch,
  staticData: { crumb: { label: 'Datasets' } },
  component: lazyRouteComponent(() => import('../datasets/datasets-page.tsx'), 'DatasetsPage'),
})

const datasetStart = createRoute({
  getParentRoute: () => project,
  path: '/datasets/$name',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/p/$project/datasets/$name/$v', params: { ...params, v: 'newest' } })
  },
})

const dataset = createRoute({
  getParentRoute: () => project,
  path: '/datasets/$name/$v',
  validateSearch: readDatasetSearch,
  staticData: {
    crumb: { label: 'Dataset', parameter: 'name', above: { label: 'Datasets', to: '/p/$project/datasets' } },
  },
  component: lazyRouteComponent(() => import('../datasets/dataset-page.tsx'), 'DatasetPage'),
})

const settingsStart = createRoute({
  getParentRoute: () => project,
  path: '/settings',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/p/$project/settings/$section', params: { ...params, section: 'backends' } })
  },
})

const settings = createRoute({
  getParentRoute: () => project,
  path: '/settings/$section',
  staticData: { crumb: { label: 'Settings' } },
  component: lazyRouteComponent(() => import('../settings/settings-page.tsx'), 'SettingsPage'),
})

/** A page that is not there yet: its own file takes its place. */
function declareElsewhere<const Path extends string>(path: Path, label: string) {
  return createRoute({
    getParentRoute: () => project,
    path,
    staticData: { crumb: { label } },
    component: lazyRouteComponent(() => import('./elsewhere.tsx'), 'Elsewhere'),
  })
}

const pages = project.addChildren([
  projectStart,
  sessions,
  session,
  declareElsewhere('/home', 'Home'),
  declareElsewhere('/trends', 'Trends'),
  runs,
  run,
  judges,
  judge,
  declareElsewhere('/experiments', 'Experiments'),
  prompts,
  promptStart,
  prompt,
  datasets,
  datasetStart,
  dataset,
  declareElsewhere('/corrections', 'Corrections'),
  settingsStart,
  settings,
])

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
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

function NotThere() {
  return (
    <div className="page-body">
      <h1>There is no such page</h1>
      <p>
        <Link to="/">Go to the sessions</Link>
      </p>
    </div>
  )
}

/** A part of a former build that is gone, or a mistake of ours: the rest of the application stays. */
function Broken({ error }: { error: unknown }) {
  return <Failure what="This page broke" error={error} onRetry={() => location.reload()} />
}
