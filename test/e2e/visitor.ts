/** Somebody who goes from page to page, opens all that there is, and notes what is shown and what comes of it. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { type Detector, watchPage } from './detector.ts'
import type { BrowserApp } from './harness.ts'
import { PAYLOADS, type Payload } from './payloads.ts'
import { walkPage } from './walk.ts'

/** High enough for a whole list. */
const HIGH = 14_000

/** A page that is watched from before it is anywhere. */
export interface Visitor {
  app: BrowserApp
  page: Page
  detector: Detector
  /** What the page that was visited last said. */
  shown: string
}

export async function openVisitor(app: BrowserApp): Promise<Visitor> {
  const page = await app.open('/mark.svg', { height: HIGH, forgive: /mark\.svg/ })
  page.setDefaultTimeout(30_000)
  return { app, page, detector: await watchPage(page, address => address.startsWith(`${app.url}/`)), shown: '' }
}

/** Goes to a page, opens what `open` opens, walks through all of it, and remembers what it said. Nothing must come of that. */
export async function visit(
  visitor: Visitor,
  path: string,
  ready: string,
  open?: (page: Page) => Promise<unknown>,
): Promise<void> {
  const { app, page, detector } = visitor
  visitor.shown = ''
  await page.goto(`${app.url}/p/default${path}`)
  await page.locator(ready).first().waitFor()
  await page.locator('.skeleton').first().waitFor({ state: 'detached' })
  const look = async () => {
    await detector.look()
    visitor.shown += await page.locator('main').textContent()
  }
  await open?.(page)
  await walkPage(page, look)
  await showRest(page)
  await look()
  assert.deepEqual(detector.sightings, [], path)
}

/** Presses what brings the rest of long texts. */
async function showRest(page: Page): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const pressed = await page.evaluate(() => {
      const all = [...document.querySelectorAll('main button')].filter(one =>
        /^Show (the (other )?[\d,]+|all of|more lines|\d+ more lines)/.test(one.textContent ?? ''),
      )
      for (const one of all) if (one instanceof HTMLElement) one.click()
      return all.length
    })
    if (pressed === 0) return
    await page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve, 20))))
  }
}

/** What was said has each payload so many times at least, as it was written or in JSON, whatever became of its white space. */
export function assertShown(
  { shown }: Visitor,
  where: string,
  times = 1,
  of = PAYLOADS,
  write = (one: Payload) => one.text,
): void {
  const said = flatten(shown)
  const count = (written: string) => said.split(written).length - 1
  const missing = of.filter(one => {
    const [plain, json] = [flatten(write(one)), flatten(JSON.stringify(write(one)).slice(1, -1))]
    return count(plain) + (json === plain ? 0 : count(json)) < times
  })
  assert.deepEqual(missing.map(write).slice(0, 5), [], `${where} does not show ${missing.length} of it`)
}

function flatten(text: string): string {
  return text
    .replaceAll(/\\([nrtbf]|u00[01][0-9a-f])/g, ' ')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
}
