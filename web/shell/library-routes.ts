import { createRoute, redirect } from '@tanstack/react-router'
import { readDatasetSearch, readDatasetsSearch } from '../datasets/datasets-search.ts'
import { readJudgeSearch } from '../judges/judge-search.ts'
import { readPromptSearch, readPromptsSearch } from '../prompts/prompts-search.ts'
import { latePage } from './late-page.tsx'
import { project } from './project-route.tsx'
import { readOnly } from './search.ts'

const judges = createRoute({
  getParentRoute: () => project,
  path: '/judges',
  validateSearch: readOnly(readJudgeSearch),
  staticData: { crumb: { label: 'Judges' } },
  component: latePage(() => import('../judges/judges-page.tsx'), 'JudgesPage'),
})

const judge = createRoute({
  getParentRoute: () => project,
  path: '/judges/$kind/$name/$v',
  validateSearch: readOnly(readJudgeSearch),
  staticData: { crumb: { label: 'Judge', parameter: 'name', above: { label: 'Judges', to: '/p/$project/judges' } } },
  component: latePage(() => import('../judges/judges-page.tsx'), 'JudgesPage'),
})

const prompts = createRoute({
  getParentRoute: () => project,
  path: '/prompts',
  validateSearch: readOnly(readPromptsSearch),
  staticData: { crumb: { label: 'Prompts' } },
  component: latePage(() => import('../prompts/prompts-page.tsx'), 'PromptsPage'),
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
  validateSearch: readOnly(readPromptSearch),
  staticData: { crumb: { label: 'Prompt', parameter: 'name', above: { label: 'Prompts', to: '/p/$project/prompts' } } },
  component: latePage(() => import('../prompts/prompt-page.tsx'), 'PromptPage'),
})

const datasets = createRoute({
  getParentRoute: () => project,
  path: '/datasets',
  validateSearch: readOnly(readDatasetsSearch),
  staticData: { crumb: { label: 'Datasets' } },
  component: latePage(() => import('../datasets/datasets-page.tsx'), 'DatasetsPage'),
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
  validateSearch: readOnly(readDatasetSearch),
  staticData: {
    crumb: { label: 'Dataset', parameter: 'name', above: { label: 'Datasets', to: '/p/$project/datasets' } },
  },
  component: latePage(() => import('../datasets/dataset-page.tsx'), 'DatasetPage'),
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
  component: latePage(() => import('../settings/settings-page.tsx'), 'SettingsPage'),
})

/** The pages of what is kept in versions (judges, prompts, datasets), and the settings. */
export const libraryRoutes = [
  judges,
  judge,
  prompts,
  promptStart,
  prompt,
  datasets,
  datasetStart,
  dataset,
  settingsStart,
  settings,
] as const
