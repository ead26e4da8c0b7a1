import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { readShipped } from '#judging/shipped.ts'
import { createScriptedModel } from '#models/scripted.ts'
import { replyAsExpert } from '../verdicts.ts'
import { type BrowserApp, findBarriers, openBrowserApp, saveTestSession, shoot, WAYS, withBrowser } from './harness.ts'

let app: BrowserApp
/** A rubric in other words than the pinned one. */
let other = ''
const model = createScriptedModel({
  rules: [
    { when: { model: 'slow' }, delay_ms: 60_000 },
    { when: { model: 'gone' }, fail: { kind: 'configuration', status: 404, message: 'There is no such model.' } },
  ],
  default: { reply: replyAsExpert },
})

before(async () => {
  const opened = await openBrowserApp({
    oneProfile: true,
    worker: true,
    yaml: 'backends: [{ name: scripted, kind: scripted, script: {}, prices: { m1: { input: 1, output: 2 } } }]',
    backends: { scripted: { model } },
  })
  if (opened === null) return
  app = opened
  await saveTestSession(app, { session_id: 'tried', name: 'Tried' })
  await app.send('POST', '/api/eval/run', { backend: 'scripted', model: 'm1' })
  while ((await countEvaluations()) === 0);
  const { rubric } = readShipped()
  const efficiency = { ...rubric.axes.efficiency, description: 'Nothing superfluous.' }
  const yaml = JSON.stringify({ ...rubric, name: 'spare', axes: { ...rubric.axes, efficiency } })
  other = (await app.send<{ version: string }>('POST', '/api/eval/rubrics', { yaml })).body.version
})
afterEach(() => app?.closePages())
after(() => app?.close())

async function countEvaluations(): Promise<number> {
  const { body } = await app.send<{ evaluations: unknown[] }>('GET', '/api/eval/sessions/tried')
  return body.evaluations.length
}

test('a version is tried on a session beside its latest pass, and nothing is saved', withBrowser, async () => {
  const page = await app.open('/p/default/sessions/tried', { forgive: /404/ })
  await page.getByRole('link', { name: 'Try a judge on it' }).click()
  await page.waitForURL(/judges\?open=try&session=tried$/)
  await page.getByRole('link', { name: other }).click()
  await page.getByRole('heading', { level: 1, name: other }).waitFor()
  assert.equal(await page.getByLabel('Session id').inputValue(), 'tried')
  assert.equal(await page.getByLabel('Model').inputValue(), 'm1')
  await page.getByRole('button', { name: /^Try · 3 calls · ≈ \$0\.0/ }).click()
  await page.getByText('Done: nothing is saved as a judgement.').waitFor()
  const table = page.getByRole('table', { name: /on trial/ })
  await table.getByRole('row', { name: /^Goal .* 57 .* 57 ±0$/ }).waitFor()
  await page.getByText('Different: the rubric. This is one session').waitFor()
  await page.getByText('now · 3 answers paid').waitFor()
  assert.equal(await countEvaluations(), 3)
  await page.keyboard.press('Enter')
  await page.getByText('now · every answer was known, nothing paid').waitFor()
  await page.getByLabel('Model').fill('slow')
  await page.getByRole('button', { name: /^Try · 3 calls/ }).click()
  await page.getByText('Asking 3 experts …').waitFor()
  assert.deepEqual(await findBarriers(page), [], 'under way')
  await page.getByRole('button', { name: 'Stop' }).press('Enter')
  await page.getByText(/^Stopped\./).waitFor()
  // The server hears of it, and gives up its calls.
  const { state } = app.app.backends.get('scripted')
  while (state().limiter.in_flight > 0) await page.waitForTimeout(20)
  await page.getByText('now · every answer was known, nothing paid').waitFor()
  await page.getByLabel('Model').fill('gone')
  await page.getByRole('button', { name: /^Try · 3 calls/ }).click()
  await page.getByText('No expert gave scores, so there is no mean.').waitFor()
  assert.equal(await page.getByText('No scores: There is no such model.').count(), 3)
  assert.deepEqual(await findBarriers(page), [], 'without scores')
  await page.getByLabel('Session id').fill('nowhere')
  await page.getByText('There is no session "nowhere".').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('heading', { name: 'Try on a session' }).waitFor({ state: 'detached' })
  await page.keyboard.press('t')
  const choice = page.getByLabel('One of the newest')
  await choice.waitFor()
  assert.equal(await choice.evaluate(node => node === document.activeElement), true, 'the keyboard goes on there')
})

for (const [scheme, width] of WAYS) {
  test(`axe finds nothing in a trial at ${width} pixels, ${scheme}`, withBrowser, async () => {
    const page = await app.open('/p/default/judges?open=try&session=tried', { scheme, width })
    await page.getByRole('button', { name: /^Try · / }).click()
    await page.getByRole('table', { name: /on trial/ }).waitFor()
    await page.getByRole('heading', { name: /^Latest pass/ }).waitFor()
    assert.deepEqual(await findBarriers(page), [])
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    assert.ok(overflow <= 0, String(overflow))
    await shoot(page, `trial-${scheme}-${width}`)
  })
}
