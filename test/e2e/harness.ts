import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { createApi } from '#api.ts'
import { ensureWebBuilt } from '#cli/start-web.ts'
import { serve } from '#http/serve.ts'
import { openTestApp, type TestApp, type TestAppOptions } from '../app.ts'
import { findBrowser, launchBrowser, NO_BROWSER } from './browser.ts'

/** The real server with a browser in front of it. */
export interface BrowserApp extends TestApp {
  url: string
  /** A page: in a profile of its own, unless the file said `oneProfile`. */
  open: (path: string, options?: PageOptions) => Promise<Page>
  /** Closes the pages of a test; what their consoles complained of fails it. For `afterEach`. */
  closePages: () => Promise<void>
  /** Lets the server go, and brings it back on the same port. */
  stopServing: () => Promise<void>
  serveAgain: () => Promise<void>
}

export interface PageOptions {
  width?: number
  height?: number
  scheme?: 'light' | 'dark'
  /** Complaints of the console that the test brings about. */
  forgive?: RegExp
  /** In a profile of its own in any case, with nothing in its cache. */
  own?: boolean
}

export interface BrowserOptions {
  /**
   * One profile for all pages, emptied after each test, in one process: that has the application's script compiled, which
   * takes a third of the processor's time of a page that is opened.
   */
  oneProfile?: boolean
}

const PATIENCE_MS = 20_000
/** A profile has six connections to a server, and each page that is seen holds one: a seventh page would wait for ever. */
const MOST_SHARED = 5

const browserPath = findBrowser()
if (browserPath === null) console.log(`\n!!! ${NO_BROWSER}\n`)

/** For `test(name, withBrowser, …)`: skips loudly where there is no browser. */
export const withBrowser = { skip: browserPath === null ? NO_BROWSER : false, timeout: 120_000 }

const isAll = process.env.WHETSTONE_TEST_WAYS === 'all'

/** The same for what goes through many pages or texts. */
export const withLongBrowser = { ...withBrowser, timeout: isAll ? 600_000 : 180_000 }

const ALL_WAYS = [
  ['light', 1440],
  ['dark', 390],
  ['dark', 1440],
  ['light', 390],
] as const

/** The schemes and widths that pages are looked at in: each once, or with `WHETSTONE_TEST_WAYS=all` each with each. */
export const WAYS = isAll ? ALL_WAYS : ALL_WAYS.slice(0, 2)

/** A browser by itself, for a server of another process. */
export interface OpenBrowser {
  open: (address: string, options?: PageOptions) => Promise<Page>
  closePages: () => Promise<void>
  close: () => Promise<void>
}

/** Opens a browser for a test file; close it in `after`. Null without one. */
export async function openTestBrowser({ oneProfile = false }: BrowserOptions = {}): Promise<OpenBrowser | null> {
  if (browserPath === null) return null
  const browser = await launchBrowser(browserPath, oneProfile ? ['--process-per-site'] : [])
  const opened: { close: () => Promise<void>; troubles: string[] }[] = []
  let shared: SharedProfile | undefined
  return {
    open: async (address, options = {}) => {
      if (oneProfile && !options.own) shared ??= await openProfile(browser, new URL(address).origin)
      const context = options.own || shared === undefined ? await openContext(browser, options) : shared.context
      if (context === shared?.context)
        assert.ok(context.pages().length - 1 < MOST_SHARED, 'close a page before another one is opened')
      const { page, troubles } = await openPage(context, options)
      opened.push({ close: () => (context === shared?.context ? page.close() : context.close()), troubles })
      await page.goto(address)
      return page
    },
    closePages: async () => {
      const closed = opened.splice(0)
      await Promise.all(closed.map(one => one.close()))
      await shared?.empty()
      const troubles = closed.flatMap(one => one.troubles)
      assert.deepEqual(troubles, [], 'the console stayed silent')
    },
    close: () => browser.close(),
  }
}

/** Opens application, server and browser for a test file; close it in `after`. Null without a browser. */
export async function openBrowserApp(
  options: TestAppOptions & BrowserOptions & { host?: string } = {},
): Promise<BrowserApp | null> {
  const browser = await openTestBrowser(options)
  if (browser === null) return null
  await ensureWebBuilt(line => console.log(line))
  const app = await openTestApp(options)
  const api = createApi(app.app)
  let server = await serve(api.fetch, '127.0.0.1', 0)
  const { url } = server
  return {
    ...app,
    url,
    open: (path, pageOptions) => browser.open(url + path, pageOptions),
    closePages: browser.closePages,
    stopServing: () => server.close(),
    serveAgain: async () => {
      server = await serve(api.fetch, '127.0.0.1', Number(new URL(url).port))
    },
    close: async () => {
      await browser.close()
      await server.close()
      await app.close()
    },
  }
}

interface SharedProfile {
  context: BrowserContext
  /** Forgets what pages kept in it, and what they may do. */
  empty: () => Promise<void>
}

/** A profile with a page of the origin that stays, and with it the process. */
async function openProfile(browser: Browser, origin: string): Promise<SharedProfile> {
  const context = await openContext(browser, {})
  const page = await context.newPage()
  await page.goto(`${origin}/mark.svg`)
  const session = await context.newCDPSession(page)
  return {
    context,
    empty: async () => {
      await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'cookies,local_storage,indexeddb' })
      await context.clearPermissions()
    },
  }
}

function openContext(browser: Browser, options: PageOptions): Promise<BrowserContext> {
  return browser.newContext({
    viewport: chooseViewport(options),
    colorScheme: options.scheme ?? 'light',
    timezoneId: 'Europe/Berlin',
    locale: 'en-GB',
    reducedMotion: 'reduce',
  })
}

function chooseViewport({ width = 1440, height = 900 }: PageOptions) {
  return { width, height }
}

async function openPage(context: BrowserContext, options: PageOptions) {
  const page = await context.newPage()
  await page.setViewportSize(chooseViewport(options))
  await page.emulateMedia({ colorScheme: options.scheme ?? 'light' })
  page.setDefaultTimeout(PATIENCE_MS)
  const troubles: string[] = []
  const complain = (text: string) => {
    if (!options.forgive?.test(text)) troubles.push(text)
  }
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type()))
      complain(`${message.text()} (${message.location().url} at ${page.url()})`)
  })
  page.on('pageerror', error => complain(`${error.stack ?? error.message} (${page.url()})`))
  return { page, troubles }
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Everything that axe finds wrong with a page as it is now (WCAG 2.2 AA and its best practices). */
export async function findBarriers(page: Page): Promise<string[]> {
  if (await page.evaluate(`typeof axe === 'undefined'`)) await page.evaluate(axe)
  const found: unknown = await page.evaluate(`
    axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      // What else it could say takes half of its time: of rules that hold, of files it would fetch, and selectors.
      ...{ resultTypes: ['violations'], preload: false, selectors: false },
    }).then(result =>
      result.violations.flatMap(({ id, help, nodes }) =>
        nodes.slice(0, 3).map(node => id + ': ' + help + ': ' + node.html.slice(0, 200) + ' ' + (node.any[0]?.message ?? ''))))`)
  assert.ok(Array.isArray(found))
  return found.map(String)
}

/** Keeps a picture of the page in the folder that `SHOTS` names; without one nothing. */
export async function shoot(page: Page, name: string): Promise<void> {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` })
}

/** Sends one session as an agent would. */
export async function saveTestSession(
  app: TestApp,
  session: { session_id: string; name?: string | null; last_active?: string; [field: string]: unknown },
): Promise<void> {
  const messages = [
    { role: 'user', content: `Request of ${session.session_id}` },
    { role: 'assistant', content: 'Done.' },
  ]
  const { status, body } = await app.send('POST', '/api/sessions', { profile_id: 'support', messages, ...session })
  assert.ok(status < 300, JSON.stringify(body))
}
