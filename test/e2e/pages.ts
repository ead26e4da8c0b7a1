/** Every page of the web application: a new one is added here, and all that holds for every page holds for it. */
import type { Page } from 'playwright-core'

export interface ListedPage {
  /** Of its own, for messages. */
  name: string
  /** Its address below the project; `:session` and the like are filled in from `Places`. */
  path: string
  /** What is seen when it is there with its data. */
  ready: string
  /** How it is called in the sidebar, if it is there. */
  place?: string
  /** What takes long is tried on these alone, unless `WHETSTONE_TEST_WAYS=all`. */
  main?: true
  /** Shows what agents did, not what people make of it. */
  about?: 'sessions'
}

/** Ids of what a test's application has, by the names that stand in addresses. */
export interface Places {
  [name: string]: string
}

export const PAGES: ListedPage[] = [
  { name: 'home', main: true, path: '/home', ready: 'h1', place: 'Home' },
  { name: 'sessions', main: true, path: '/sessions', ready: '[data-row]', place: 'Sessions', about: 'sessions' },
  { name: 'a session', main: true, path: '/sessions/:session', ready: '.message', about: 'sessions' },
  { name: 'trends', path: '/trends', ready: 'h1', place: 'Trends' },
  { name: 'evaluation runs', path: '/runs', ready: '[data-row]', place: 'Evaluation runs', about: 'sessions' },
  { name: 'a run beside the list', path: '/runs?peek=:run', ready: '.peek dl', about: 'sessions' },
  { name: 'a new run', main: true, path: '/runs?new=1', ready: '[data-row]', about: 'sessions' },
  { name: 'an evaluation run', path: '/runs/:run', ready: '[data-row]', about: 'sessions' },
  { name: 'judges', path: '/judges', ready: 'h1', place: 'Judges' },
  { name: 'a judge', path: '/judges/rubrics/:rubric/:rubric_version', ready: 'h1' },
  {
    name: 'a judge on trial',
    path: '/judges/rubrics/:rubric/:rubric_version?open=try&session=:session',
    ready: '.trial-form',
  },
  { name: 'experiments', path: '/experiments', ready: 'h1', place: 'Experiments' },
  { name: 'an experiment beside the list', path: '/experiments?peek=:experiment', ready: '.peek dl' },
  { name: 'an experiment as it is built', main: true, path: '/experiments/:experiment/build', ready: 'h1' },
  { name: 'prompts', path: '/prompts', ready: 'h1', place: 'Prompts' },
  { name: 'a prompt beside the list', path: '/prompts?peek=:prompt', ready: '.peek .template' },
  { name: 'a prompt', path: '/prompts/:prompt/latest', ready: '.template' },
  { name: 'datasets', path: '/datasets', ready: 'h1', place: 'Datasets' },
  { name: 'a dataset beside the list', path: '/datasets?peek=:dataset', ready: '.first-cases li' },
  { name: 'a dataset', main: true, path: '/datasets/:dataset/newest', ready: '[data-row]' },
  {
    name: 'a dataset that cases are collected for',
    path: '/datasets/:dataset/newest?open=collect',
    ready: '[data-row]',
  },
  { name: 'a leaderboard', main: true, path: '/experiments/:experiment', ready: '[data-index]' },
  { name: 'a matrix', path: '/experiments/:experiment/matrix', ready: '[data-index]' },
  { name: 'a comparison', path: '/experiments/:experiment/compare?a=1&b=2', ready: 'h1' },
  { name: 'runs of an experiment', path: '/experiments/:experiment/runs', ready: '[data-row]' },
  { name: 'a run beside its list', path: '/experiments/:experiment/runs?peek=:experiment_run', ready: '.peek dl' },
  { name: 'a run of an experiment', path: '/experiments/:experiment/runs/:experiment_run', ready: '.stage-message' },
  { name: 'corrections', main: true, path: '/corrections', ready: '[data-row]', place: 'Corrections' },
  { name: 'a candidate', path: '/corrections?peek=:candidate', ready: '[data-row]' },
  { name: 'done corrections', path: '/corrections?tab=done', ready: 'h1' },
  { name: 'single decisions', path: '/corrections?tab=done&view=decisions', ready: 'h1' },
  { name: 'imports', path: '/corrections?tab=imports', ready: 'h1' },
  { name: 'rules', path: '/corrections?tab=rules', ready: 'h1' },
  { name: 'exports', main: true, path: '/corrections?tab=exports', ready: 'h1' },
  { name: 'statistics of corrections', path: '/corrections?tab=stats', ready: 'h1' },
  { name: 'a review', main: true, path: '/corrections/review?id=:candidate', ready: '.candidate' },
  { name: 'settings', path: '/settings', ready: 'h1', place: 'Settings' },
  { name: 'API keys', main: true, path: '/settings/keys', ready: 'h1' },
  { name: 'pins', path: '/settings/pins', ready: 'h1' },
  { name: 'settings of the review', path: '/settings/review', ready: 'h1' },
  { name: 'webhooks', path: '/settings/webhooks', ready: 'h1' },
]

/** The pages whose ids are known, with their addresses. */
export function listPages(places: Places): (ListedPage & { address: string })[] {
  return PAGES.flatMap(page => {
    const names = [...page.path.matchAll(/:(\w+)/g)].map(match => match[1] ?? '')
    if (names.some(name => places[name] === undefined)) return []
    const path = page.path.replace(/:(\w+)/g, (_, name) => encodeURIComponent(places[name] ?? ''))
    return [{ ...page, address: `/p/default${path}` }]
  })
}

/** The pages for what takes long on each: all of them with `WHETSTONE_TEST_WAYS=all`. */
export function listMainPages(places: Places): (ListedPage & { address: string })[] {
  return listPages(places).filter(page => page.main === true || process.env.WHETSTONE_TEST_WAYS === 'all')
}

/** Waits until a page shows its data, and nothing loads any more. */
export async function waitForPage(page: Page, { ready }: ListedPage): Promise<void> {
  await page.locator(ready).first().waitFor()
  await page.locator('.skeleton').first().waitFor({ state: 'detached' })
}
