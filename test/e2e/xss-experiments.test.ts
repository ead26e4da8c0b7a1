import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { type BrowserApp, openBrowserApp, withLongBrowser } from './harness.ts'
import { fillHostileExperiments, type HostileExperiments } from './hostile-experiments.ts'
import { createHostileModel, nameOf } from './hostile-sessions.ts'
import { PAYLOADS, type Payload } from './payloads.ts'
import { assertShown, openVisitor, visit } from './visitor.ts'

let app: BrowserApp
let places: HostileExperiments

before(async () => {
  const opened = await openBrowserApp({
    worker: true,
    yaml: 'backends: [{ name: scripted, kind: scripted, script: {}, concurrency: 8, max_attempts: 1 }]',
    backends: { scripted: { model: createHostileModel() } },
  })
  if (opened === null) return
  app = opened
  places = await fillHostileExperiments(app)
})
afterEach(() => app?.closePages())
after(() => app?.close())

/** Scrolls down until the last row is there, and up again. */
async function loadRows(page: Page): Promise<void> {
  const isThere = () =>
    page.evaluate(count => {
      const last = [...document.querySelectorAll('[data-index]')].at(-1)
      last?.scrollIntoView()
      return Number(last?.getAttribute('data-index')) === count - 1
    }, PAYLOADS.length)
  while (!(await isThere())) await page.waitForTimeout(50)
  await page.evaluate(() => {
    for (const element of document.querySelectorAll('main *')) element.scrollTop = 0
  })
}

const nameIt = (one: Payload) => nameOf(one.text)

test('experiments show names, variants, cases and outputs as text', withLongBrowser, async () => {
  const visitor = await openVisitor(app)
  const { outputs } = places
  await visit(visitor, '/experiments?shown=500', '[data-row]')
  assertShown(visitor, 'the experiments', 1, PAYLOADS, nameIt)
  await visit(visitor, `/experiments/${outputs}`, '[data-index]')
  await visit(visitor, `/experiments/${places.labels}?shown=400`, '[data-index]')
  assertShown(visitor, 'a leaderboard', 1, PAYLOADS, one => nameIt(one).slice(0, 40))
  await visit(visitor, `/experiments/${outputs}/matrix`, '[data-index]', loadRows)
  assertShown(visitor, 'a matrix', 2)
  await visit(visitor, `/experiments/${outputs}/compare?a=1&b=2`, '.compare-case', async page => {
    // The first cases are let go when many more have come.
    const more = page.locator('.compare-more button', { hasText: /next cases|Loading/ })
    while ((await more.count()) > 0) {
      visitor.shown += await page.locator('main').textContent()
      await more.click({ timeout: 2_000 }).catch(() => {})
    }
  })
  assertShown(visitor, 'a comparison', 2)
  await visit(visitor, `/experiments/${outputs}/runs`, '[data-row]')
})

test(
  'a run of an experiment shows what it was asked, what failed and who scored it as text',
  withLongBrowser,
  async () => {
    const visitor = await openVisitor(app)
    await visit(visitor, `/experiments/${places.asked}`, '.stage-message')
    assertShown(visitor, 'what was asked', 2)
    await visit(visitor, `/experiments/${places.outputs}/runs/${places.run}`, '.stage-message')
    assertShown(visitor, 'scores by hand', 2, PAYLOADS, nameIt)
    await visit(visitor, `/experiments/${places.failures}/runs`, '[data-row]')
    // Whoever keeps a failure leaves out what would colour a terminal.
    assertShown(
      visitor,
      'what failed',
      1,
      PAYLOADS.filter(one => !one.text.includes('\u001b')),
    )
  },
)

test('the text of an experiment with all of them is edited as text', withLongBrowser, async () => {
  const visitor = await openVisitor(app)
  await visit(visitor, `/experiments/${places.draft}/build`, '.cm-line')
})
