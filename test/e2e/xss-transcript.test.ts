import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { watchPage } from './detector.ts'
import { type BrowserApp, openBrowserApp, withLongBrowser } from './harness.ts'
import { fillHostileTranscript } from './hostile-sessions.ts'
import { PAYLOADS } from './payloads.ts'
import { walkPage } from './walk.ts'

let app: BrowserApp

before(async () => {
  const opened = await openBrowserApp()
  if (opened === null) return
  app = opened
  await fillHostileTranscript(app)
})
afterEach(() => app?.closePages())
after(() => app?.close())

test('a transcript shows every part of every message as text', withLongBrowser, async () => {
  const page = await app.open('/mark.svg', { height: 6_000, forgive: /mark\.svg/ })
  page.setDefaultTimeout(30_000)
  const detector = await watchPage(page, address => address.startsWith(`${app.url}/`))
  await page.goto(`${app.url}/p/default/sessions/everything`)
  await page.locator('.message').first().waitFor()
  const shown = new Set<number>()
  await walkPage(page, async () => {
    await detector.look()
    const texts = await page.locator('.plain-text').allTextContents()
    for (const { id, text } of PAYLOADS) if (texts.includes(text)) shown.add(id)
  })
  assert.deepEqual(
    // A terminal's colours are taken out before.
    PAYLOADS.filter(one => !shown.has(one.id) && one.kind !== 'terminal'),
    [],
  )
  await page.keyboard.press('Control+f')
  await page.getByRole('searchbox').fill('xss')
  await page.getByText(/^1 of /).waitFor()
  for (let nth = 0; nth < 20; nth++) await page.keyboard.press('Enter')
  await detector.look()
  for (const thread of [1, 20, PAYLOADS.length - 3]) {
    await page.goto(`${app.url}/p/default/sessions/everything?thread=${thread}`)
    await page.locator('.message').first().waitFor()
    await detector.look()
  }
  assert.deepEqual(detector.sightings, [])
})
