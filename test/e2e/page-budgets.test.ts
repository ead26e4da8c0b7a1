import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { findBarriers, saveTestSession, withLongBrowser } from './harness.ts'
import { countRenders, measureClicks, watchShifts } from './measures.ts'
import { type ListedPage, listMainPages, listPages, waitForPage } from './pages.ts'
import { openStage, type Stage } from './stage.ts'

// The budgets of every page, with bounds that a busy machine passes; `bench/web.ts` measures them.

/** Pages that follow what sessions, runs and corrections come to. */
const FOLLOWING = ['/home', '/sessions', '/sessions/:session', '/runs', '/corrections']

/** Pages on which keys and clicks do much. */
const BUSY = ['sessions', 'a review']
const isAsked = process.env.WHETSTONE_TEST_WAYS === 'all'

let stage: Stage

before(async () => {
  const opened = await openStage()
  if (opened !== null) stage = opened
})
afterEach(() => stage?.app.closePages())
after(() => stage?.app.close())

test(
  'every page is whole when its text is twice as large, in forced colours, and as narrow as 320 px',
  withLongBrowser,
  async () => {
    for (const listed of listMainPages(stage.places)) {
      // Twice as large in a window of 1280 is a page of 640, four times one of 320.
      const page = await stage.app.open(listed.address, { width: 640, height: 512 })
      await waitForPage(page, listed)
      assert.equal(await findOverflow(page), null, `${listed.name} at 640`)
      assert.deepEqual(await findBarriers(page), [], `${listed.name} at 640`)
      await page.setViewportSize({ width: 320, height: 512 })
      await page.emulateMedia({ forcedColors: 'active' })
      await waitForPage(page, listed)
      assert.equal(await findOverflow(page), null, `${listed.name} at 320`)
      assert.deepEqual(await findBarriers(page), [], `${listed.name} at 320 in forced colours`)
      // Whoever leaves a review gives back what it holds.
      await page.goto(`${stage.app.url}/mark.svg`)
      await page.context().close()
    }
  },
)

/** What is wider than the page, if it can be moved sideways. */
function findOverflow(page: Page): Promise<string | null> {
  return page.evaluate(() => {
    if (document.documentElement.scrollWidth <= innerWidth) return null
    const wide = [...document.querySelectorAll('body *')].find(
      one => one.getBoundingClientRect().right > innerWidth + 1,
    )
    return wide?.outerHTML.slice(0, 200) ?? 'something'
  })
}

test(
  'while much happens on the server nothing moves, and pages are drawn four times a second at most',
  withLongBrowser,
  async () => {
    const { app } = stage
    const pages: { listed: ListedPage; page: Page }[] = []
    for (const listed of listPages(stage.places).filter(one => FOLLOWING.includes(one.path))) {
      const page = await app.open(listed.address)
      await waitForPage(page, listed)
      await page.getByText('Live', { exact: true }).waitFor()
      pages.push({ listed, page })
    }
    await pages[0]?.page.waitForTimeout(1_500)
    for (const { page } of pages) {
      await watchShifts(page)
      await countRenders(page)
    }
    const SECONDS = 8
    const until = performance.now() + SECONDS * 1_000
    for (let n = 0; performance.now() < until; n++) {
      const id = `case-${n % 40}`
      await app.send('POST', '/api/eval/feedback', { session_id: id, message_index: 1, rating: n % 2 === 0 ? 1 : -1 })
      await saveTestSession(app, { session_id: `live-${n}`, name: `Live ${n}` })
      const more = [{ role: 'user', content: `More ${n}` }]
      await app.send('POST', '/api/sessions?append=true', { session_id: 'all', messages: more })
      if (n % 10 === 0)
        await app.send('POST', '/api/eval/run', { backend: 'scripted', model: 'm1', scope: 'session', session_id: id })
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    for (const { listed, page } of pages) {
      const { shift, renders } = await page.evaluate(() => ({ shift: window.shifts, renders: window.renders }))
      assert.deepEqual(shift, [], `${listed.name} moved`)
      assert.ok((renders ?? 0) / SECONDS <= 4, `${listed.name}: ${renders} times in ${SECONDS} s`)
    }
  },
)

test('a click or a key is answered soon, also on a machine that is four times slower', withLongBrowser, async () => {
  const pages = listMainPages(stage.places).filter(one => isAsked || BUSY.includes(one.name))
  for (const listed of pages) {
    const page = await stage.app.open(listed.address)
    await waitForPage(page, listed)
    const slowest = await measureClicks(page, 4)
    console.log(`${listed.name}: ${slowest.ms} ms from ${slowest.what} to the next picture, 4× slower`)
    // 200 ms on a machine that has nothing else to do.
    assert.ok(slowest.ms <= 2_000, `${listed.name}: ${slowest.ms} ms`)
    await page.context().close()
  }
})
