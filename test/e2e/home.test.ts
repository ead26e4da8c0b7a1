import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import sql from 'sql-template-tag'
import { query } from '#db/connect.ts'
import { createScriptedModel } from '#models/scripted.ts'
import { replyAsExpert } from '../verdicts.ts'
import { type BrowserApp, findBarriers, openBrowserApp, saveTestSession, shoot, WAYS, withBrowser } from './harness.ts'
import { pinPanel, seedWeeks } from './trend-seed.ts'

const HOME = '/p/default/home'
const model = createScriptedModel({
  rules: [{ when: { any: 'SLOW' }, delay_ms: 60_000, reply: replyAsExpert }],
  default: { reply: replyAsExpert },
})
let app: BrowserApp

before(async () => {
  const opened = await openBrowserApp({
    oneProfile: true,
    worker: true,
    yaml: 'backends: [{ name: scripted, kind: scripted, script: {} }]',
    backends: { scripted: { model } },
  })
  if (opened !== null) app = opened
})
afterEach(() => app?.closePages())
after(() => app?.close())

/** From now on; what moved is told by its text and where it was and is. */
async function watchMoves(page: Page): Promise<() => Promise<unknown>> {
  await page.evaluate(`
    window.moved = []
    new PerformanceObserver(list => {
      for (const { sources } of list.getEntries())
        for (const { node, previousRect, currentRect } of sources)
          window.moved.push([node?.textContent, previousRect.toJSON(), currentRect.toJSON()])
    }).observe({ type: 'layout-shift', buffered: false })`)
  return () => page.evaluate('window.moved')
}

async function readCsv(page: Page): Promise<string[]> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Regressions as CSV' }).click(),
  ])
  return readFileSync(await download.path(), 'utf8')
    .trim()
    .split('\r\n')
}

const figureOf = (page: Page, label: string) =>
  page.locator('.home-figure').filter({ has: page.getByRole('link', { name: label, exact: true }) })

test(
  'the first visit offers three ways in, and what waits for a session turns into a link to it',
  withBrowser,
  async () => {
    const page = await app.open('/')
    await page.waitForURL(`**${HOME}`)
    await page.getByRole('heading', { name: 'No sessions yet' }).waitFor()
    for (const name of ['Load demo', 'Drop files', 'Connect an agent'])
      await page.getByRole('heading', { name }).waitFor()
    const widths = await page
      .locator('.start-card')
      .evaluateAll(cards => cards.map(card => card.getBoundingClientRect().width))
    assert.equal(new Set(widths.map(Math.round)).size, 1)
    await page.getByText('Waiting for the first session…').waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    const snippet = await page.getByRole('group', { name: 'Command that sends a session' }).innerText()
    assert.ok(snippet.startsWith(`curl ${app.url}/api/sessions`))
    const json: unknown = JSON.parse(snippet.slice(snippet.indexOf("-d '") + 4, snippet.lastIndexOf("'")))
    assert.equal((await app.send('POST', '/api/sessions', json)).status, 201)
    const link = page.getByRole('link', { name: 'Where is my parcel?' })
    await link.waitFor()
    // The page stays until one leaves it.
    await page.getByRole('heading', { name: 'Add sessions' }).waitFor()
    await link.click()
    await page.waitForURL(/\/sessions\/my-first-session$/)
  },
)

test(
  'chosen and dropped files are imported whatever their format, and what is wrong with one stops none',
  withBrowser,
  async () => {
    const page = await app.open(`${HOME}?start=1`, { forgive: /422/ })
    const line = (id: string) =>
      JSON.stringify({
        session_id: id,
        profile_id: 'support',
        messages: [{ role: 'user', content: `Request of ${id}` }],
      })
    const file = (name: string, text: string) => ({ name, mimeType: 'application/json', buffer: Buffer.from(text) })
    await page
      .getByLabel('Choose transcript files')
      .setInputFiles([
        file('own.ndjson', `${line('file-a')}\n{"broken`),
        file('diary.json', 'Dear diary'),
        file('chat.jsonl', JSON.stringify({ id: 'chat-1', messages: [{ role: 'user', content: 'Hello' }] })),
      ])
    await page.getByText('2 sessions imported from 3 files.').waitFor()
    const results = page.getByRole('list', { name: 'What became of the files' })
    await results.getByText('Whetstone NDJSON: 1 new, 1 rejected; line 2: ').waitFor()
    await results.getByText(/was not imported: .*none of the formats/).waitFor()
    await results.getByText('OpenAI chat JSONL: 1 new').waitFor()
    assert.deepEqual(await findBarriers(page), [])
    const data = await page.evaluateHandle(text => {
      const transfer = new DataTransfer()
      transfer.items.add(new File([text], 'dropped.jsonl'))
      return transfer
    }, line('file-b'))
    await page.locator('.start-card').nth(1).dispatchEvent('drop', { dataTransfer: data })
    await page.getByText('1 session imported from 1 file.').waitFor()
    assert.match((await page.getByRole('link', { name: 'See the sessions' }).getAttribute('href')) ?? '', /\/sessions$/)
    // What holds no transcript does not leave the former result standing.
    const none = await page.evaluateHandle(() => new DataTransfer())
    await page.locator('.start-card').nth(1).dispatchEvent('drop', { dataTransfer: none })
    await page.getByText('No transcripts were in it').waitFor()
    assert.equal(await page.getByRole('link', { name: 'See the sessions' }).count(), 0)
    await page.getByRole('link', { name: 'Go to Home' }).click()
    await page.waitForURL(url => url.pathname === HOME && url.search === '')
    await figureOf(page, 'Sessions this week').getByText('4', { exact: true }).waitFor()
  },
)

test(
  'what a judge says that is not pinned is told to count for nothing yet, and where to pin it',
  withBrowser,
  async () => {
    await query(app.db, sql`insert into projects (name) values ('own')`)
    const headers = { 'content-type': 'application/json', 'x-whetstone-project': 'own' }
    const send = (method: string, path: string, body: unknown) =>
      fetch(app.url + path, { method, headers, body: JSON.stringify(body) })
    const messages = [{ role: 'user', content: 'Where is my parcel?' }]
    assert.equal(
      (await send('POST', '/api/sessions', { session_id: 'own-1', profile_id: 'own', messages })).status,
      201,
    )
    const page = await app.open('/p/own/runs?new=1')
    await page.getByText(/trio@\w+ is pinned: what another judge says counts as stale\./).waitFor()
    await page.getByRole('button', { name: 'Judge 1 · no calls · free' }).click()
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/)
    const note = page.getByText(/What is pinned is trio@\w+, so these scores count as stale/)
    await note.waitFor()
    assert.deepEqual(await findBarriers(page), [])
    const run = page.url()
    await page.goto(`${app.url}/p/own/sessions/own-1`)
    await note.waitFor()
    await note.getByRole('link', { name: 'Pins' }).click()
    await page.waitForURL(/\/settings\/pins$/)
    assert.equal((await send('PUT', '/api/eval/pins', { panel: 'baseline' })).status, 200)
    const asked = page.waitForResponse(/\/api\/eval\/pins$/)
    await page.goto(run)
    await asked
    await page.getByText('1 judged').first().waitFor()
    assert.equal(await note.count(), 0)
  },
)

test('axe finds nothing on the first visit, in both schemes and both widths', withBrowser, async () => {
  await query(app.db, sql`insert into projects (name) values ('bare') on conflict do nothing`)
  for (const [scheme, width] of WAYS) {
    const page = await app.open('/p/bare/home', { scheme, width })
    await page.getByRole('button', { name: 'Load demo' }).waitFor()
    assert.deepEqual(await findBarriers(page), [], `${scheme} ${width}`)
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width)
    await shoot(page, `start-${scheme}-${width}`)
  }
})

test('the demo is loaded and judged without a model, and Home shows it', withBrowser, async () => {
  await query(app.db, sql`insert into projects (name) values ('bare') on conflict do nothing`)
  const page = await app.open('/p/bare/home')
  // A double click loads and judges it once.
  await page.getByRole('button', { name: 'Load demo' }).dblclick()
  await page.getByText(/^\d+ sessions: \d+ judged\.$/).waitFor()
  const runs = await query(
    app.db,
    sql`select run_id from eval_runs where project_id = (select project_id from projects where name = 'bare')`,
  )
  assert.equal(runs.length, 1)
  await shoot(page, 'start-loaded')
  await page.getByRole('link', { name: 'Go to Home' }).click()
  await figureOf(page, 'Judged').getByText('100 %').waitFor()
  const sparks = page.locator('.home-sparks').getByRole('img')
  await page.getByRole('img', { name: /^Goal\. from [\d.]+.* n=\d+.* to / }).waitFor({ timeout: 20_000 })
  assert.equal(await sparks.count(), 7)
  await page.getByText('Nothing got worse beyond chance.').or(page.getByText('Nothing to compare yet')).waitFor()
  for (const [scheme, width] of WAYS) {
    const other = await app.open('/p/bare/home', { scheme, width })
    await other.locator('.home-sparks svg').first().waitFor()
    await other.getByText('No run is under way.').waitFor()
    assert.deepEqual(await findBarriers(other), [], `demo ${scheme} ${width}`)
    assert.equal(await other.evaluate(() => document.documentElement.scrollWidth), width)
    await shoot(other, `home-demo-${scheme}-${width}`)
  }
})

test(
  'what got worse beyond chance is listed with its adjusted interval and leads to the sessions; trends are a table too',
  withBrowser,
  async () => {
    const pins_id = await pinPanel(app, null)
    await seedWeeks(app, [
      ...[7, 6, 5, 4, 3, 2].map(back => ({ back, n: 60, mean: 70, pins_id })),
      { back: 1, n: 80, mean: 61, pins_id },
      ...[7, 6, 5, 4, 3, 2].map(back => ({ back, n: 30, mean: 70, pins_id, profile: 'support' })),
      ...[7, 6, 5, 4, 3, 2].map(back => ({ back, n: 30, mean: 70, pins_id, profile: 'coder' })),
      { back: 1, n: 40, mean: 52, pins_id, profile: 'support' },
      { back: 1, n: 40, mean: 70, pins_id, profile: 'coder' },
    ])
    const page = await app.open(HOME)
    const table = page.getByRole('region', { name: 'Regressions' })
    await table.getByRole('button', { name: 'Show all 12' }).waitFor()
    const first = table.getByRole('row').nth(1)
    assert.match(await first.innerText(), /support\s+−18\.0 \[−2\d\.\d, −1\d\.\d\]\s+40 \/ 180/)
    assert.equal(await table.getByText('coder').count(), 0)
    await table.getByText('Intervals hold at 95 % for all 18 comparisons together.').waitFor()
    await page.keyboard.press('t')
    await page.waitForURL(/as=table/)
    const trends = page.getByRole('group', { name: 'Trends, table' })
    assert.equal(await trends.getByRole('row').count(), 9)
    assert.match(await trends.getByRole('row').nth(2).innerText(), /61\.0 \[59\.9, 62\.1\] n=80/)
    const csv = await readCsv(page)
    assert.equal(csv[0], 'axis,profile,difference,low,high,n,n_earlier')
    assert.equal(csv.length, 13)
    for (const [scheme, width] of WAYS) {
      const other = await app.open(`${HOME}${width === 390 ? '' : '?as=table'}`, { scheme, width })
      await other.getByRole('button', { name: 'Show all 12' }).waitFor()
      await other.getByText('Live', { exact: true }).waitFor({ state: 'attached' })
      assert.deepEqual(await findBarriers(other), [], `regressions ${scheme} ${width}`)
      assert.equal(await other.evaluate(() => document.documentElement.scrollWidth), width)
      await shoot(other, `home-${scheme}-${width}`)
    }
    await first.getByRole('link').click()
    await page.waitForURL(url => url.pathname.endsWith('/sessions') && url.searchParams.get('since') === '14d')
    assert.equal(new URL(page.url()).searchParams.get('profile'), 'support')
  },
)

test(
  'a regression that ends while one looks keeps its place and says so; it is not in the CSV',
  withBrowser,
  async () => {
    const page = await app.open(HOME)
    const table = page.getByRole('region', { name: 'Regressions' })
    await table.getByRole('button', { name: 'Show all 12' }).click()
    await page.getByText('Live', { exact: true }).waitFor()
    const readNames = () => table.locator('tbody :is(th, td:nth-child(2))').allTextContents()
    const before = await readNames()
    const listMoved = await watchMoves(page)
    await query(
      app.db,
      sql`delete from trend_weeks where profile_id = 'support' and week >= now() - interval '3 weeks'`,
    )
    await saveTestSession(app, { session_id: 'another' })
    await table.getByText('no longer beyond chance').first().waitFor()
    assert.deepEqual(await readNames(), before)
    assert.deepEqual(await listMoved(), [])
    await shoot(page, 'home-over')
    const csv = await readCsv(page)
    assert.deepEqual([csv.length, csv.filter(line => line.includes('support')).length], [7, 0])
  },
)

test(
  'figures and runs follow what happens, and nothing moves; a run that ends keeps its place',
  withBrowser,
  async () => {
    await saveTestSession(app, { session_id: 'slow', messages: [{ role: 'user', content: 'SLOW' }] })
    const page = await app.open(HOME)
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByText('No run is under way.').waitFor()
    const before = Number(await figureOf(page, 'Sessions this week').locator('strong').innerText())
    const listMoved = await watchMoves(page)
    await saveTestSession(app, { session_id: 'fresh' })
    await figureOf(page, 'Sessions this week')
      .getByText(String(before + 1), { exact: true })
      .waitFor()
    const { body } = await app.send<{ run_id: string }>('POST', '/api/eval/run', {
      ...{ scope: 'sessions', session_ids: ['slow', 'fresh'], backend: 'scripted', model: 'm1' },
    })
    await figureOf(page, 'Active runs').getByText('1', { exact: true }).waitFor()
    const runs = page.getByRole('region', { name: 'Active runs' })
    await runs.getByText('1 judged, 1 left').waitFor()
    await app.send('POST', '/api/experiments?start=true', {
      name: 'Slow or quick',
      pipeline: { prompt: '{{ text }}', backend: 'scripted', model: 'm1' },
      dataset: { name: 'texts', cases: [{ input: { text: 'SLOW' } }, { input: { text: 'quick' } }] },
    })
    await figureOf(page, 'Active runs').getByText('2', { exact: true }).waitFor()
    await figureOf(page, 'Active runs').getByText('1 experiment').waitFor()
    await runs.getByText('1 of 2').waitFor()
    assert.deepEqual(await listMoved(), [])
    await runs.getByRole('link', { name: 'Slow or quick' }).waitFor()
    await app.send('POST', `/api/eval/run/${body.run_id}/cancel`)
    await runs.getByText('cancelled').waitFor()
    await figureOf(page, 'Active runs').getByText('1', { exact: true }).waitFor()
    await runs.getByRole('link', { name: '2 named sessions' }).click()
    await page.waitForURL(new RegExp(`/runs/${body.run_id}$`))
  },
)

test(
  'when the server goes away what was loaded stays, and it says what is missing and from when the rest is',
  withBrowser,
  async () => {
    const page = await app.open(HOME, { forgive: /ERR_|Failed to load/ })
    await page.getByText('Live', { exact: true }).waitFor()
    const former = await figureOf(page, 'Judged').locator('strong').innerText()
    await app.stopServing()
    await page.getByText(/Reconnecting/).waitFor()
    assert.equal(await figureOf(page, 'Judged').locator('strong').innerText(), former)
    const other = page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Home' })
    await app.serveAgain()
    await page.getByText('Live', { exact: true }).waitFor()
    assert.equal(await other.getAttribute('aria-current'), 'page')
  },
)

test(
  'Home can be used within a second at a hundred thousand sessions, with 250 kB of script at most',
  withBrowser,
  async () => {
    await query(app.db, sql`insert into projects (name) values ('large')`)
    await query(
      app.db,
      sql`
      insert into sessions (project_id, session_id, profile_id, created_at, last_active, msg_count, characters, content_hash)
      select project_id, n::text, 'support', now(), now() - n * interval '1 minute', 1, 1, sha256('')
      from projects, generate_series(1, 100000) n where name = 'large'`,
    )
    const page = await app.open('/p/large/home', { own: true })
    const session = await page.context().newCDPSession(page)
    await session.send('Network.enable')
    const types = new Map<string, string>()
    let bytes = 0
    session.on('Network.responseReceived', ({ requestId, type }) => types.set(requestId, type))
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (types.get(requestId) === 'Script') bytes += encodedDataLength
    })
    const times: number[] = []
    for (let turn = 0; turn < 5; turn++) {
      await session.send('Network.setCacheDisabled', { cacheDisabled: turn === 0 })
      const started = performance.now()
      await page.reload()
      await page.waitForFunction(() => {
        const values = [...document.querySelectorAll('.home-figure strong')].map(one => one.textContent?.trim())
        return values.length === 4 && values.every(value => value !== '')
      })
      times.push(performance.now() - started)
      if (turn === 0) {
        console.log(`Home at first ${Math.round(times[0] ?? 0)} ms, ${Math.round(bytes / 1000)} kB of script`)
        assert.ok(bytes > 50_000 && bytes <= 250_000, `${bytes} bytes of script`)
      }
    }
    // Of several, the best: what else the machine does is not Home's.
    const best = Math.min(...times)
    console.log(`Home at 100,000 sessions: ${times.map(Math.round).join(', ')} ms`)
    assert.ok(best <= 1_000, `${best} ms`)
  },
)
