import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { query } from '#db/connect.ts'
import { createScriptedModel } from '#models/scripted.ts'
import { replyAsExpert } from '../verdicts.ts'
import { type BrowserApp, findBarriers, openBrowserApp, saveTestSession, WAYS, withBrowser } from './harness.ts'

const RUNS = '/p/default/runs'
let app: BrowserApp
let broken = true
const model = createScriptedModel({
  rules: [{ when: { any: 'SLOW' }, delay_ms: 60_000, reply: replyAsExpert }],
  default: {
    reply: request =>
      broken && request.messages.some(message => message.content.includes('BREAK'))
        ? 'This is no JSON.'
        : replyAsExpert(request),
  },
})

before(async () => {
  const opened = await openBrowserApp({
    oneProfile: true,
    worker: true,
    yaml: 'backends: [{ name: scripted, kind: scripted, script: {} }]',
    backends: { scripted: { model } },
  })
  if (opened === null) return
  app = opened
  for (let n = 0; n < 6; n++) {
    const content = `${n < 2 ? 'BREAK' : 'Where is'} parcel ${n}?`
    const name = n === 3 ? null : `Case ${n}`
    await saveTestSession(app, { session_id: `case-${n}`, name, messages: [{ role: 'user', content }] })
  }
})
afterEach(() => app?.closePages())
after(() => app?.close())

test(
  'a run says its cost before it starts, ends with its failures by cause, and runs these again',
  withBrowser,
  async () => {
    const page = await app.open(RUNS)
    await page.getByText('No runs yet.').waitFor()
    assert.deepEqual(await findBarriers(page), [], 'no runs')
    await page.keyboard.press('n')
    await page.getByLabel('Backend').selectOption('scripted')
    await page.getByLabel('Model').fill('m1')
    await page.getByLabel('Ceiling').fill('lots')
    await page.getByText('An amount such as 2.50').waitFor()
    await page.getByLabel('Ceiling').fill('')
    const start = page.getByRole('button', { name: /^Judge 6 · ≈ 18 calls · / })
    await start.waitFor()
    assert.deepEqual(await findBarriers(page), [], 'the form')
    await start.click()
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/)
    await page.getByRole('heading', { name: /Done, with failures/ }).waitFor()
    await page.getByRole('img', { name: '4 judged, 2 failed, 0 running, 0 waiting' }).waitFor()
    const causes = page.getByRole('region', { name: /What failed/ })
    await causes.getByText('1 cause').waitFor()
    await page.getByRole('row').getByRole('link', { name: 'Case 5' }).waitFor()
    await page.getByRole('row').getByRole('link', { name: 'Where is parcel 3?', exact: true }).waitFor()
    await causes.getByRole('link', { name: /^Case [01]$/ }).waitFor()
    const here = page.getByRole('navigation', { name: 'Where you are' }).locator('li[aria-current]')
    assert.match(await here.innerText(), /^Run of \d{1,2} \w{3,4}, \d\d:\d\d$/)
    assert.equal(await here.getAttribute('title'), page.url().split('/').at(-1))
    assert.deepEqual(await findBarriers(page), [], 'a run')
    await page.getByLabel('State').selectOption('failed')
    await page.waitForURL(/state=failed/)
    await page.waitForFunction(() => document.querySelectorAll('[data-index]').length === 2)
    broken = false
    await page.getByRole('button', { name: 'Run again these 2' }).click()
    await page.getByRole('link', { name: 'See the run' }).click()
    await page.getByRole('heading', { name: /Done$/ }).waitFor()
    await page.getByRole('img', { name: '2 judged, 0 failed, 0 running, 0 waiting' }).waitFor()
    await page.getByRole('navigation', { name: 'Where you are' }).getByRole('link').click()
    await page.waitForURL(new RegExp(`${RUNS}$`))
    await page.getByRole('link', { name: '2 named sessions' }).waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.getByText('What failed').waitFor()
  },
)

test('a run that goes on is followed live and announced; cancelling says what stays', withBrowser, async () => {
  await saveTestSession(app, { session_id: 'slow', name: 'Slow', messages: [{ role: 'user', content: 'SLOW' }] })
  await saveTestSession(app, { session_id: 'quick', name: 'Quick', messages: [{ role: 'user', content: 'Hello' }] })
  const page = await app.open(RUNS)
  await page.getByText('Live', { exact: true }).waitFor()
  const rows = await page.getByRole('row').count()
  await app.send('POST', '/api/eval/run', { backend: 'scripted', model: 'm1' })
  // Nothing moves until it is asked for.
  const fresh = page.getByRole('button', { name: '1 new · show' })
  await fresh.waitFor()
  assert.equal(await page.getByRole('row').count(), rows)
  await fresh.click()
  await page.getByRole('row').getByText('1 judged, 1 left').waitFor()
  await page.getByRole('status').filter({ hasText: 'm1: ' }).waitFor({ state: 'attached' })
  await page.getByRole('link', { name: 'not judged before' }).first().click()
  await page.getByRole('button', { name: 'Cancel the run' }).click()
  await page.getByText('1 judged session is kept; 1 is not judged any more.').waitFor()
  assert.deepEqual(await findBarriers(page), [], 'the question')
  await page.keyboard.press('Escape')
  await page.getByText('is kept').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Cancel the run' }).press('Enter')
  await page
    .getByRole('group', { name: 'Cancel the run' })
    .getByRole('button', { name: 'Cancel the run' })
    .press('Enter')
  await page.getByRole('heading', { name: /Cancelled/ }).waitFor()
  await page.getByRole('img', { name: '1 judged, 1 failed, 0 running, 0 waiting' }).waitFor()
})

test(
  'axe finds nothing in either scheme or width, and a run that is not there is said to be so',
  withBrowser,
  async () => {
    for (const [scheme, width] of WAYS) {
      const page = await app.open(`${RUNS}?new=1`, { scheme, width })
      await page.locator('[data-row]').first().waitFor()
      await page.getByRole('button', { name: /^Judge|^Nothing/ }).waitFor()
      await page.waitForTimeout(400)
      assert.deepEqual(await findBarriers(page), [], `list ${scheme} ${width}`)
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true)
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/runs-${scheme}-${width}.png` })
      await page.locator('[data-row]').last().click()
      await page.getByText('What failed').waitFor()
      await page.locator('[data-row]').first().waitFor()
      assert.deepEqual(await findBarriers(page), [], `run ${scheme} ${width}`)
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/run-${scheme}-${width}.png` })
    }
    const page = await app.open(`${RUNS}/nobody`, { forgive: /404/ })
    await page.getByText('There is no run “nobody”').waitFor()
    await query(app.db, sql`insert into projects (name) values ('bare')`)
    await page.goto(`${app.url}/p/bare/runs`)
    await page.getByText('No runs yet.').waitFor()
  },
)
