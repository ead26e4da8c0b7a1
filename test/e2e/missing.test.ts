import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { type BrowserApp, findBarriers, openBrowserApp, saveTestSession, withBrowser } from './harness.ts'

const UUID = '00000000-0000-4000-8000-000000000000'
let app: BrowserApp

/** Addresses of what is not there, what is said, and the list that a link leads to. */
const MISSING: [path: string, said: string, list: string][] = [
  ['/sessions/zzz', 'There is no session “zzz”', 'Sessions'],
  ['/runs/zzz', 'There is no run “zzz”', 'Evaluation runs'],
  [`/runs/${UUID}`, `There is no run “${UUID}”`, 'Evaluation runs'],
  ['/experiments/zzz', 'There is no experiment “zzz”', 'Experiments'],
  [`/experiments/${UUID}`, `There is no experiment “${UUID}”`, 'Experiments'],
  ['/experiments/zzz/build', 'There is no experiment “zzz”', 'Experiments'],
  ['/experiments/zzz/matrix', 'There is no experiment “zzz”', 'Experiments'],
  ['/experiments/zzz/compare', 'There is no experiment “zzz”', 'Experiments'],
  ['/experiments/zzz/runs', 'There is no experiment “zzz”', 'Experiments'],
  ['/experiments/zzz/runs/yyy', 'There is no run “yyy”', 'Experiments'],
  [`/experiments/zzz/runs/${UUID}`, `There is no run “${UUID}”`, 'Experiments'],
  ['/datasets/zzz', 'There is no dataset “zzz”', 'Datasets'],
  ['/prompts/zzz', 'There is no prompt “zzz”', 'Prompts'],
  ['/judges/rubrics/zzz/9', 'There is no rubric “zzz@9” in this project.', 'Judges'],
  ['/corrections/review?id=zzz', 'There is no candidate "zzz".', 'Corrections'],
]

before(async () => {
  const opened = await openBrowserApp({ oneProfile: true })
  if (opened === null) return
  app = opened
  await saveTestSession(app, { session_id: 'short', name: 'A short one' })
})
afterEach(() => app?.closePages())
after(() => app?.close())

const isThere = (page: Page, text: string) => page.locator('#page').getByText(text, { exact: false }).first().waitFor()

test(
  'what an address names and is not there is said in words, with the way to the list of its like',
  withBrowser,
  async () => {
    const page = await app.open('/p/default/sessions', { forgive: /40[04]|422/ })
    for (const [path, said, list] of MISSING) {
      await page.goto(`${app.url}/p/default${path}`)
      await isThere(page, said).catch(() => assert.fail(`${path} does not say: ${said}`))
      assert.equal(await page.getByText('Expected a UUID').count(), 0, path)
      const links = page.locator('#page, .breadcrumb').getByRole('link', { name: list, exact: true })
      assert.ok((await links.count()) > 0, `${path} leads to no ${list}`)
    }
  },
)

test('a page that there is not leaves what stands around pages, and leads to Home', withBrowser, async () => {
  const page = await app.open('/p/default/nonsense')
  await isThere(page, 'There is no such page')
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Sessions' }).waitFor()
  assert.deepEqual(await findBarriers(page), [])
  await page.locator('#page').getByRole('link', { name: 'Go to Home' }).click()
  await page.waitForURL(/\/p\/default\/home$/)
})

test(
  'a message that is not there leads to the last one, a conversation that is not there to the session’s own',
  withBrowser,
  async () => {
    const page = await app.open('/p/default/sessions/short?m=99999')
    await page.getByRole('status').getByText('There is no message 99999. This is the last one, 1.').waitFor()
    await page.locator('[data-row-index="1"][data-current]').waitFor()
    await page.waitForURL(/\?m=1$/)
    await page.goto(`${app.url}/p/default/sessions/short?thread=77&m=5`)
    await page
      .getByRole('status')
      .getByText("There is no subagent's conversation 77 here. This is the session's own.")
      .waitFor()
    await page.getByText('Request of short').first().waitFor()
    await page.waitForURL(url => !url.search.includes('thread'))
    assert.deepEqual(await findBarriers(page), [])
  },
)

test('beside a list, what is not there says so and is not tried again', withBrowser, async () => {
  const page = await app.open('/p/default/sessions?peek=zzz', { forgive: /404/ })
  const beside = page.getByRole('complementary', { name: 'The session beside the list' })
  await beside.getByRole('alert').waitFor()
  assert.equal(await beside.getByRole('button', { name: 'Retry' }).count(), 0)
})
