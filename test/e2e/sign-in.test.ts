import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { ensureAdminKey } from '#projects/keys.ts'
import { type BrowserApp, findBarriers, openBrowserApp, withBrowser } from './harness.ts'

const KEY = 'a long secret of words'
let app: BrowserApp

before(async () => {
  const opened = await openBrowserApp({ env: { HOST: '0.0.0.0' } })
  if (opened === null) return
  app = opened
  await ensureAdminKey(app.db, KEY)
})
afterEach(() => app?.closePages())
after(() => app?.close())

test('a server with accounts asks for a key over the page, once, and goes on where it stood', withBrowser, async () => {
  const page = await app.open('/p/default/sessions?status=stale', { forgive: /401/ })
  const dialog = page.getByRole('dialog', { name: 'This server asks for an API key' })
  await dialog.waitFor()
  assert.deepEqual(await findBarriers(page), [])
  await dialog.getByRole('textbox', { name: 'API key' }).fill('no key at all')
  await dialog.getByRole('button', { name: 'Go on' }).click()
  await dialog.getByText('This key is not valid, or was revoked.').waitFor()
  await dialog.getByRole('textbox', { name: 'API key' }).fill(KEY)
  await page.keyboard.press('Enter')
  await page.getByText('Nothing matches this filter.').waitFor()
  await page.getByText('Live', { exact: true }).waitFor()
  assert.equal(await dialog.count(), 0)
  assert.match(page.url(), /status=stale/)
})

test(
  'a key that is revoked while something is typed is asked for again, and what was typed stays',
  withBrowser,
  async () => {
    const page = await app.open('/p/default/sessions', { forgive: /401/ })
    await page.getByRole('textbox', { name: 'API key' }).fill(KEY)
    await page.keyboard.press('Enter')
    await page.getByText('No sessions yet.').waitFor()
    await page.evaluate(`localStorage.setItem('whetstone-api-key', 'an older one')`)
    await page.getByRole('searchbox').fill('what I was looking for')
    await page.getByRole('dialog').getByText('This key is not valid').waitFor()
    await page.getByRole('textbox', { name: 'API key' }).fill(KEY)
    await page.keyboard.press('Enter')
    await page.getByText('Nothing matches this filter.').waitFor()
    assert.equal(await page.getByRole('searchbox').inputValue(), 'what I was looking for')
  },
)
