import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { type Sighting, watchPage } from './detector.ts'
import { type OpenBrowser, openTestBrowser, withBrowser } from './harness.ts'
import { nameOf } from './hostile-sessions.ts'
import { PAYLOADS, type Payload } from './payloads.ts'
import { serveVulnerable, type VulnerableServer } from './vulnerable.ts'

let browser: OpenBrowser
let vulnerable: VulnerableServer

before(async () => {
  const opened = await openTestBrowser()
  if (opened === null) return
  browser = opened
  vulnerable = await serveVulnerable()
})
afterEach(() => browser?.closePages())
after(async () => {
  await browser?.close()
  await vulnerable?.close()
})

const chunks = (size: number): Payload[][] =>
  Array.from({ length: Math.ceil(PAYLOADS.length / size) }, (_, nth) => PAYLOADS.slice(nth * size, (nth + 1) * size))

test('there are 300 payloads at least, each of its own', () => {
  assert.ok(PAYLOADS.length >= 300, `${PAYLOADS.length}`)
  assert.equal(new Set(PAYLOADS.map(one => nameOf(one.text))).size, PAYLOADS.length)
})

/** The payload that a sighting is about. */
function readId({ detail }: Sighting): string | undefined {
  const [, ...ids] =
    /payload[ /](\d+)$|payload (\d+) at|xss\.invalid\/(\d+)|__xss(?:\(|%28)(\d+)|^(\d+)$/.exec(detail) ?? []
  return ids.find(id => id !== undefined)
}

test('a page that takes texts for more is caught with every single payload', withBrowser, async () => {
  const seen = new Map<string, Set<Sighting['what']>>()
  for (const payloads of chunks(60)) {
    const page = await browser.open('about:blank', { forgive: /./ })
    const detector = await watchPage(page, address => address.startsWith(`${vulnerable.url}/`))
    await page.goto(vulnerable.url + vulnerable.pathOf(payloads))
    await page.waitForTimeout(500)
    await detector.look()
    for (const sighting of detector.sightings) {
      const id = readId(sighting)
      if (id !== undefined) seen.set(id, (seen.get(id) ?? new Set()).add(sighting.what))
    }
    await page.context().close()
  }
  const missed = PAYLOADS.filter(one => !seen.has(String(one.id)))
  assert.deepEqual(missed, [])
  // Where nothing loads or runs, the element alone tells.
  const quiet = PAYLOADS.filter(one => [...(seen.get(String(one.id)) ?? [])].every(what => what === 'element'))
  assert.deepEqual(
    quiet.filter(one => one.kind !== 'clobbering' && one.kind !== 'load'),
    [],
  )
  const all = new Set([...seen.values()].flatMap(one => [...one]))
  for (const what of ['ran', 'dialog', 'request', 'navigation', 'element'] as const) assert.ok(all.has(what), what)
})
