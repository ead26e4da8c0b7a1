/**
 * Takes the pictures of the README from a demo that runs: `npm run demo` in one terminal, then
 * `node docs/pictures/take.ts [http://127.0.0.1:4780]` in another. Needs Chromium, as the tests do.
 */
import { join } from 'node:path'
import { findBrowser, launchBrowser, NO_BROWSER } from '../../test/e2e/browser.ts'

const PICTURES = [
  { name: 'session', list: 'sessions', row: 'Tent leaked' },
  { name: 'leaderboard', list: 'experiments', row: '' },
]

const address = process.argv[2] ?? 'http://127.0.0.1:4780'
const found = findBrowser()
if (found === null) throw new Error(NO_BROWSER)
const browser = await launchBrowser(found)
try {
  for (const { name, list, row } of PICTURES) {
    const page = await browser.newPage({
      viewport: { width: 1280, height: 720 },
      reducedMotion: 'reduce',
      locale: 'en-GB',
    })
    await page.goto(`${address}/p/default/${list}`)
    await page.locator('[data-row]').filter({ hasText: row }).first().click()
    await page.locator('h1').first().waitFor()
    await page.locator('.skeleton').first().waitFor({ state: 'detached' })
    // Figures and what is measured once come after the rows.
    await page.waitForTimeout(2_000)
    await page.mouse.move(640, 719)
    await page.screenshot({ path: join(import.meta.dirname, `${name}.png`) })
    await page.close()
  }
} finally {
  await browser.close()
}
