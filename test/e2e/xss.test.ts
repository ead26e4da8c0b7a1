import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { type Detector, watchPage } from './detector.ts'
import { type BrowserApp, openBrowserApp, type PageOptions, withBrowser, withLongBrowser } from './harness.ts'
import { createHostileModel, fillHostileSessions, type HostileSessions, nameOf } from './hostile-sessions.ts'
import { listPages, waitForPage } from './pages.ts'
import { PAYLOADS, type Payload } from './payloads.ts'
import { walkPage } from './walk.ts'

/** High enough for a whole list. */
const HIGH = 12_000
let app: BrowserApp
let places: HostileSessions

before(async () => {
  const opened = await openBrowserApp({
    worker: true,
    yaml: 'backends: [{ name: scripted, kind: scripted, script: {}, concurrency: 8 }]',
    backends: { scripted: { model: createHostileModel() } },
  })
  if (opened === null) return
  app = opened
  places = await fillHostileSessions(app)
})
afterEach(() => app?.closePages())
after(() => app?.close())

/** A page that is watched from before it is anywhere. */
async function openWatched(options: PageOptions = {}): Promise<{ page: Page; detector: Detector }> {
  const page = await app.open('/mark.svg', { ...options, forgive: options.forgive ?? /mark\.svg/ })
  page.setDefaultTimeout(30_000)
  const detector = await watchPage(page, address => address.startsWith(`${app.url}/`))
  return { page, detector }
}

const chunks = (size: number): Payload[][] =>
  Array.from({ length: Math.ceil(PAYLOADS.length / size) }, (_, nth) => PAYLOADS.slice(nth * size, (nth + 1) * size))

test('a page of ours refuses each payload even where somebody makes markup or code of it', withBrowser, async () => {
  const { page, detector } = await openWatched({ forgive: /./ })
  await page.goto(`${app.url}/p/default/runs`)
  await page.locator('[data-row]').first().waitFor()
  const refused = await page.evaluate(
    texts => {
      const place = document.body.appendChild(document.createElement('div'))
      const link = document.body.appendChild(document.createElement('a'))
      const attempt = (work: () => void) => {
        try {
          work()
          return 0
        } catch {
          return 1
        }
      }
      let count = 0
      for (const text of texts) {
        count += attempt(() => {
          place.innerHTML = text
        })
        attempt(() => link.setAttribute('onclick', text))
        link.href = /^[\s\p{Cc}]*(j|data:)/iu.test(text) ? text : '#'
        link.click()
        place.setAttribute('style', text)
        attempt(() => Function(text))
        attempt(() => setTimeout(text))
      }
      place.remove()
      link.remove()
      return count
    },
    PAYLOADS.map(one => one.text),
  )
  await page.waitForTimeout(300)
  assert.equal(refused, PAYLOADS.filter(one => one.text.includes('<')).length)
  assert.ok(detector.sightings.some(one => one.what === 'policy'))
  assert.deepEqual(
    detector.sightings.filter(one => one.what !== 'policy'),
    [],
  )
})

test(
  'lists show names, requests and profiles as they are written, and nothing comes of them',
  withBrowser,
  async () => {
    const { page, detector } = await openWatched({ height: HIGH })
    await page.goto(`${app.url}/p/default/sessions`)
    await page.waitForFunction(count => document.querySelectorAll('[data-row]').length >= count, PAYLOADS.length)
    await detector.look()
    const names = new Set(await page.locator('[data-row]').allTextContents())
    assert.deepEqual(
      PAYLOADS.filter(one => !names.has(one.text)).map(one => one.text),
      [],
    )
    for (const search of ['hit', 'xss', '<', 'javascript:', '"']) {
      await page.goto(`${app.url}/p/default/sessions?search=${encodeURIComponent(search)}`)
      await page.locator('mark').first().waitFor()
      await detector.look()
    }
    assert.deepEqual(detector.sightings, [])
  },
)

test('whatever stands in an address or is typed into a search does nothing', withLongBrowser, async () => {
  const { page, detector } = await openWatched({ forgive: /40[04]|422|mark\.svg/ })
  await page.goto(`${app.url}/p/default/sessions`)
  await page.locator('[data-row]').first().waitFor()
  const names = [
    'search',
    'profile',
    'status',
    'at',
    'thumbs',
    'sort',
    'peek',
    'm',
    'pass',
    'thread',
    'state',
    'new',
    'by',
    'tab',
    'from',
    'to',
    'source',
    'import',
    'rule',
    'id',
  ]
  for (const { id, text } of PAYLOADS) {
    const parameters = new URLSearchParams(names.map(name => [name, text]))
    const folder = ['sessions', 'runs', 'trends', 'experiments', 'corrections'][id % 5] ?? ''
    const path = id % 2 === 0 ? folder : `${folder}/${encodeURIComponent(nameOf(text))}`
    await page.evaluate(
      address => {
        history.pushState({}, '', address)
        dispatchEvent(new PopStateEvent('popstate'))
      },
      `/p/default/${path}?${parameters}#${encodeURIComponent(text)}`,
    )
    await page.waitForTimeout(20)
    if (id % 10 === 0) await detector.look()
  }
  for (const { text } of chunks(20).flatMap(one => one.slice(0, 1))) {
    for (const path of [
      `/p/${encodeURIComponent(nameOf(text))}/sessions`,
      `/p/default/${encodeURIComponent(nameOf(text))}`,
    ]) {
      await page.goto(app.url + path)
      await page.locator('h1, [role=alert]').first().waitFor()
      await detector.look()
    }
  }
  // Days that there are not: fields for dates would complain of them.
  for (const day of ['2026-99-99', '2026-02-30', '0000-01-01']) {
    for (const path of [
      `sessions?at=${day}`,
      `corrections?tab=done&at=${day}`,
      `corrections?tab=exports&from=${day}&to=${day}`,
    ]) {
      await page.goto(`${app.url}/p/default/${path}`)
      await page.locator('input[type=date]').first().waitFor()
    }
  }
  await page.goto(`${app.url}/p/default/sessions`)
  for (const { text } of chunks(20).flatMap(one => one.slice(0, 1))) {
    await page.getByRole('searchbox').fill(text)
    await page.waitForTimeout(150)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: /action/ }).fill(text)
    await detector.look()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  assert.deepEqual(detector.sightings, [])
})

test('what experts wrote and why runs failed is shown as text', withLongBrowser, async () => {
  const { page, detector } = await openWatched({ height: HIGH })
  for (const id of places.judged) {
    await page.goto(`${app.url}/p/default/sessions/${encodeURIComponent(id)}`)
    await page.locator('.expert').nth(9).waitFor()
    await detector.look()
  }
  await page.goto(`${app.url}/p/default/runs`)
  await page.locator('[data-row]').first().waitFor()
  let text = ''
  await walkPage(page, async () => {
    await detector.look()
    text += await page.locator('main').textContent()
  })
  assert.deepEqual(
    PAYLOADS.filter(one => !text.includes(nameOf(one.text))),
    [],
  )
  await page.goto(`${app.url}/p/default/runs/${places.run}`)
  await page.getByText('What failed').waitFor()
  await walkPage(page, detector.look)
  assert.deepEqual(detector.sightings, [])
})

test('nothing comes of any page, walked through with all that it opens', withLongBrowser, async () => {
  const { page, detector } = await openWatched({ height: HIGH })
  const there = listPages({ run: places.run, session: nameOf(PAYLOADS[0]?.text ?? '') })
  for (const listed of there.filter(one => one.about === 'sessions' || one.ready === 'h1')) {
    await page.goto(app.url + listed.address)
    await waitForPage(page, listed)
    await walkPage(page, detector.look)
  }
  assert.deepEqual(detector.sightings, [])
})
