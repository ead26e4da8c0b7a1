import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import type { Page } from 'playwright-core'
import sql from 'sql-template-tag'
import { query } from '#db/connect.ts'
import { type BenchmarkFolder, makeBenchmarkFolder } from '../benchmark-files.ts'
import { type BrowserApp, findBarriers, openBrowserApp, shoot, withBrowser } from './harness.ts'
import {
  importCandidates,
  REVIEW,
  readCorrection,
  readShown,
  readStored,
  waitForCandidate,
  waitForClaims,
  waitForStatus,
} from './review-harness.ts'

/** What a browser says of a server that is not there. */
const GONE = /ERR_CONNECTION|ERR_EMPTY|ERR_INCOMPLETE|ERR_FAILED|ERR_NETWORK|Failed to load|Failed to fetch/
let app: BrowserApp
let bench: BenchmarkFolder

before(async () => {
  bench = makeBenchmarkFolder()
  const opened = await openBrowserApp({ env: { WHETSTONE_BENCH_ROOTS: bench.path } })
  if (opened === null) return
  app = opened
})
beforeEach(async () => {
  if (app) await query(app.db, sql`delete from candidates`)
})
afterEach(() => app?.closePages())
after(async () => {
  await app?.close()
  bench.remove()
})

/** A page of a reviewer with a key of their own. */
async function openAs(user: string): Promise<Page> {
  const { body } = await app.send('POST', '/api/keys', { user, role: 'member' })
  const page = await app.open('/p/default/sessions', { forgive: /409/ })
  await page.evaluate(key => localStorage.setItem('whetstone-api-key', key), String(body.key))
  await page.goto(app.url + REVIEW)
  await page.locator('.candidate').waitFor()
  return page
}

test(
  'a server that goes while something is typed, and a reload, leave every letter where it was',
  withBrowser,
  async () => {
    await importCandidates(app, bench, ['a', 'b'])
    const page = await app.open(REVIEW, { forgive: GONE })
    await waitForCandidate(page, 'a')
    await page.keyboard.press('c')
    await page.keyboard.type('Begun while it ran. ')
    await app.stopServing()
    await page.keyboard.type('And this after it went.\nA second line, ')
    await page.getByText(/^Reconnecting/).waitFor()
    await page.keyboard.type('up to the last letter: Z')
    await app.serveAgain()
    await page.reload()
    await waitForCandidate(page, 'a')
    const expected = 'Begun while it ran. And this after it went.\nA second line, up to the last letter: ZAnswer of a'
    assert.equal(await readCorrection(page), expected)
    await page.keyboard.press('Control+Enter')
    await waitForCandidate(page, 'b')
    assert.equal((await waitForStatus(app, 'a', 'approved')).corrected_response, expected)
    await page.keyboard.press('u')
    await waitForCandidate(page, 'a')
    assert.equal(await readCorrection(page), expected)
  },
)

test('what the browser is still writing when the page goes away is kept as well', withBrowser, async () => {
  await importCandidates(app, bench, ['a'])
  const page = await app.open(REVIEW)
  await waitForCandidate(page, 'a')
  await page.keyboard.press('c')
  await page.keyboard.type('Written. ')
  await page.getByText(/^draft saved/).waitFor()
  await page.evaluate(() => {
    // From now on its database takes what it is given, and never comes to an end.
    IDBTransaction.prototype.commit = () => {}
    IDBObjectStore.prototype.put = function () {
      const lookAgain = () => {
        this.get('nothing').onsuccess = lookAgain
      }
      lookAgain()
      return this.get('nothing')
    }
  })
  await page.keyboard.type('Under way.')
  await page.waitForTimeout(500)
  await page.reload()
  await waitForCandidate(page, 'a')
  assert.equal(await readCorrection(page), 'Written. Under way.Answer of a')
})

test('decisions that cannot be sent wait, say so, and are sent when the server is back', withBrowser, async () => {
  await importCandidates(app, bench, ['a', 'b', 'c', 'd', 'e'])
  const page = await app.open(REVIEW, { forgive: GONE })
  await waitForCandidate(page, 'a')
  await waitForClaims(page, 3)
  await app.stopServing()
  await page.keyboard.press('c')
  await page.keyboard.type('Kept. ')
  await page.keyboard.press('Control+Enter')
  await waitForCandidate(page, 'b')
  await page.getByText('Not saved: server unreachable. Your text is kept; trying again.').waitFor()
  await page.keyboard.press('d')
  await page.keyboard.press('1')
  await waitForCandidate(page, 'c')
  await page.getByText('2 decisions wait.').waitFor()
  await page.keyboard.press('u')
  await waitForCandidate(page, 'b')
  await page.keyboard.press('f')
  await page.keyboard.press('2')
  await waitForCandidate(page, 'c')
  await page.keyboard.press('d')
  await page.keyboard.press('3')
  await page.getByText("Couldn't fetch the next candidate: the server didn't answer.").waitFor()
  assert.deepEqual(await findBarriers(page), [])
  await app.serveAgain()
  await waitForCandidate(page, 'd')
  assert.equal((await waitForStatus(app, 'a', 'approved')).corrected_response, 'Kept. Answer of a')
  assert.equal((await waitForStatus(app, 'b', 'model_rejected')).failure_category, 'style_violation')
  await waitForStatus(app, 'c', 'discarded')
  await page.getByText('Not saved').waitFor({ state: 'detached' })
})

test('what was not sent when the page went is sent by the next one', withBrowser, async () => {
  await importCandidates(app, bench, ['a', 'b'])
  const page = await app.open(REVIEW, { forgive: GONE })
  await waitForCandidate(page, 'a')
  await waitForClaims(page, 2)
  await app.stopServing()
  await page.keyboard.press('c')
  await page.keyboard.type('Later. ')
  await page.keyboard.press('Control+Enter')
  await waitForCandidate(page, 'b')
  await page.getByText('Not saved: server unreachable.').waitFor()
  await app.serveAgain()
  await page.reload()
  await waitForCandidate(page, 'b')
  assert.equal((await waitForStatus(app, 'a', 'approved')).corrected_response, 'Later. Answer of a')
})

test(
  'what was not sent goes out from any page, once, however many are open; the top bar says that it waits',
  withBrowser,
  async () => {
    await importCandidates(app, bench, ['a', 'b'])
    const page = await app.open(REVIEW, { forgive: GONE })
    await waitForCandidate(page, 'a')
    const context = page.context()
    let away = true
    let sent = 0
    await context.route('**/api/corrections/submit', async route => {
      if (away) return route.abort()
      sent++
      return route.continue()
    })
    await page.keyboard.press('c')
    await page.keyboard.type('From elsewhere. ')
    await page.keyboard.press('Control+Enter')
    await waitForCandidate(page, 'b')
    await page.getByText('Not saved: server unreachable.').waitFor()
    await page.goto(`${app.url}/p/default/sessions`)
    const word = page.getByRole('link', { name: '1 decision not sent yet' })
    await word.waitFor()
    assert.match((await word.getAttribute('href')) ?? '', /corrections\/review$/)
    assert.deepEqual(await findBarriers(page), [])
    await shoot(page, 'unsent')
    await page.setViewportSize({ width: 390, height: 844 })
    await shoot(page, 'unsent-390')
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true)
    await page.close()
    assert.equal((await readStored(app, 'a')).status, 'needs_review')
    // Tabs that open at the same moment all find it.
    const tabs = await Promise.all([context.newPage(), context.newPage(), context.newPage()])
    away = false
    await Promise.all(tabs.map(tab => tab.goto(`${app.url}/p/default/runs`)))
    assert.equal((await waitForStatus(app, 'a', 'approved')).corrected_response, 'From elsewhere. Answer of a')
    await tabs[0]?.waitForTimeout(1_500)
    const [row] = await query<{ n: number }>(
      app.db,
      sql`select count(*) as n from decisions d join candidates c using (project_id, candidate_no) where c.id = 'a' and d.action = 'correct'`,
    )
    assert.deepEqual([row?.n, sent], [1, 1])
  },
)

test('a decision whose answer was lost counts, and is not taken for somebody else’s', withBrowser, async () => {
  await importCandidates(app, bench, ['a', 'b'])
  const page = await app.open(REVIEW, { forgive: /ERR_FAILED|Failed to load|409/ })
  await waitForCandidate(page, 'a')
  let lost = 0
  await page.route('**/api/corrections/submit', async route => {
    await route.fetch()
    if (lost++ === 0) await route.abort()
    else await route.continue()
  })
  await page.keyboard.press('d')
  await page.keyboard.press('4')
  await waitForCandidate(page, 'b')
  await page.getByText('Not saved: server unreachable.').waitFor()
  await page.getByText('Not saved').waitFor({ state: 'detached' })
  assert.equal(await page.getByText('was not taken').count(), 0)
  assert.equal((await readStored(app, 'a')).failure_category, 'wrong_answer')
})

test(
  'two reviewers get different candidates; who comes second is told who was first, with both texts',
  withBrowser,
  async () => {
    await importCandidates(app, bench, ['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    const ada = await openAs('ada')
    await waitForCandidate(ada, 'a')
    await ada.waitForFunction(
      () => performance.getEntriesByName(`${location.origin}/api/corrections/claim`).length >= 3,
    )
    const grace = await openAs('grace')
    await waitForCandidate(grace, 'd')
    await ada.keyboard.press('c')
    await ada.keyboard.type('My own. ')
    await app.send('POST', '/api/corrections/submit', {
      ...{ id: 'a', action: 'correct', corrected_response: 'Somebody else’s', failure_category: 'wrong_answer' },
    })
    await ada.keyboard.press('Control+Enter')
    await waitForCandidate(ada, 'b')
    await ada
      .getByText(
        /“Case a” was corrected · wrong answer by \S+ at \d\d:\d\d, so your decision was not taken. Your text is kept./,
      )
      .waitFor()
    await ada.getByRole('button', { name: 'Compare' }).click()
    const dialog = ada.getByRole('dialog', { name: 'Your decision was not taken' })
    await dialog.getByText('Somebody else’s').waitFor()
    await dialog.getByText('My own. Answer of a').waitFor()
    assert.deepEqual(await findBarriers(ada), [])
    await shoot(ada, 'review-refused')
    await ada.reload()
    await ada.getByRole('button', { name: 'Compare' }).click()
    await dialog.getByRole('button', { name: 'Take theirs back and review it with my text' }).click()
    await waitForCandidate(ada, 'a')
    assert.equal(await readCorrection(ada), 'My own. Answer of a')
    await ada.keyboard.press('Control+Enter')
    await waitForCandidate(ada, 'b')
    assert.equal((await waitForStatus(app, 'a', 'approved')).corrected_response, 'My own. Answer of a')
    assert.equal(await readShown(grace), 'Candidate Case d')
  },
)

test('two screens of one reviewer get different candidates', withBrowser, async () => {
  await importCandidates(app, bench, ['a', 'b', 'c', 'd', 'e', 'f', 'g'])
  const first = await app.open(REVIEW)
  await waitForCandidate(first, 'a')
  await first.waitForFunction(
    () => performance.getEntriesByName(`${location.origin}/api/corrections/claim`).length >= 3,
  )
  const second = await app.open(REVIEW)
  await waitForCandidate(second, 'd')
})

test(
  'a candidate that became another text meanwhile is looked at again, with what was written',
  withBrowser,
  async () => {
    await importCandidates(app, bench, ['a', 'b'])
    const page = await app.open(REVIEW, { forgive: /409/ })
    await waitForCandidate(page, 'a')
    await page.keyboard.press('c')
    await page.keyboard.type('For the old one. ')
    await query(
      app.db,
      sql`update candidates set model_response = 'A new answer', content_hash = sha256('new') where id = 'a'`,
    )
    await page.keyboard.press('Control+Enter')
    await waitForCandidate(page, 'b')
    await page.getByText('has changed since it was shown').waitFor()
    await page.getByRole('button', { name: 'Compare' }).click()
    await page.getByRole('button', { name: 'Review it as it is now with my text' }).click()
    await waitForCandidate(page, 'a')
    await page.locator('.original-text').getByText('A new answer').or(page.locator('del')).first().waitFor()
    assert.equal(await readCorrection(page), 'For the old one. Answer of a')
    await page.keyboard.press('Control+Enter')
    await waitForStatus(app, 'a', 'approved')
  },
)

test(
  'a key that is revoked in the middle is asked for over the page, and the decision goes out after it',
  withBrowser,
  async () => {
    const { body } = await app.send('POST', '/api/keys', { user: 'joan', role: 'member' })
    await importCandidates(app, bench, ['a', 'b'])
    const page = await app.open(REVIEW, { forgive: /401/ })
    await waitForCandidate(page, 'a')
    await page.keyboard.press('c')
    await page.keyboard.type('Signed. ')
    await page.evaluate(`localStorage.setItem('whetstone-api-key', 'an older one')`)
    await page.keyboard.press('Control+Enter')
    await page.getByRole('dialog').getByText('This key is not valid').waitFor()
    await page.getByRole('textbox', { name: 'API key' }).fill(String(body.key))
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    assert.equal((await waitForStatus(app, 'a', 'approved')).corrected_response, 'Signed. Answer of a')
    await page.keyboard.press('d')
    await page.keyboard.press('1')
    await waitForStatus(app, 'b', 'discarded')
  },
)

test(
  'a queue of which others hold the rest is not called empty, and goes on when they leave',
  withBrowser,
  async () => {
    await importCandidates(app, bench, ['a', 'b'])
    const first = await app.open(REVIEW)
    await waitForCandidate(first, 'a')
    const second = await app.open(REVIEW)
    await second.getByRole('heading', { name: 'Nothing free now: 0 decided.' }).waitFor()
    await second.getByText('2 candidates on other screens').waitFor()
    assert.deepEqual(await findBarriers(second), [])
    await first.goto(`${app.url}/p/default/sessions`)
    await second.keyboard.press('r')
    await waitForCandidate(second, 'a')
  },
)
