/**
 * The web application's budgets at size, in a real browser:
 * `node bench/web.ts [--sessions 100000] [--candidates 100000] [--messages 30000] [--seconds 60] [--rounds 5]
 * [--only lists,session,scroll,live,clicks,typing,scripts] [--home FOLDER]`.
 *
 * `--only scroll --sessions 1000000` goes through a million rows and back, which takes most of an hour. With `--home` the
 * database stays and is used again. Needs Chromium, as the tests do.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import sql from 'sql-template-tag'
import { ensureWebBuilt } from '#cli/start-web.ts'
import { connect, disconnect, queryRow } from '#db/connect.ts'
import { openEmbedded } from '#db/embedded.ts'
import { findBrowser, launchBrowser, NO_BROWSER } from '../test/e2e/browser.ts'
import { countRenders, countScript, measureClicks, watchShifts } from '../test/e2e/measures.ts'
import { type ListedPage, listPages, type Places, waitForPage } from '../test/e2e/pages.ts'
import { makeLongSession } from '../test/long-session.ts'
import { prepareVersions } from './overview-run.ts'
import { makeBenchHome, startBenchServer } from './processes.ts'
import { seedSessions } from './seed.ts'
import { scrollThrough } from './web-scroll.ts'
import { measureEditors } from './web-typing.ts'

/** What any key or click may take. */
const CLICK_MS = 200
const PARTS = ['lists', 'session', 'scroll', 'live', 'clicks', 'typing', 'scripts']

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '100000' },
    candidates: { type: 'string', default: '100000' },
    messages: { type: 'string', default: '30000' },
    seconds: { type: 'string', default: '60' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: PARTS.join() },
    home: { type: 'string' },
  },
})
const sessions = Number(values.sessions)
const messages = Number(values.messages)
const parts = values.only.split(',')

const browserPath = findBrowser()
if (browserPath === null) throw new Error(NO_BROWSER)
await ensureWebBuilt(console.log)
const home = makeBenchHome(values.home)
const folder = join(home, 'bench-results')
mkdirSync(folder, { recursive: true })
const server = await startBenchServer(home, { WHETSTONE_BENCH_ROOTS: folder })
const browser = await launchBrowser(browserPath)
try {
  const places = await fill()
  const pages = listPages(places)
  if (parts.includes('lists')) await measureLists(pages)
  if (parts.includes('scripts')) await measureScripts(pages)
  if (parts.includes('session')) await measureSession()
  if (parts.includes('clicks')) await measureAllClicks(pages)
  if (parts.includes('typing')) await measureEditors(browser, server.url, folder)
  if (parts.includes('live')) await measureLive(pages)
  if (parts.includes('scroll')) await measureScroll()
} finally {
  await browser.close()
  await server.stop()
}

type Placed = ListedPage & { address: string }

async function send<Answer = unknown>(method: string, path: string, body?: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json' }
  const content = body === undefined ? {} : { body: JSON.stringify(body) }
  const answer = await fetch(server.url + path, { method, headers, ...content })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path}: ${text}`)
  return JSON.parse(text)
}

/** Fills the database up to the size; what is there already stays. */
async function fill(): Promise<Places> {
  const started = performance.now()
  const embedded = await openEmbedded(home, { log: () => {} })
  const db = connect(embedded.url, { statementTimeoutMs: 3_600_000 })
  const { known } = await queryRow<{ known: number }>(db, sql`select count(*) as known from sessions`)
  if (known < sessions) await seedSessions(db, sessions, await prepareVersions(server.url, db))
  const long = await queryRow<{ there: boolean }>(
    db,
    sql`select exists (select from sessions where session_id = 'long' and msg_count = ${messages}) as there`,
  )
  if (!long.there) {
    await send('POST', '/api/sessions', {
      session_id: 'long',
      profile_id: 'coder',
      name: 'A long one',
      messages: makeLongSession(messages),
    })
  }
  await disconnect(db)
  await embedded.stop()
  await send('POST', '/api/corrections/config', { bench_results_dir: folder })
  const { total } = await send<{ total: number }>('GET', '/api/corrections/queue?per_page=1')
  if (total < Number(values.candidates)) await fillCandidates(Number(values.candidates))
  const run = await send<{ run_id: string }>('POST', '/api/eval/run', {
    ...{ backend: 'baseline', scope: 'sessions', session_ids: ['session-1', 'session-2'] },
  })
  console.log(
    `${sessions} sessions, ${values.candidates} candidates; filled in ${Math.round((performance.now() - started) / 1000)} s`,
  )
  return { session: 'session-7', run: run.run_id }
}

async function fillCandidates(count: number): Promise<void> {
  const lines = Array.from({ length: count }, (_, n) =>
    JSON.stringify({
      id: `candidate-${n}`,
      source: 'benchmark',
      timestamp: '2026-03-01T10:00:00.000Z',
      status: 'needs_review',
      prompt_messages: [{ role: 'user', content: `Where is parcel ${n}? ${'It was sent on Monday. '.repeat(10)}` }],
      model_response: `Parcel ${n} is on its way. ${'It will come tomorrow. '.repeat(10)}`,
      corrected_response: null,
      quality_score: (n % 1000) / 1000,
      task_type: `type-${n % 12}`,
      model_name: `model-${n % 6}`,
    }),
  )
  mkdirSync(join(folder, 'run'), { recursive: true })
  writeFileSync(join(folder, 'run', 'sft_candidates.jsonl'), `${lines.join('\n')}\n`)
  await send('POST', '/api/corrections/import', { run_id: 'run' })
  rmSync(join(folder, 'run'), { recursive: true })
}

async function openPage(of: Browser = browser): Promise<Page> {
  const context = await of.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  return page
}

/** From the beginning of a navigation, with an empty cache, to the first rows and a main thread that answers. */
async function measureLists(pages: Placed[]): Promise<void> {
  for (const listed of pages.filter(one => ['/home', '/sessions', '/corrections'].includes(one.path))) {
    const times: number[] = []
    for (let round = 0; round < Number(values.rounds); round++) {
      const page = await openPage()
      await page.addInitScript(ready => {
        const look = () => {
          if (document.querySelector(ready) === null) return requestAnimationFrame(look)
          return setTimeout(() => performance.mark('usable'))
        }
        requestAnimationFrame(look)
      }, listed.ready)
      await page.goto(server.url + listed.address)
      await waitForPage(page, listed)
      times.push(await page.evaluate(() => performance.getEntriesByName('usable')[0]?.startTime ?? Number.NaN))
      await page.context().close()
    }
    console.log(`${listed.name} at ${sessions} sessions: usable after ${describe(times)} ms`)
  }
}

async function measureScripts(pages: Placed[]): Promise<void> {
  for (const listed of pages) {
    const page = await openPage()
    const { bytes, files } = await countScript(page, listed.ready, async () => {
      await page.goto(server.url + listed.address)
      await waitForPage(page, listed)
    })
    console.log(`${listed.name}: ${(bytes / 1000).toFixed(1)} kB of script, brotli, in ${files} files`)
    await page.context().close()
  }
}

async function measureSession(): Promise<void> {
  const [firsts, jumps, nodes]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < Number(values.rounds); round++) {
    const page = await openPage()
    await page.addInitScript(() => {
      const look = () => {
        if (document.querySelector('.message') === null) return requestAnimationFrame(look)
        return requestAnimationFrame(() => performance.mark('usable'))
      }
      requestAnimationFrame(look)
    })
    await page.goto(`${server.url}/p/default/sessions/long`)
    await page.locator('.message').first().waitFor()
    await page.waitForTimeout(300)
    firsts.push(await page.evaluate(() => performance.getEntriesByName('usable')[0]?.startTime ?? Number.NaN))
    jumps.push(
      await page.evaluate(async last => {
        const from = performance.now()
        document.dispatchEvent(new KeyboardEvent('keydown', { key: 'e', bubbles: true }))
        while (!document.querySelector(`[data-row-index="${last}"] .message`)) await new Promise(requestAnimationFrame)
        return performance.now() - from
      }, messages - 1),
    )
    nodes.push(await page.evaluate(() => document.querySelectorAll('*').length))
    await page.context().close()
  }
  console.log(
    `${messages} messages: first seen after ${describe(firsts)} ms, the last ${describe(jumps)} ms after the key, ${Math.max(...nodes)} nodes`,
  )
}

/** Where one is over the bound it is measured twice more, since whatever else the machine does counts with it. */
async function measureAllClicks(pages: Placed[]): Promise<void> {
  for (const listed of pages) {
    const rounds: string[] = []
    let slowest: number
    do {
      const page = await openPage()
      await page.goto(server.url + listed.address)
      await waitForPage(page, listed)
      const { ms, what } = await measureClicks(page, 4)
      rounds.push(`${ms} (${what})`)
      slowest = ms
      await page.context().close()
    } while (slowest > CLICK_MS && rounds.length < 3)
    console.log(`${listed.name}: ${rounds.join(', ')} ms from the slowest key or click to the next picture, 4× slower`)
  }
}

/** Ten events a second for a minute: what moves, and how often a page is drawn. */
async function measureLive(pages: Placed[]): Promise<void> {
  const open = await Promise.all(
    pages
      .filter(one => !one.path.includes('?'))
      .map(async listed => {
        const page = await openPage()
        await page.goto(server.url + listed.address)
        await waitForPage(page, listed)
        return { listed, page }
      }),
  )
  await new Promise(resolve => setTimeout(resolve, 2_000))
  for (const { page } of open) {
    await watchShifts(page)
    await countRenders(page)
  }
  const seconds = Number(values.seconds)
  const until = performance.now() + seconds * 1_000
  for (let n = 0; performance.now() < until; n++) {
    const content = [{ role: 'user', content: `Live ${n}` }]
    await send('POST', '/api/sessions', {
      session_id: `live-${n}`,
      profile_id: 'support',
      name: `Live ${n}`,
      messages: content,
    })
    await send('POST', '/api/sessions?append=true', { session_id: 'session-7', messages: content })
    const feedback = { session_id: `session-${1 + (n % 100)}`, message_index: 1, rating: n % 2 === 0 ? 1 : -1 }
    await send('POST', '/api/eval/feedback', feedback)
    await new Promise(resolve => setTimeout(resolve, 70))
  }
  for (const { listed, page } of open) {
    const seen = await page.evaluate(() => ({ shifts: window.shifts ?? [], renders: window.renders ?? 0 }))
    const rate = (seen.renders / seconds).toFixed(1)
    console.log(
      `${listed.name}: ${seen.shifts.length} shifts ${seen.shifts.slice(0, 2).join(' ')}, drawn ${rate} times a second`,
    )
    await page.context().close()
  }
}

async function measureScroll(): Promise<void> {
  const page = await openPage()
  await page.goto(`${server.url}/p/default/sessions`)
  await page.locator('[data-row]').first().waitFor()
  const done = await scrollThrough(page, sessions + 1, line => console.log(`  ${line}`))
  console.log(
    `${sessions} rows and back: ${done.missing} missing, ${done.doubled} doubled, heap ${done.heap_mb.join(' ')} MB, ${Math.round(done.ms / 1000)} s`,
  )
  await page.context().close()
}

function describe(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b).map(Math.round)
  return `${sorted[Math.floor(sorted.length / 2)]} (${sorted[0]} to ${sorted.at(-1)})`
}
