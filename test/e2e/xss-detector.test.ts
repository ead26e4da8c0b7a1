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

/** What is seen of each of the payloads on a page of them, by payload, once each has been caught or the time is up. */
async function watchAll(payloads: Payload[]): Promise<Map<string, Set<Sighting['what']>>> {
  const page = await browser.open('about:blank', { forgive: /./ })
  const detector = await watchPage(page, address => address.startsWith(`${vulnerable.url}/`))
  await page.goto(vulnerable.url + vulnerable.pathOf(payloads))
  const seen = new Map<string, Set<Sighting['what']>>()
  const until = Date.now() + 20_000
  do {
    await page.waitForTimeout(250)
    await detector.look()
    for (const sighting of detector.sightings.splice(0)) {
      const id = readId(sighting)
      if (id !== undefined) seen.set(id, (seen.get(id) ?? new Set()).add(sighting.what))
    }
  } while (!payloads.every(one => isCaught(one, seen.get(String(one.id)))) && Date.now() < until)
  await page.context().close()
  return seen
}

/** Where nothing loads or runs, the element alone tells; elsewhere it is not enough. */
function isCaught({ kind }: Payload, seen: Set<Sighting['what']> = new Set()): boolean {
  const isQuiet = kind === 'clobbering' || kind === 'load'
  return isQuiet ? seen.size > 0 : [...seen].some(what => what !== 'element')
}

test('a page that takes texts for more is caught with every single payload', withBrowser, async () => {
  const seen = new Map<string, Set<Sighting['what']>>()
  for (const payloads of chunks(60)) for (const [id, what] of await watchAll(payloads)) seen.set(id, what)
  assert.deepEqual(
    PAYLOADS.filter(one => !isCaught(one, seen.get(String(one.id)))),
    [],
  )
  const all = new Set([...seen.values()].flatMap(one => [...one]))
  for (const what of ['ran', 'dialog', 'request', 'navigation', 'element'] as const) assert.ok(all.has(what), what)
})
