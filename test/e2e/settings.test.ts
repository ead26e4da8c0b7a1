import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { readShipped } from '#judging/shipped.ts'
import { createScriptedModel } from '#models/scripted.ts'
import { type Fake, findDeadUrl, startFake } from '../openai-fake.ts'
import { replyAsExpert } from '../verdicts.ts'
import { openReceiver, type Receiver } from '../webhook-receiver.ts'
import { type BrowserApp, findBarriers, openBrowserApp, saveTestSession, shoot, WAYS, withBrowser } from './harness.ts'

const SETTINGS = '/p/default/settings'
let app: BrowserApp
let fake: Fake
let receiver: Receiver
const model = createScriptedModel({ default: { reply: replyAsExpert } })

before(async () => {
  receiver = await openReceiver()
  fake = await startFake({ models: ['one', 'two', '<img src=x onerror=alert(1)>'] })
  const backends = [
    `{ name: there, base_url: '${fake.url}', key_env: THERE_KEY }`,
    `{ name: gone, base_url: '${await findDeadUrl()}' }`,
    '{ name: scripted, kind: scripted, script: {}, prices: { m1: { input: 1, output: 2 } } }',
  ]
  const opened = await openBrowserApp({
    oneProfile: true,
    worker: true,
    yaml: `backends: [${backends.join(', ')}]\nwebhooks: { allow_private: true }`,
    env: { THERE_KEY: 'secret' },
    backends: { scripted: { model } },
  })
  if (opened === null) return
  app = opened
  for (const id of ['a', 'b']) await saveTestSession(app, { session_id: id })
  const { rubric } = readShipped()
  await app.send('POST', '/api/eval/rubrics', { yaml: JSON.stringify({ ...rubric, name: 'stricter' }) })
})
afterEach(() => app?.closePages())
after(async () => {
  await app?.close()
  await fake.close()
  await receiver.close()
})

test('a backend is tested in its row, and says what is wrong where it is not there', withBrowser, async () => {
  const page = await app.open(SETTINGS)
  await page.waitForURL(/settings\/backends$/)
  await page.getByRole('row', { name: /there.*THERE_KEY.*is set/ }).waitFor()
  await page.getByRole('row', { name: /openai.*OPENAI_API_KEY.*is not set/ }).waitFor()
  await page.getByRole('button', { name: 'Test there' }).click()
  await page.getByText(/Answered in \d+ ms, 3 models/).waitFor()
  await page.getByText('Show them').click()
  await page.getByText('<img src=x onerror=alert(1)>').waitFor()
  await page.getByRole('button', { name: 'Test gone' }).press('Enter')
  await page.getByText(/Nothing listens for the backend "gone"/).waitFor()
  assert.deepEqual(await findBarriers(page), [])
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'CSV' }).click(),
  ])
  assert.equal(download.suggestedFilename(), 'backends.csv')
})

test('a key is shown once, and revoking says what stops', withBrowser, async () => {
  const page = await app.open(`${SETTINGS}/keys`)
  await page.getByText('No keys yet in this project.').waitFor()
  await page.getByLabel('For whom').fill('ada')
  await page.getByLabel('Role').selectOption('ingest')
  await page.getByRole('button', { name: 'Make a key' }).dblclick()
  await page.getByText("ada's key.").waitFor()
  await page.getByRole('row', { name: /ada/ }).waitFor()
  const { body: keys } = await app.send<unknown[]>('GET', '/api/keys')
  assert.equal(keys.length, 1, 'a double click makes one key')
  const key = (await page.getByRole('group', { name: "ada's key" }).textContent()) ?? ''
  assert.match(key, /^whet_/)
  assert.deepEqual(await findBarriers(page), [], 'a new key')
  await page.reload()
  const row = page.getByRole('row', { name: /ada.*ingest.*in force/ })
  await row.waitFor()
  assert.equal((await page.content()).includes(key), false)
  await row.getByRole('button', { name: /Revoke/ }).click()
  const dialog = page.getByRole('dialog', { name: `ada's key …${key.slice(-4)} stops working` })
  await dialog.waitFor()
  assert.deepEqual(await findBarriers(page), [], 'the question')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await row.getByRole('button', { name: /Revoke/ }).press('Enter')
  await dialog.getByRole('button', { name: 'Revoke the key' }).press('Enter')
  await page.getByRole('row', { name: /ada.*revoked/ }).waitFor()
})

test('pins say what becomes stale and what judging it again costs, before they change', withBrowser, async () => {
  await app.send('POST', '/api/eval/run', { backend: 'scripted', model: 'm1' })
  for (let judged = 0; judged < 2; ) {
    const { body } = await app.send<{ n: number }>('GET', '/api/eval/session-count?status=evaluated')
    judged = body.n
  }
  const page = await app.open(`${SETTINGS}/pins`)
  const rubric = page.getByLabel('Rubric')
  await rubric.waitFor()
  assert.equal(await page.getByRole('button', { name: 'Pin …' }).isDisabled(), true)
  const wanted = await rubric.locator('option', { hasText: 'stricter@' }).getAttribute('value')
  await rubric.selectOption(wanted ?? '')
  await page.getByRole('button', { name: 'Pin …' }).click()
  const dialog = page.getByRole('dialog', { name: '2 sessions become stale' })
  await dialog.getByText(/^2 sessions become stale; judging them again ≈ \$0\.0\d+ with m1\.$/).waitFor()
  assert.deepEqual(await findBarriers(page), [])
  await dialog.getByRole('button', { name: 'Pin these versions' }).click()
  await page.getByRole('link', { name: wanted ?? '' }).click()
  await page.waitForURL(/judges\/rubrics\/stricter\/[0-9a-f]{8}$/)
  await page.getByText('◆ Pinned', { exact: true }).waitFor()
  await page.getByText('No session came with a known outcome').waitFor()
  await page.getByLabel('Compare with').selectOption({ index: 1 })
  await page.waitForURL(/from=standard/)
  await page.getByText('No difference.').waitFor()
  await page.getByRole('link', { name: /^trio@/ }).click()
  await page.getByRole('heading', { name: /^Strict critic/ }).waitFor()
  assert.deepEqual(await findBarriers(page), [], 'a panel')
})

test('settings of the review are saved, and what the server refuses stays with its reason', withBrowser, async () => {
  const page = await app.open(`${SETTINGS}/review`, { forgive: /403/ })
  const share = page.getByLabel(/^Share of candidates/)
  await share.fill('many')
  await page.getByText('A number from 0 to 100').waitFor()
  await share.fill('12.5')
  await page.getByRole('form', { name: 'Second opinions' }).getByRole('button', { name: 'Save' }).click()
  await page.getByText('Not saved yet').waitFor({ state: 'detached' })
  assert.equal((await app.send('GET', '/api/corrections/opinions/share')).body.share, 0.125)
  await page.getByLabel(/^Folder whose runs/).fill('/etc')
  await page.getByRole('form', { name: 'Benchmark results' }).getByRole('button', { name: 'Save' }).click()
  await page.getByText(/It was not saved: /).waitFor()
  assert.equal(await page.getByLabel(/^Folder whose runs/).inputValue(), '/etc')
  assert.deepEqual(await findBarriers(page), [])
})

test('a webhook shows its secret once, is tested, and tells what was sent', withBrowser, async () => {
  const page = await app.open(`${SETTINGS}/webhooks`, { forgive: /422/ })
  await page.getByText('No webhooks yet.').waitFor()
  const address = page.getByLabel('Address')
  await address.fill('ftp://nowhere')
  await address.press('Enter')
  await page.getByText(/The webhook was not added: /).waitFor()
  await address.fill(`http://127.0.0.1:${receiver.port}/hook`)
  await page.getByLabel('cache_hit').uncheck()
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  assert.match((await page.getByRole('group', { name: 'Secret' }).textContent()) ?? '', /^whsec_/)
  await page.getByRole('button', { name: 'I have it' }).click()
  await page.getByRole('button', { name: /^Send a test/ }).click()
  await page.getByText(/It answered 200 in \d+ ms\./).waitFor()
  assert.equal(receiver.calls.at(-1)?.event, 'webhook.test')
  receiver.answer = (_call, response) => void response.writeHead(500).end('<b>no</b>')
  await page.getByRole('button', { name: /^Send a test/ }).click()
  await page.getByText('<b>no</b>').waitFor()
  await page.getByRole('button', { name: /^What was sent/ }).click()
  const log = page.getByRole('table', { name: 'What was sent' })
  await log.getByText('given up').waitFor()
  await log.getByText('delivered').waitFor()
  assert.deepEqual(await findBarriers(page), [], 'what was sent')
  await page.getByRole('button', { name: /^Switch off/ }).click()
  await page.getByRole('button', { name: /^Switch on/ }).waitFor()
  await page.getByRole('button', { name: /^Remove/ }).click()
  await page
    .getByRole('dialog', { name: /is told nothing any more$/ })
    .getByText('Remove the webhook')
    .click()
  await page.getByText('No webhooks yet.').waitFor()
})

/** Fields whose border is not the one that stands out from the page; axe does not look at borders. */
const FAINT_FIELDS = `[...document.querySelectorAll('main :is(input:not([type=checkbox], [type=radio]), select)')]
  .filter(field => {
    const probe = document.createElement('i')
    probe.style.color = 'var(--control)'
    field.after(probe)
    const wanted = getComputedStyle(probe).color
    probe.remove()
    return field !== document.activeElement && !field.disabled && getComputedStyle(field).borderTopColor !== wanted
  })
  .map(field => field.outerHTML.slice(0, 120))`

for (const [scheme, width] of WAYS) {
  test(`axe finds nothing at ${width} pixels, ${scheme}, and nothing is wider than the page`, withBrowser, async () => {
    await app.send('POST', '/api/keys', { user: 'grace', role: 'admin' })
    await app.send('POST', '/api/webhooks', { url: `http://127.0.0.1:${receiver.port}/a/long/path/of/an/address` })
    const page = await app.open(SETTINGS, { scheme, width })
    for (const section of ['backends', 'keys', 'pins', 'review', 'webhooks', '../judges', 'nothing']) {
      await page.goto(`${app.url}${SETTINGS}/${section}`)
      await page.getByRole('main').locator('table, form, .empty, article').first().waitFor()
      assert.deepEqual(await findBarriers(page), [], section)
      assert.deepEqual(await page.evaluate(FAINT_FIELDS), [], section)
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      assert.ok(overflow <= 0, `${section}: ${overflow}`)
      await shoot(page, `${section.replace('../', '')}-${scheme}-${width}`)
    }
  })
}
