import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { ensureWebBuilt } from '#cli/start-web.ts'
import { type OpenBrowser, openTestBrowser, withBrowser } from './harness.ts'

// A server of its own process, which is killed without a word while pages are open.
const home = mkdtempSync(join(tmpdir(), 'whetstone-restart-'))
let server: ChildProcess
let url: string
let browser: OpenBrowser

before(async () => {
  const opened = await openTestBrowser()
  if (opened === null) return
  browser = opened
  await ensureWebBuilt(line => console.log(line))
  url = await start('0')
  for (let n = 0; n < 60; n++)
    await save({ session_id: `case-${n}`, profile_id: 'support', messages: talk(`Request ${n}`, 'Done.') })
})
beforeEach(async () => {
  if (browser !== undefined && server.signalCode !== null) await startAgain()
})
afterEach(() => browser?.closePages())
after(async () => {
  await browser?.close()
  if (server?.kill('SIGTERM')) await once(server, 'exit')
  rmSync(home, { recursive: true, force: true })
})

/** Starts the server and waits until it is ready; with the port it had before, pages find it again. */
async function start(port: string): Promise<string> {
  const program = fileURLToPath(new URL('../trials/server.ts', import.meta.url))
  const env = { ...process.env, WHETSTONE_HOME: home, WHETSTONE_LOG: 'silent', HOST: '127.0.0.1', PORT: port }
  server = spawn(process.execPath, [program, 'server'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  assert.ok(server.stdout)
  for await (const line of createInterface(server.stdout)) {
    const [, address] = /^ready (\S+)/.exec(line) ?? []
    if (address !== undefined) return address
  }
  throw new Error('The server ended before it was ready.')
}

async function kill(): Promise<void> {
  const ended = once(server, 'exit')
  server.kill('SIGKILL')
  await ended
}

const startAgain = () => start(new URL(url).port)

function talk(...texts: string[]): object[] {
  return texts.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }))
}

async function save(session: object, path = '/api/sessions'): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(session) })
  assert.ok(answer.ok, await answer.text())
}

async function openLive(path: string, ready: string): Promise<Page> {
  const page = await browser.open(url + path, { forgive: /ERR_|Failed to (load|fetch)|code of this page/ })
  await page.locator(ready).first().waitFor()
  await page.getByText('Live', { exact: true }).waitFor()
  return page
}

async function waitForLoss(page: Page): Promise<void> {
  const chip = page.getByText(/^Reconnecting, data from \d\d:\d\d$/)
  await chip.waitFor()
  const [, hours, minutes] = /(\d\d):(\d\d)/.exec(await chip.innerText()) ?? []
  const now = await page.evaluate(() => new Date().getHours() * 60 + new Date().getMinutes())
  const age = (now - (Number(hours) * 60 + Number(minutes)) + 1440) % 1440
  assert.ok(age <= 1, `data from ${hours}:${minutes}, now ${now}`)
}

test(
  'when the server is killed the list stays, can be gone through, and follows again when the server is back',
  withBrowser,
  async () => {
    const page = await openLive('/p/default/sessions', '[data-row]')
    const before = await page.locator('[data-index] [data-row]').allInnerTexts()
    await kill()
    await waitForLoss(page)
    assert.deepEqual(await page.locator('[data-index] [data-row]').allInnerTexts(), before)
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('x')
    await page.getByText('1 selected').waitFor()
    await page.getByRole('searchbox').fill('Request 7')
    await page.getByRole('alert').getByText("Couldn't load sessions: the server didn't answer.").waitFor()
    assert.equal(await page.getByRole('searchbox').inputValue(), 'Request 7')
    await startAgain()
    await page.getByText('Live', { exact: true }).waitFor({ timeout: 20_000 })
    await page.getByText('Request 7', { exact: true }).waitFor()
    await page.getByRole('searchbox').fill('')
    await page.getByText('Request 59', { exact: true }).waitFor()
    await save({ session_id: 'after', profile_id: 'support', name: 'After all', messages: talk('Hello') })
    await page.getByRole('button', { name: '1 new · show' }).waitFor()
  },
)

test(
  'a session that is open while the server is killed keeps its transcript, and offers what came meanwhile',
  withBrowser,
  async () => {
    const page = await openLive('/p/default/sessions/case-3', '.message')
    await kill()
    await waitForLoss(page)
    await page.locator('.transcript').getByText('Done.', { exact: true }).waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('m')
    await page.keyboard.type('Written while nobody listened')
    await page.keyboard.press('Control+Enter')
    await page.getByText("The comment was not saved: the server didn't answer.", { exact: false }).waitFor()
    assert.equal(await page.locator('textarea').inputValue(), 'Written while nobody listened')
    await startAgain()
    const more = [{ role: 'user', content: 'Are you there?' }]
    await save({ session_id: 'case-3', messages: more }, '/api/sessions?append=true')
    await page.getByRole('button', { name: '1 new message · show' }).waitFor({ timeout: 20_000 })
    assert.equal(await page.locator('textarea').inputValue(), 'Written while nobody listened')
    await page.getByRole('button', { name: /^Save/ }).click()
    await page.locator('.comment').getByText('Written while nobody listened').waitFor()
    await page.getByRole('button', { name: '1 new message · show' }).click()
    await page.locator('.transcript').getByText('Are you there?').waitFor()
  },
)

test('the page that a server is asked for while it starts comes by itself', withBrowser, async () => {
  const page = await openLive('/p/default/sessions', '[data-row]')
  await page.getByRole('link', { name: 'Evaluation runs' }).hover()
  await page.waitForTimeout(300)
  await kill()
  await waitForLoss(page)
  await page.getByRole('link', { name: 'Evaluation runs' }).click()
  await page.getByRole('alert').waitFor()
  await startAgain()
  await page.getByText('No runs yet.').waitFor()
  await page.getByText('Live', { exact: true }).waitFor({ timeout: 20_000 })
})

test('a page whose code was not fetched before the server went says so, and comes by itself', withBrowser, async () => {
  const page = await openLive('/p/default/sessions', '[data-row]')
  await kill()
  await waitForLoss(page)
  await page.getByRole('link', { name: 'Trends' }).click()
  await page.getByRole('alert').getByText("Couldn't load this page: the server didn't answer.").waitFor()
  await page.getByRole('button', { name: 'Retry' }).click()
  await page.getByRole('link', { name: 'Sessions' }).click()
  await page.locator('[data-row]').first().waitFor()
  await page.getByRole('link', { name: 'Trends' }).click()
  await page.getByRole('alert').waitFor()
  await startAgain()
  await page.getByRole('heading', { name: 'Trends' }).waitFor({ timeout: 20_000 })
  const head = await page.locator('.trends-bar').evaluate(element => getComputedStyle(element).display)
  assert.equal(head, 'flex', 'with its style sheets')
})
